"""Intercom's past conversations: who asked and who answered, which are solved, and what became of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import CONNECTORS
from connectors.intercom.helpdesk import IntercomDesk
from connectors.intercom.settings import IntercomSettings
from helpdesk.model import Author, Conversation, ConversationId, Mark, Satisfaction
from sandbox.intercom import IntercomSandbox
from sandbox.intercom.records import Author as Person
from sandbox.intercom.talks import AGENT, BOT, CUSTOMER
from sandbox.sample_conversations import SampleConversation, conversations
from sandbox.sample_intercom_history import with_history
from sandbox.wire import Fault, Wire
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Cursor
from tests.connectors.intercom_world import ConversationWorld, IntercomWorld, intercom_world
from tests.connectors.zendesk_world import Clock
from tests.contract.helpdesk import HelpDeskContract, listed
from tests.in_process import IN_PROCESS, transport

AUTHORS = {"customer": Author.CUSTOMER, "agent": Author.AGENT, "note": Author.AGENT, "bot": Author.BOT}
MARKS = {"merged": frozenset({Mark.MERGED}), "redacted": frozenset({Mark.REDACTED})}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[IntercomWorld]:
    with intercom_world(ConversationWorld) as world:
        yield world


def desk(world: IntercomWorld) -> IntercomDesk:
    sent_by = transport(world.wire, world.url, 30.0)
    return IntercomDesk(world.settings(), clock=world.clock.utc, sleep=world.sleep, transport=sent_by)


def solved(
    world: IntercomWorld, after: Cursor | None = None, since: datetime = LONG_AGO, asked: IntercomDesk | None = None
) -> tuple[dict[str, Conversation], set[str], Cursor]:
    """All that is shown from a cursor on: what is solved, what is gone, and where it goes on.

    Each page is read by another process, unless one is `asked` for all.
    """
    found: dict[str, Conversation] = {}
    gone: set[str] = set()
    more = True
    while more:
        page = (asked or desk(world)).conversations(after, since)
        found.update((one.id, one) for one in page.conversations)
        gone.update(page.gone)
        after, more = page.cursor, page.more
    assert after is not None
    return found, gone, after


def put(world: IntercomWorld, body: str = "<p>It leaks.</p>", **fields: Any) -> str:
    world.clock.now += 120  # an answer takes a minute
    at, replies = int(world.clock.now) - 60, fields.pop("replies", ((AGENT, "<p>Close the valve.</p>"),))
    return str(world.sandbox.put_conversation(body, replies, **{"state": "closed", "at": at, **fields}))


def test_it_is_the_help_desk_of_its_kind(world: IntercomWorld) -> None:
    assert isinstance(CONNECTORS["intercom"].desk(world.settings()), IntercomDesk)


def test_what_is_solved_is_shown_oldest_first_and_what_is_open_is_not(world: IntercomWorld) -> None:
    names = [put(world), put(world, state="open"), put(world)]
    world.later()

    found, gone, _ = solved(world)

    assert list(found) == [names[0], names[2]]
    assert gone == {names[1]}


def test_many_are_read_page_by_page_in_another_process_each(world: IntercomWorld) -> None:
    world.sandbox.world.most_rows = 4
    names = [put(world) for _ in range(11)]

    assert list(solved(world)[0]) == names


def test_what_was_solved_before_the_period_costs_nothing(world: IntercomWorld) -> None:
    put(world)
    world.clock.now += 86_400
    recent = put(world)
    since = datetime.fromtimestamp(world.clock.now - 3600, UTC)
    world.wire.forget()

    found, _, _ = solved(world, since=since)

    assert list(found) == [recent]
    assert world.wire.count(r"/conversations/\d+") == 1


def test_it_tells_who_said_what_and_how_it_ended(world: IntercomWorld) -> None:
    fin = ((BOT, "<p>Try our pages.</p>"), (AGENT, "<p>Close the valve.</p>"), (CUSTOMER, "<p>Thanks!</p>"))
    number = put(world, "<p>It <b>leaks</b>.</p>", replies=fin, subject="<p>A leak</p>", tags=("leak",), rating=5)
    world.sandbox.change(int(number), team=5_017_691)
    world.later()
    world.sandbox.say(int(number), "<p>Third time!</p>", AGENT, "note", [("a.txt", b"a", "text/plain")])
    world.sandbox.close(int(number))

    found = desk(world).conversation(ConversationId(number))

    assert (found.subject, found.group, found.tags, found.status) == ("A leak", "Support", ("leak",), "closed")
    assert found.satisfaction is Satisfaction.GOOD
    assert found.solved_at == datetime.fromtimestamp(world.clock.now, UTC)
    assert [(one.author, one.public, one.text) for one in found.messages] == [
        (Author.CUSTOMER, True, "It leaks."),
        (Author.BOT, True, "Try our pages."),
        (Author.AGENT, True, "Close the valve."),
        (Author.CUSTOMER, True, "Thanks!"),
        (Author.AGENT, False, ""),
    ]
    assert found.messages[-1].files == 0
    assert found.customer.names == ("Ann Olsen",)
    assert found.customer.addresses == ("ann.o@mail.test",)
    assert "Ann" not in repr(found)


@pytest.mark.parametrize(
    ("author", "said_by"),
    [
        (Person("admin", "7", "Left Long-Ago", "left@acme.test"), Author.AGENT),
        (Person("lead", "8", "", ""), Author.CUSTOMER),
        (Person("bot", "9", "Operator", ""), Author.BOT),
        (Person("admin", "10", "Fin", "", from_ai_agent=True), Author.BOT),
        (Person("team", "11", "Support", ""), Author.AGENT),
    ],
)
def test_who_wrote_is_told_by_what_they_are(world: IntercomWorld, author: Person, said_by: Author) -> None:
    number = put(world, replies=((author, "<p>words</p>"),))

    assert desk(world).conversation(ConversationId(number)).messages[1].author is said_by


def test_quoted_mail_and_a_signature_are_cut(world: IntercomWorld) -> None:
    said = "Please refund me.<br><br>-- <br>Ann<br><br>On Mon, 3 Nov 2026, Acme wrote:<br>&gt; Hello"

    assert desk(world).conversation(ConversationId(put(world, said))).messages[0].text == "Please refund me."


def test_an_empty_first_message_and_a_picture_alone_are_told_as_such(world: IntercomWorld) -> None:
    picture = put(world, "", files=[("leak.png", b"png", "image/png")])
    empty = put(world, "")

    shown = desk(world).conversation(ConversationId(picture)).messages[0]
    assert (shown.text, shown.files, shown.author) == ("", 1, Author.CUSTOMER)
    told = desk(world).conversation(ConversationId(empty)).messages
    assert [(one.author, one.text) for one in told] == [(Author.CUSTOMER, ""), (Author.AGENT, "Close the valve.")]


def test_what_holds_nothing_public_and_what_never_was_is_gone(world: IntercomWorld) -> None:
    number = put(world, "", replies=())
    world.sandbox.say(int(number), "<p>for us</p>", AGENT, "note")

    for name in (number, "999999", "nonsense", ""):
        with pytest.raises(Gone):
            desk(world).conversation(ConversationId(name))


def test_a_redaction_takes_the_words_and_says_so(world: IntercomWorld) -> None:
    number = put(world, "<p>My card is 4111</p>")
    world.sandbox.redact(int(number))

    found = desk(world).conversation(ConversationId(number))

    assert found.marks == {Mark.REDACTED}
    assert found.messages[0].text == ""


@pytest.mark.parametrize("how", ["deleted", "reopened", "redacted", "answered"])
def test_what_became_of_a_solved_one_is_shown_by_the_next_look(world: IntercomWorld, how: str) -> None:
    number, other = put(world), put(world)
    world.later()
    _, _, cursor = solved(world)
    if how == "deleted":
        world.sandbox.delete_conversation(int(number))
    if how == "reopened":
        world.sandbox.change(int(number), state="open")
    if how == "redacted":
        world.sandbox.redact(int(number))
    if how == "answered":
        world.sandbox.say(int(number), "<p>Still fine?</p>")
    world.later()

    found, gone, cursor = solved(world, cursor)

    assert other not in found
    assert (number in gone, number in found) == (how in ("deleted", "reopened"), how in ("redacted", "answered"))
    assert solved(world, cursor)[:2] == ({}, set())


@pytest.mark.parametrize("rating", [(None, None), (1, Satisfaction.BAD), (3, None), (4, Satisfaction.GOOD)])
def test_a_rating_is_good_bad_or_neither(world: IntercomWorld, rating: tuple[int | None, Satisfaction | None]) -> None:
    number = put(world, rating=rating[0])

    assert desk(world).conversation(ConversationId(number)).satisfaction is rating[1]


def test_the_words_that_conversations_are_sorted_with(world: IntercomWorld) -> None:
    put(world, tags=("leak", "billing"))
    world.sandbox.world.attributes |= {"Topic": ("Orders", "Returns"), "Free": ()}
    world.sandbox.world.macros = {f"Macro {n}": f"<p>Hello number {n}</p>" for n in range(160)}

    found = desk(world).vocabulary()

    assert (found.tags, found.groups) == (("billing", "leak"), ("Support",))
    assert dict(found.fields) == {"Topic": ("Orders", "Returns")}
    assert (len(found.macros), found.macros[159]) == (160, "Hello number 159")


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}", '{"scope":"other"}'])
def test_a_cursor_that_is_none_of_its_own_is_expired(world: IntercomWorld, cursor: str) -> None:
    with pytest.raises(CursorExpired):
        desk(world).conversations(Cursor(cursor), LONG_AGO)


@pytest.mark.parametrize(("status", "error"), [(401, Misconfigured), (403, Misconfigured), (500, Retryable)])
def test_a_failure_anywhere_in_a_page_raises(world: IntercomWorld, status: int, error: type[Exception]) -> None:
    put(world)
    put(world)
    desk(world).conversations(None, LONG_AGO)
    requests = len([call for call in world.wire.calls if call.path != "/teams"])
    for number in range(1, requests + 1):
        world.wire.heal()
        world.wire.fail(Fault(path=r"^/(?!teams)", status=status, nth=number, times=None))
        with pytest.raises(error):
            desk(world).conversations(None, LONG_AGO)


@pytest.mark.parametrize(
    "broken",
    [
        {"created_at": 10**30, "tags": 7, "conversation_rating": "five", "statistics": []},
        {"source": {"author": None, "body": {"a": 1}, "attachments": 3}, "conversation_parts": None},
        {"id": {"no": "id"}, "team_assignee_id": "x"},
        {"conversation_parts": {"conversation_parts": [None, {"part_type": 5, "author": "x", "created_at": "soon"}]}},
    ],
)
def test_a_record_that_nobody_expected_keeps_no_other_from_being_read(
    world: IntercomWorld, broken: dict[str, object]
) -> None:
    bad, good = put(world), put(world)
    told = json.loads(world.connect().api.get(f"/conversations/{bad}").body) | broken
    world.wire.fail(Fault(path=rf"/conversations/{bad}\?", status=200, body=json.dumps(told), times=None))
    world.later()

    assert good in solved(world)[0]


def test_it_never_writes(world: IntercomWorld) -> None:
    put(world)
    solved(world)
    desk(world).vocabulary()

    assert {call.path for call in world.wire.calls if call.method != "GET"} == {"/conversations/search"}


@dataclass
class IntercomDeskWorld:
    """A workspace with a clock of its own, and nothing in it."""

    clock: Clock = field(default_factory=Clock)
    ahead: float = 0.0
    never: str = "999999999"
    pages: int = 30

    def __post_init__(self) -> None:
        self.sandbox = IntercomSandbox(clock=lambda: self.clock() + self.ahead)
        self.sandbox.world.most_rows = 12
        self.wire = Wire(self.sandbox.app)

    def connect(self) -> IntercomDesk:
        given = {"token": "intercom-token", "url": IN_PROCESS}
        return IntercomDesk(
            IntercomSettings.model_validate(given),
            clock=self.clock.utc,
            sleep=self.sleep,
            transport=transport(self.wire, IN_PROCESS, 5.0),
        )

    def sleep(self, seconds: float) -> None:
        self.clock.now += seconds

    def now(self) -> datetime:
        return self.clock.utc()

    def later(self) -> None:
        self.clock.now += 600

    def shift(self, by: timedelta) -> None:
        self.ahead = by.total_seconds()

    def load(self, samples: list[SampleConversation]) -> dict[str, str]:
        return {key: str(number) for key, number in with_history(self.sandbox, samples).items()}

    def say(self, number: str, text: str, *, public: bool = True, customer: bool = False) -> None:
        author = self.sandbox.world.conversations[int(number)].source.author if customer else AGENT
        self.sandbox.say(int(number), f"<p>{text}</p>", author, "comment" if public else "note")

    def reopen(self, number: str) -> None:
        self.sandbox.change(int(number), state="open")

    def solve(self, number: str) -> None:
        self.sandbox.close(int(number))

    def delete(self, number: str) -> None:
        self.sandbox.delete_conversation(int(number))


@pytest.fixture
def desk_world() -> IntercomDeskWorld:
    return IntercomDeskWorld()


class TestIntercomDesk(HelpDeskContract):
    """The promises of every desk. Intercom has no follow-ups: who writes again to what is closed opens it."""

    def test_the_sample_company_is_read_as_it_was_written(self, desk_world: IntercomDeskWorld) -> None:  # type: ignore[override]  # it is this desk's
        desk_world.sandbox.world.most_rows = None
        ids = desk_world.load([])
        desk_world.later()
        desk_world.wire.forget()

        found, _, _ = listed(desk_world.connect(), self.since(desk_world) - timedelta(days=365))

        assert desk_world.wire.count() == 300 + 6 + 3  # pages; what was deleted, the teams and the workspace
        for sample in conversations():
            one = found[ids[sample.key]]
            assert [(said.author, said.public) for said in one.messages] == [
                (AUTHORS[said.author], said.public) for said in sample.messages
            ]
            assert one.marks == MARKS.get(sample.special, frozenset()), sample
            assert (one.satisfaction or "", one.tags) == (sample.satisfaction, tuple(sorted(sample.tags)))
            words = "\n".join(said.text for said in one.messages)
            assert not {"wrote:", "schrieb", "Tel.", "iPhone"} & set(words.split())
        assert len(found) == 300
        assert {one.language for one in found.values()} >= {"en", "de"}
