"""Zendesk's solved tickets as conversations."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from connectors.zendesk.helpdesk import ZendeskDesk
from connectors.zendesk.settings import ZendeskSettings
from helpdesk.model import Author, ConversationId
from sandbox.sample_conversations import SampleConversation, SampleMessage, conversations
from sandbox.sample_zendesk import put_conversations
from sandbox.wire import Wire
from sandbox.zendesk import ZendeskSandbox
from tests.connectors.zendesk_world import Clock
from tests.contract.helpdesk import HelpDeskContract, listed, plain
from tests.in_process import IN_PROCESS, transport


@dataclass
class ZendeskDeskWorld:
    """An account with a clock of its own; the export withholds the last minute."""

    clock: Clock = field(default_factory=Clock)
    ahead: float = 0.0
    never: str = "999999999"
    pages: int = 30

    def __post_init__(self) -> None:
        self.sandbox = ZendeskSandbox(clock=lambda: self.clock() + self.ahead)
        self.sandbox.world.export_size = 12
        self.wire = Wire(self.sandbox.app)

    def connect(self) -> ZendeskDesk:
        settings = {"url": IN_PROCESS, "client_id": "answerwell", "client_secret": "zendesk-secret"}
        return ZendeskDesk(
            ZendeskSettings.model_validate(settings),
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
        return {key: str(number) for key, number in put_conversations(self.sandbox, samples).items()}

    def say(self, number: str, text: str, *, public: bool = True, customer: bool = False) -> None:
        ticket = self.sandbox.world.tickets[int(number)]
        author = self.sandbox.world.users[ticket.requester_id].name if customer else "Sam Agent"
        self.sandbox.comment(int(number), text, public, author=author)

    def reopen(self, number: str) -> None:
        self.sandbox.set_status(int(number), "open")

    def solve(self, number: str) -> None:
        self.sandbox.set_status(int(number), "solved")

    def delete(self, number: str) -> None:
        self.sandbox.delete_ticket(int(number))


@pytest.fixture
def desk_world() -> ZendeskDeskWorld:
    return ZendeskDeskWorld()


class TestZendeskDesk(HelpDeskContract):
    """The promises of every desk."""

    def test_three_hundred_conversations_cost_few_calls(self, desk_world: ZendeskDeskWorld) -> None:
        desk_world.sandbox.world.export_size = 1000
        desk_world.load(list(conversations()))
        desk_world.later()

        _, _, cursor = listed(desk_world.connect(), self.since(desk_world))

        assert desk_world.wire.count("/api/") <= 14
        desk_world.wire.forget()
        listed(desk_world.connect(), self.since(desk_world), cursor)
        assert desk_world.wire.count("/api/") == 1

    @pytest.mark.parametrize("channel", ["rule", "api"])
    def test_what_came_by_a_machine_is_no_reply_of_a_person(self, desk_world: ZendeskDeskWorld, channel: str) -> None:
        number = desk_world.load([plain(0)])["p0"]
        desk_world.sandbox.comment(int(number), "We are on it.", channel=channel)

        said = desk_world.connect().conversation(ConversationId(number)).messages

        assert [one.author for one in said if one.public] == [Author.CUSTOMER, Author.AGENT, Author.BOT]

    def test_a_comment_that_was_made_private_is_not_shown_as_its_event_still_says(
        self, desk_world: ZendeskDeskWorld
    ) -> None:
        ids = desk_world.load([plain(number) for number in range(desk_world.pages)])
        desk_world.sandbox.world.export_size = 1000
        hidden = desk_world.sandbox.world.tickets[int(ids["p4"])].comments[-1]
        desk_world.sandbox.make_private(hidden.id)
        desk_world.later()

        one = listed(desk_world.connect(), self.since(desk_world))[0][ids["p4"]]

        assert hidden.body not in "".join(said.text for said in one.messages)

    def test_quoted_mail_and_signatures_are_not_what_somebody_said(self, desk_world: ZendeskDeskWorld) -> None:
        words = "It rattles.\n\nOn Tue, 3 Nov 2026 at 09:12, Acme <support@acme.test> wrote:\n> Push it in."
        number = desk_world.load([plain(0, messages=(SampleMessage("customer", 0, True, words),))])["p0"]

        [one] = desk_world.connect().conversation(ConversationId(number)).messages

        assert one.text == "It rattles."
