"""Transactions: statements that become true together; and what answers questions."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import BindParameter, Connection, CursorResult, Row, bindparam, text
from sqlalchemy.sql.elements import TextClause

Parameters = Mapping[str, Any]


class Reader(Protocol):
    """What answers a question in SQL: the state itself, or a transaction on it. Only `queries` asks."""

    def ask(self, question: str, **parameters: Any) -> Sequence[Row[Any]]: ...


class ClockedReader(Reader, Protocol):
    """A reader that knows the time: the state itself."""

    def now(self) -> float: ...


class Transaction:
    """Statements that become true together, or not at all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: str, **parameters: Any) -> int:
        """Execute and return how many rows it touched."""
        return execute(self._connection, statement, parameters).rowcount

    def run_many(self, statement: str, rows: Sequence[Parameters]) -> None:
        """Execute once for each row, all in one message to the database."""
        if rows:
            self._connection.execute(_parsed(statement, ()), rows)

    def ask(self, question: str, **parameters: Any) -> Sequence[Row[Any]]:
        """Execute and return the rows: of a question, or those that a statement says it wrote (RETURNING)."""
        return execute(self._connection, question, parameters).all()


def execute(connection: Connection, statement: str, parameters: Parameters) -> CursorResult[Any]:
    """A list parameter expands to the values of an IN; an empty one to NULL, which nothing of any type equals."""
    lists = {name: value or [None] for name, value in parameters.items() if isinstance(value, list)}
    return connection.execute(_parsed(statement, tuple(lists)), {**parameters, **lists})


@lru_cache(maxsize=512)
def _parsed(statement: str, lists: tuple[str, ...]) -> TextClause:
    """Parsing costs as much as executing, and the same few statements run for every document."""
    expanding: list[BindParameter[Any]] = [bindparam(name, expanding=True) for name in lists]
    return text(statement).bindparams(*expanding) if expanding else text(statement)
