"""What every help desk promises, checked against a sandbox of its vendor.

A desk's test subclasses `HelpDeskContract` and gives it a `desk_world`: the sandbox, loaded with the sample company's
solved conversations on demand, with edits in the vendor's own terms behind common names.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

import pytest

from helpdesk.model import Author, Conversation, ConversationId, HelpDesk, Mark
from sandbox.sample_conversations import SampleConversation, SampleMessage, conversations
from sandbox.wire import Fault, Wire
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable, SyncError
from sync.model import Cursor
from tests.contract.poison import MARK, sampled

SECRET = "between ourselves: the motor mount is loose"
WINDOW = timedelta(days=180)
FAULTS = {
    "401": lambda: Fault(status=401, body='{"error":"Couldn\'t authenticate you"}', times=None),
    "404": lambda: Fault(status=404, body='{"error":"InvalidEndpoint","description":"Not found"}', times=None),
    "500": lambda: Fault(status=500, times=None),
    "html": lambda: Fault(status=200, body="<html>maintenance</html>", times=None),
    "empty": lambda: Fault(status=200, body="{}", times=None),
    "cut": lambda: Fault(manner="cut", times=None),
    "half": lambda: Fault(manner="half", times=None),
}


class DeskWorld(Protocol):
    """A desk that the tests edit."""

    wire: Wire
    never: str
    """An id like any other, of a conversation that never was."""
    pages: int
    """So many conversations do not fit on one page."""

    def connect(self) -> HelpDesk:
        """A new desk, as another process would make it. No real sleeping."""
        ...

    def now(self) -> datetime: ...
    def later(self) -> None:
        """Let so much time pass that every feed shows all that happened."""
        ...

    def shift(self, by: timedelta) -> None:
        """Have the desk's own clock be wrong by that much, from now on."""
        ...

    def load(self, samples: list[SampleConversation]) -> dict[str, str]:
        """Put sample conversations, as `sandbox/sample_conversations.py` tells them; returns the id of each."""
        ...

    def say(self, number: str, text: str, *, public: bool = True, customer: bool = False) -> None: ...
    def reopen(self, number: str) -> None: ...
    def solve(self, number: str) -> None: ...
    def delete(self, number: str) -> None: ...


def listed(
    desk: HelpDesk, since: datetime, after: Cursor | None = None
) -> tuple[dict[str, Conversation], set[str], Cursor]:
    """Everything that a listing, or what follows on one, shows: conversations, what is gone, and the last cursor."""
    found: dict[str, Conversation] = {}
    gone: set[str] = set()
    while True:
        page = desk.conversations(after, since)
        found.update((str(one.id), one) for one in page.conversations)
        gone = (gone - found.keys()) | {str(number) for number in page.gone}
        found = {number: one for number, one in found.items() if number not in gone}
        after = page.cursor
        if not page.more:
            return found, gone, after


def plain(number: int, **changed: object) -> SampleConversation:
    """A conversation of a question, a note and an answer, solved so many hours ago."""
    told = {
        "key": f"p{number}",
        "subject": "Filter light",
        "language": "en",
        "customer": f"Nora {chr(65 + number % 26)}{chr(97 + number // 26)}",
        "mail": f"nora{number}@customer.test",
        "messages": (
            SampleMessage("customer", 0, True, f"The filter light of device {number} is red. What shall I do now?"),
            SampleMessage("note", 3, False, SECRET, "Sam Agent"),
            SampleMessage(
                "agent", 9, True, "Please replace the filter, then hold the button for five seconds.", "Sam Agent"
            ),
        ),
        "tags": ("filter",),
        "group": "Technical",
        "solved": 60 * (number + 2),
        "kind": "in_help_center",
        **changed,
    }
    return SampleConversation(**told)  # type: ignore[arg-type]  # the fields stand above


