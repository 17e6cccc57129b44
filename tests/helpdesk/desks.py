"""A kept desk over the Zendesk sandbox, and one that is interrupted at a chosen point."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from helpdesk import history
from helpdesk.history import HistoryOutcome, KeptDesk
from helpdesk.masking import Masking
from helpdesk.model import Conversation, ConversationId, ConversationPage, HelpDesk, Vocabulary
from helpdesk.state import schema
from sync.model import Cursor
from sync.state.database import State
from sync.state.lease import Lease
from sync.state.transaction import Transaction
from tests.connectors.test_zendesk_helpdesk import ZendeskDeskWorld

SOURCE = "help-center"


class Crash(BaseException):
    """The process ends here."""


class Interrupted:
    """Counts the points where a process could end, and ends it at the `at`-th. `instead`: what happens there."""

    def __init__(self, at: int | None = None, instead: Callable[[], None] | None = None) -> None:
        self.at, self.points, self._instead = at, 0, instead

    def point(self) -> None:
        self.points += 1
        if self.points == self.at:
            if self._instead is None:
                raise Crash
            self._instead()


class InterruptedDesk:
    """A desk that is left before and after each of its answers."""

    def __init__(self, desk: HelpDesk, trip: Interrupted) -> None:
        self._desk, self._trip = desk, trip

    def conversations(self, after: Cursor | None, since: datetime) -> ConversationPage:
        self._trip.point()
        page = self._desk.conversations(after, since)
        self._trip.point()
        return page

    def conversation(self, number: ConversationId) -> Conversation:
        return self._desk.conversation(number)

    def vocabulary(self) -> Vocabulary:
        self._trip.point()
        return self._desk.vocabulary()


class InterruptedState(State):
    """A state that is left before and after each commit of a source."""

    trip = Interrupted()

    @contextmanager
    def commit(self, lease: Lease) -> Iterator[Transaction]:
        self.trip.point()
        with super().commit(lease) as tx:
            yield tx
            self.trip.point()
        self.trip.point()


def opened(world: ZendeskDeskWorld, url: str = "sqlite:///:memory:") -> InterruptedState:
    state = InterruptedState.open(url, world.clock.utc, schemas=(schema.STEPS,))
    state.register({SOURCE: "zendesk"})
    return state


def kept(world: ZendeskDeskWorld, trip: Interrupted | None = None, days: int = 180) -> KeptDesk:
    desk = InterruptedDesk(world.connect(), trip or Interrupted())
    return KeptDesk(SOURCE, desk, timedelta(days=days), Masking(("AC-#####",)))


def read(state: State, desk: KeptDesk) -> HistoryOutcome:
    """One turn, without a thread that renews its lease."""
    return history.turn(state, desk, keep_lease=lambda _state, _lease: nullcontext())
