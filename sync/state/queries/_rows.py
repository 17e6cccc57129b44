"""Row mapping: columns by name into the fields of a dataclass, which mypy then sees."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Row

T = TypeVar("T")


def all_of(kind: type[T], rows: Sequence[Row[Any]]) -> list[T]:
    """Each row as one of these; a column without a field, or a field without a column, is a TypeError."""
    return [kind(**row._asdict()) for row in rows]


def first_of(kind: type[T], rows: Sequence[Row[Any]]) -> T | None:
    return kind(**rows[0]._asdict()) if rows else None
