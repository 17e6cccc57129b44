"""The export of tickets, page by page: every ticket that changed, deleted ones included."""

from dataclasses import dataclass
from datetime import timedelta

from connectors.http import client
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json
from connectors.zendesk.comment_cache import BUCKETS
from connectors.zendesk.pagination import rows
from connectors.zendesk.translations import by_id
from sync.errors import CursorExpired, Retryable

EXPORT = "/api/v2/incremental/tickets/cursor.json"
PAGE = 1000
EXPORT_AGE = 300  # seconds: a younger start_time is refused


@dataclass(frozen=True, slots=True)
class ExportedTickets:
    """One page: tickets by number, the users that came along, the next state, and whether there is more."""

    tickets: dict[int, Json]
    users: list[Json]
    following: Json
    more: bool


class TicketExport:
    """Reads the export from a state: `start`, in seconds, or the `cursor` of an earlier page."""

    def __init__(self, signed_in: HttpClient, clock: Clock) -> None:
        self._api = signed_in
        self._clock = clock

    def page(self, state: Json, asked: Json) -> ExportedTickets:
        """Return one page; an empty one need not be the last. Raises Retryable when the export stands still twice."""
        at = {"cursor": state["cursor"]} if "cursor" in state else {"start_time": state["start"]}
        answer = self._api.get(EXPORT, {"per_page": PAGE, **at, **asked}, expect=(400, 422), buckets=BUCKETS)
        where = self._api.where(EXPORT)
        if answer.status != 200 and "cursor" in state:
            raise CursorExpired(f"{where} does not know the cursor any more")
        if answer.status == 422 and answer.date and int(answer.date.timestamp()) - EXPORT_AGE < state["start"]:
            return self.page({"start": int(answer.date.timestamp()) - EXPORT_AGE}, asked)  # our clock is ahead
        if answer.status != 200:
            raise client.refusal(answer, where, "url")
        tickets = by_id(rows(answer, "tickets", where))
        envelope = answer.json()
        end, after = envelope.get("end_of_stream"), envelope.get("after_cursor")
        if not isinstance(end, bool) or not (isinstance(after, str) or (end and after is None)):
            raise Retryable(f"{where} does not say whether there is more")
        following: Json = {"cursor": after} if after else dict(state)
        if not end and after == state.get("cursor"):
            if state.get("stuck"):
                raise Retryable(f"{where} stands still", after=timedelta(minutes=1))
            following["stuck"] = True
        users = envelope.get("users")
        return ExportedTickets(tickets, users if isinstance(users, list) else [], following, not end)

    def newest_start(self) -> int:
        """The latest start that the export accepts, by our clock."""
        return int(self._clock().timestamp()) - EXPORT_AGE
