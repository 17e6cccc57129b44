"""Poison: one record of a listing is what no documentation speaks of. It is that document's problem, and no other's.

Each field of each record that a vendor's answers hold of one document is spoiled by turn, in each way; a run takes a
share of them, and another share for each world, ANSWERWELL_SPREAD=1 all of them.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from zlib import crc32

from sandbox.wire import Wire
from sync.errors import Gone
from sync.model import Audience, Change, Connector, Cursor
from tests.contract.connector import drain, listing
from tests.spread import SPREAD

MARK = "zzpoisonzz"  # in the title and in the text of the document that is spoiled: so its records are told
MISSING = object()
MANY_DIGITS = 10**4000
WAYS: dict[str, object] = {
    "missing": MISSING,
    "null": None,
    "number": 17,
    "huge number": MANY_DIGITS,
    "negative": -1,
    "list": [None],
    "object": {"x": None},
    "empty": "",
    "half a letter": f"{MARK} \ud800",
    "our own marks": f"{MARK} \ue000\ue001\ue002\uf8ff{chr(0xF0000)}",
    "colspan": f'{MARK}<table><tr><td colspan="{"9" * 5000}" rowspan="{"9" * 5000}">x</td></tr></table>',
    "control characters": f"{MARK}\x00\x1b[2J\u202e",
}
Field = tuple[str, ...]
"""Where a value stands in a record: its key, or a key in an object of it, `*` for each of a list."""


class PoisonWorld(Protocol):
    """A vendor's account that the tests edit, asked in process."""

    wire: Wire

    def connect(self) -> Connector: ...
    def later(self) -> None: ...
    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str: ...
    def edit(self, external_id: str, html: str) -> None: ...
    def delete(self, external_id: str) -> None: ...
    def restrict(self, external_id: str) -> None: ...


@dataclass(frozen=True)
class Spoiled:
    """One field of the document's records, and the way in which it is spoiled."""

    field: Field
    way: str

    def __call__(self, body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError:
            return body
        for record in _records(answer):
            _spoil(record, self.field, WAYS[self.way])
        return json.dumps(answer).encode()


class PoisonContract:
    """What holds whatever a record of one document is.

    `vital`: fields whose loss says that the whole answer is none.
    """

    vital: frozenset[Field] = frozenset()

    def test_a_record_that_cannot_be_judged_is_one_documents_problem(self, world: PoisonWorld) -> None:
        good, bad = world.put("Good", "<p>good</p>"), world.put(MARK, f"<p>{MARK}</p>")
        gone = world.put("Leaves", "<p>leaves</p>")
        closed = self.closing(world)
        world.later()
        cursor = world.connect().head()
        world.edit(good, "<p>edited</p>")
        world.edit(bad, f"<p>{MARK} edited</p>")
        world.delete(gone)
        if closed:
            world.restrict(closed)
        world.later()

        for spoiled in self.sampled(world, cursor):
            world.wire.rewrite = spoiled
            try:
                listed, changed = read(world, cursor)
                check(world, spoiled, listed, good, bad, gone, closed)
                assert good in changed, spoiled
                assert closed is None or not opens(changed.get(closed)), spoiled
            finally:
                world.wire.rewrite = None

    def closing(self, world: PoisonWorld) -> str | None:
        """Put a document that is made private; None for sources in which nothing is public."""
        return world.put("Closes", "<p>closes</p>")

    def sampled(self, world: PoisonWorld, cursor: Cursor) -> Iterator[Spoiled]:
        """Each field that the answers hold of the document, in every so many-th way."""
        return sampled(world.wire, lambda: read(world, cursor), type(self).__name__, self.vital)


IDS: set[Field] = {("id",), ("ts",), ("documentId",), ("fileId",)}
"""What a record without could be called by nobody."""


def sampled(
    wire: Wire, ask: Callable[[], object], seed: str, vital: frozenset[Field] = frozenset()
) -> Iterator[Spoiled]:
    """Each field that the answers to `ask` hold of the marked record, in every so many-th way."""
    fields: set[Field] = set()

    def look(body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError:
            return body
        for record in _records(answer):
            fields.update(_fields(record))
        return body

    wire.rewrite = look
    ask()
    assert fields
    every = [Spoiled(field, way) for field in sorted(fields - IDS - vital) for way in WAYS]
    return iter([one for at, one in enumerate(every, crc32(seed.encode())) if at % SPREAD == 0])


def read(world: PoisonWorld, cursor: Cursor) -> tuple[dict[str, Change], dict[str, Change]]:
    """What is listed, and what changed."""
    connector = world.connect()
    return listing(connector), drain(connector, cursor)[0]


def check(
    world: PoisonWorld, spoiled: Spoiled, listed: dict[str, Change], good: str, bad: str, gone: str, closed: str | None
) -> None:
    """The others are listed; the spoiled one is listed, or its source confirms that it is not in it."""
    assert listed[good].version is not None, spoiled
    assert gone not in listed, spoiled
    assert closed is None or not opens(listed.get(closed)), spoiled
    if bad not in listed:
        try:
            world.connect().fetch(bad)
        except Gone:
            return
        raise AssertionError(f"left out of a listing, and there all the same: {spoiled}")


def opens(change: Change | None) -> bool:
    """Whether a change would show the document to everybody."""
    return change is not None and change.document is not None and change.document.audience is Audience.PUBLIC


def _records(answer: Any) -> Iterator[dict[str, Any]]:
    """The objects of an answer that speak of the document, each with what is in it."""
    if isinstance(answer, list):
        for one in answer:
            yield from _records(one)
    elif isinstance(answer, dict):
        if any(isinstance(value, str) and MARK in value for value in answer.values()):
            yield answer
        else:
            for one in list(answer.values()):
                yield from _records(one)


def _fields(record: dict[str, Any]) -> Iterator[Field]:
    for key, value in record.items():
        yield (key,)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            within = (key, "*") if isinstance(value, list) else (key,)
            yield from ((*within, name) for name in inner)


def _spoil(record: Any, field: Field, value: object) -> None:
    key, *rest = field
    if key == "*":
        for one in record if isinstance(record, list) else ():
            _spoil(one, tuple(rest), value)
    elif isinstance(record, dict) and key in record:
        if rest:
            _spoil(record[key], tuple(rest), value)
        elif value is MISSING:
            del record[key]
        else:
            record[key] = value
