"""What connectors share beside the wire: cursors, several lists behind one, dialogues and translations as documents."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors import dialogue, translation
from connectors.cursor import CursorCodec, scope_of
from connectors.dialogue import Comment, Dialogue
from connectors.http.transport import Json
from connectors.parts import Part, Parts
from connectors.translation import Translation
from sync.errors import CursorExpired
from sync.model import Audience, Change, Cursor

CODEC = CursorCodec("vendor", scope_of(["articles"]))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICKET = Dialogue("ticket:7", "It leaks", "Ticket 7", "https://acme.test/7", customer=1, names={1: "Ann", 2: "Bob"})
ARTICLE = Translation("39", "en", "Refunds", "<p>Soon.</p>", "https://acme.test/en/39", NOON, "1", ("billing",))


@dataclass
class Listed:
    """A part with pages of ids; its changes are all of them, once."""

    key: str
    pages: list[list[str]]
    asked: list[Json | None] = field(default_factory=list)

    def head(self) -> Json:
        return {"seen": 0}

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        self.asked.append(after)
        number = after["page"] if after else 0
        more = number + 1 < len(self.pages)
        return [Change(name, "1") for name in self.pages[number]], {"page": number + 1} if more else None

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        found = [Change(name, "2") for page in self.pages for name in page][state["seen"] :]
        return found, {"seen": state["seen"] + len(found)}, False


def comment(number: int, author: int | str, text: str, *, public: bool = True) -> Comment:
    return Comment(number, author, NOON + timedelta(minutes=number), public, text)


def test_a_cursor_is_read_back_as_it_was_written() -> None:
    assert CODEC.load(CODEC.dump({"page": 2, "ids": ["ü"]}), "page") == {"page": 2, "ids": ["ü"]}


@pytest.mark.parametrize("cursor", ["", "{", "[]", "null", '{"page":2}', CursorCodec("vendor", "x").dump({"page": 2})])
def test_a_cursor_of_something_else_or_of_other_settings_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired, match="vendor"):
        CODEC.load(Cursor(cursor))


def test_a_cursor_without_what_is_wanted_is_expired() -> None:
    with pytest.raises(CursorExpired):
        CODEC.load(CODEC.dump({"page": 2}), "page", "states")


def test_parts_are_listed_one_after_the_other_and_empty_ones_are_passed_over() -> None:
    parts = [Listed("a", [["1"], ["2"]]), Listed("b", [[]]), Listed("c", [["3"]])]
    told: list[tuple[str, list[str]]] = []

    def noted(part: Part, changes: Sequence[Change]) -> None:
        told.append((part.key, [change.external_id for change in changes]))

    pages = [Parts(parts, CODEC, noted).snapshot(None)]
    while pages[-1].more:
        pages.append(Parts(parts, CODEC, noted).snapshot(pages[-1].cursor))

    assert [[change.external_id for change in page.changes] for page in pages] == [["1"], ["2"], ["3"]]
    assert told == [("a", ["1"]), ("a", ["2"]), ("b", []), ("c", ["3"])]


def test_changes_of_every_part_are_shown_and_then_none() -> None:
    read = Parts([Listed("a", [["1"]]), Listed("b", [["2", "3"]])], CODEC)

    first = read.changes(read.head())
    second = read.changes(first.cursor)
    third = read.changes(second.cursor)

    assert [len(page.changes) for page in (first, second, third)] == [1, 2, 0]
    assert [page.more for page in (first, second, third)] == [True, False, False]


def test_no_parts_are_an_empty_source() -> None:
    nothing = Parts([], CODEC)

    assert not nothing.snapshot(None).more
    assert not nothing.changes(nothing.head()).more


def test_a_dialogue_shows_what_was_said_in_public_in_order_and_no_address() -> None:
    words = dialogue.said(plain="Write to ann.o@mail.acme.test, please")
    said = [comment(3, 2, "Done."), comment(1, 1, words), comment(2, 2, "a secret", public=False)]

    document = dialogue.document(TICKET, said)

    assert document is not None
    assert document.body == ("**Ann** (2026-11-23):\n\nWrite to [email], please\n\n**Bob** (2026-11-23):\n\nDone.")
    assert (document.audience, document.updated_at) == (Audience.INTERNAL, NOON + timedelta(minutes=3))


def test_who_is_not_named_is_the_customer_or_a_participant() -> None:
    ticket = replace(TICKET, customer="c1", names={"c1": "ann@acme.test"}, title="")

    document = dialogue.document(ticket, [comment(1, "c1", "Hello"), comment(2, "a9", "Hi")])

    assert document is not None
    assert [line for line in document.body.splitlines() if line.startswith("**")] == [
        "**Customer** (2026-11-23):",
        "**Participant** (2026-11-23):",
    ]
    assert document.title == "Ticket 7"


def test_a_dialogue_without_public_words_is_no_document() -> None:
    assert dialogue.document(TICKET, [comment(1, 1, "", public=False)]) is None


def test_the_version_of_a_dialogue_goes_by_who_wrote_what() -> None:
    said = [comment(1, 1, "Hello")]
    document = dialogue.document(TICKET, said)
    renamed = dialogue.document(replace(TICKET, names={1: "Anna"}), said)
    others = [
        dialogue.document(TICKET, [comment(1, 1, "Hullo")]),
        dialogue.document(TICKET, [comment(1, 2, "Hello")]),
        dialogue.document(replace(TICKET, labels=("leak",)), said),
        dialogue.document(replace(TICKET, title="It drips"), said),
    ]

    assert document is not None
    assert renamed is not None
    assert renamed.version == document.version
    assert all(other is not None and other.version != document.version for other in others)


def test_a_translation_is_a_document_of_its_own() -> None:
    document = translation.document(ARTICLE, Audience.PUBLIC, ("Orders", "Refunds"))

    assert (document.external_id, document.language, document.body) == ("39:en", "en", "Soon.")
    assert document.attributes == {"category": "Orders", "section": "Refunds"}


@pytest.mark.parametrize("edit", [{"title": "Back"}, {"html": "<p>Later.</p>"}, {"edited": "2"}, {"labels": ()}])
def test_every_edit_of_a_translation_changes_its_version(edit: dict[str, object]) -> None:
    before = translation.document(ARTICLE, Audience.PUBLIC, ())
    edited = translation.document(replace(ARTICLE, **edit), Audience.PUBLIC, ())  # type: ignore[arg-type]  # by name

    assert edited.version != before.version
    assert before.version != translation.document(ARTICLE, Audience.INTERNAL, ()).version
    assert before.version != translation.document(ARTICLE, Audience.PUBLIC, ("Orders",)).version