class HelpDeskContract:
    """The promises of `HelpDesk`."""

    def since(self, world: DeskWorld) -> datetime:
        return world.now() - WINDOW

    def test_what_is_solved_is_listed_whole_and_nothing_private_with_it(self, desk_world: DeskWorld) -> None:
        samples = [plain(number) for number in range(desk_world.pages)]
        ids = desk_world.load(samples)
        desk_world.later()

        found, _, _ = listed(desk_world.connect(), self.since(desk_world))

        assert found.keys() == set(ids.values())
        for sample in samples:
            one = found[ids[sample.key]]
            public = [message for message in one.messages if message.public]
            assert [message.author for message in public] == [Author.CUSTOMER, Author.AGENT]
            assert public[0].text == sample.messages[0].text
            assert all(earlier.at <= later.at for earlier, later in pairwise(one.messages))
            assert (one.language, one.solved_at is not None) == ("en", True)
            assert sample.mail in one.customer.addresses
            assert SECRET not in str(one) + "".join(message.text for message in one.messages)
            assert sample.mail not in repr(one)

    def test_a_listing_goes_on_in_another_process_from_each_of_its_cursors(self, desk_world: DeskWorld) -> None:
        desk_world.load([plain(number) for number in range(desk_world.pages)])
        desk_world.later()
        desk, since, after, shown = desk_world.connect(), self.since(desk_world), None, []
        while True:
            page = desk.conversations(after, since)
            again = desk_world.connect().conversations(after, since)
            assert again == page
            shown += [one.id for one in page.conversations]
            after = page.cursor
            if not page.more:
                break

        assert len(shown) == len(set(shown)) == desk_world.pages

    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_failure_at_any_request_raises_and_shortens_nothing(self, desk_world: DeskWorld, fault: str) -> None:
        ids = desk_world.load([plain(number) for number in range(desk_world.pages)])
        desk_world.later()
        since = self.since(desk_world)
        desk_world.wire.forget()
        listed(desk_world.connect(), since)

        calls, failed = len(desk_world.wire.calls), 0
        for nth in range(1, calls + 1):
            desk_world.wire.fail(failing := FAULTS[fault]())
            failing.nth = nth
            try:
                assert listed(desk_world.connect(), since)[0].keys() == set(ids.values())  # what failed was an extra
            except (Retryable, Misconfigured):
                failed += 1
            desk_world.wire.heal()

        assert failed >= calls - 1

        assert listed(desk_world.connect(), since)[0].keys() == set(ids.values())

    def test_what_happens_after_a_listing_is_shown_by_its_last_cursor(self, desk_world: DeskWorld) -> None:
        ids = desk_world.load([plain(number) for number in range(4)])
        desk_world.later()
        desk, since = desk_world.connect(), self.since(desk_world)
        _, _, cursor = listed(desk, since)
        desk_world.reopen(ids["p0"])
        desk_world.delete(ids["p1"])
        desk_world.say(ids["p2"], "One more thing: it works now.", customer=True)
        desk_world.solve(ids["p2"])
        late = desk_world.load([plain(9, solved=1)])
        desk_world.later()

        found, gone, cursor = listed(desk_world.connect(), since, cursor)

        assert ids["p2"] in found
        assert found[ids["p2"]].messages[-1].text == "One more thing: it works now."
        assert late["p9"] in found
        assert {ids["p0"], ids["p1"]} <= gone
        desk_world.solve(ids["p0"])
        desk_world.later()
        assert ids["p0"] in listed(desk_world.connect(), since, cursor)[0]

    def test_what_is_said_while_a_listing_runs_is_in_it_or_follows(self, desk_world: DeskWorld) -> None:
        ids = desk_world.load([plain(number) for number in range(desk_world.pages)])
        desk_world.later()
        desk, since = desk_world.connect(), self.since(desk_world)
        page = desk.conversations(None, since)
        shown = {str(one.id) for one in page.conversations}
        for number in ids.values():
            desk_world.say(number, "And one thing more.", customer=True)
            desk_world.solve(number)
        desk_world.later()

        found, _, cursor = listed(desk, since, page.cursor) if page.more else ({}, set(), page.cursor)
        found |= listed(desk, since, cursor)[0]

        assert shown
        assert {number for number, one in found.items() if one.messages[-1].text == "And one thing more."} == set(
            ids.values()
        )

    def test_a_record_that_nobody_documented_hides_no_other_conversation(self, desk_world: DeskWorld) -> None:
        odd = plain(1, subject=MARK, messages=(SampleMessage("customer", 0, True, f"{MARK} What is that?"),))
        ids = desk_world.load([odd, *(plain(number) for number in range(2, 16))])
        desk_world.later()
        since, others = self.since(desk_world), set(ids.values()) - {ids["p1"]}

        for spoiled in sampled(desk_world.wire, lambda: listed(desk_world.connect(), since), type(self).__name__):
            desk_world.wire.rewrite = spoiled
            try:
                assert others <= listed(desk_world.connect(), since)[0].keys(), spoiled
            finally:
                desk_world.wire.rewrite = None

    def test_one_conversation_is_as_it_is_now_or_gone(self, desk_world: DeskWorld) -> None:
        ids = desk_world.load([plain(0), plain(1)])
        desk_world.later()
        desk = desk_world.connect()

        assert (
            desk.conversation(ConversationId(ids["p0"]))
            == listed(desk_world.connect(), self.since(desk_world))[0][ids["p0"]]
        )
        desk_world.reopen(ids["p0"])
        assert desk.conversation(ConversationId(ids["p0"])).solved_at is None
        desk_world.delete(ids["p1"])
        for number in (ids["p1"], desk_world.never):
            with pytest.raises(Gone):
                desk.conversation(ConversationId(number))

    def test_the_sample_company_is_read_as_it_was_written(self, desk_world: DeskWorld) -> None:
        samples = list(conversations())
        ids = desk_world.load(samples)
        desk_world.later()

        found, _, _ = listed(desk_world.connect(), self.since(desk_world) - timedelta(days=365))

        names = {"customer": Author.CUSTOMER, "agent": Author.AGENT, "bot": Author.BOT}
        for sample in samples:
            one = found[ids[sample.key]]
            wanted = [names[message.author] for message in sample.messages if message.public]
            assert [message.author for message in one.messages if message.public] == wanted, sample
            assert (Mark.MERGED in one.marks) == (sample.special == "merged"), sample
            assert (Mark.FOLLOW_UP in one.marks) == (sample.special == "follow_up"), sample
            assert (Mark.REDACTED in one.marks) == (sample.special == "redacted"), sample
            assert (one.satisfaction or "") == sample.satisfaction
            assert set(sample.tags) <= set(one.tags)
        assert len(found) == len(samples)

    def test_five_hundred_messages_are_read_to_the_last(self, desk_world: DeskWorld) -> None:
        many = tuple(
            SampleMessage("customer", minute, True, f"Message number {minute} of many") for minute in range(500)
        )
        ids = desk_world.load([plain(0, messages=many)])
        desk_world.later()

        found, _, _ = listed(desk_world.connect(), self.since(desk_world))

        assert [one.text for one in found[ids["p0"]].messages] == [message.text for message in many]

    @pytest.mark.parametrize(
        "wrong", [timedelta(hours=-26), timedelta(minutes=-3), timedelta(minutes=7), timedelta(days=3)]
    )
    def test_a_desk_whose_clock_is_wrong_loses_nothing(self, desk_world: DeskWorld, wrong: timedelta) -> None:
        desk_world.shift(wrong)
        ids = desk_world.load([plain(0), plain(1)])
        desk_world.later()
        found, _, cursor = listed(desk_world.connect(), self.since(desk_world))
        assert found.keys() == set(ids.values())

        late = desk_world.load([plain(2, solved=1)])
        desk_world.later()

        assert late["p2"] in listed(desk_world.connect(), self.since(desk_world), cursor)[0]

    def test_a_cursor_of_something_else_is_expired_and_no_desk_is_one_empty_page(self, desk_world: DeskWorld) -> None:
        desk = desk_world.connect()

        with pytest.raises(CursorExpired):
            desk.conversations(Cursor('{"scope":"another","state":{}}'), self.since(desk_world))
        assert listed(desk, self.since(desk_world))[0] == {}

    def test_the_vocabulary_is_read_and_fails_by_remedy(self, desk_world: DeskWorld) -> None:
        desk_world.load([plain(0)])
        words = desk_world.connect().vocabulary()

        assert "filter" in words.tags
        assert "Technical" in words.groups
        desk_world.wire.fail(Fault(status=503, times=None))
        with pytest.raises(SyncError):
            desk_world.connect().vocabulary()
