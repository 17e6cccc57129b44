"""SQL dialects: the few statements of the schema that SQLite and PostgreSQL write differently."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerDialect:
    """The same effect in each dialect, of as many statements as it takes there."""

    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]

    def statements(self, dialect: str) -> tuple[str, ...]:
        return self.sqlite if dialect == "sqlite" else self.postgresql
