"""What happened to conversations: a search by the time of their last edit, with a lag, and a list of those deleted.

No clock is asked: a place in the feed is the newest time that conversations themselves tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.http.client import HttpClient
from connectors.http.transport import Json, Response
from connectors.intercom.pagination import next_cursor, numbered, rows, whole
from sync.errors import CursorExpired

SEARCH = "/conversations/search"
DELETED = "/conversations/deleted"
PAGE = 150
DELETED_PAGE = 60
OVERLAP = 600  # seconds: the search may not know yet of what was edited since


@dataclass(frozen=True, slots=True)
class EditedPage:
    """Conversations that were edited, as lists show them; the ids of those deleted; and the place after them."""

    edited: list[Json]
    deleted: list[str]
    state: Json
    more: bool


class ConversationFeed:
    """Reads the feed, oldest edit first. What the overlap repeats is shown once."""

    def __init__(self, api: HttpClient) -> None:
        self._api = api

    def since(self, moment: int) -> Json:
        """Return the place in the feed at that time, by the desk's stamps."""
        return {"since": moment, "newest": moment, "seen": {}, "after": None, "deleted": moment, "deleted_seen": []}

    def newest(self) -> Json:
        """Return the place after all that is known now."""
        answer = self._search(0, None, {"per_page": PAGE}, order="descending")
        times = _times(rows(answer, "conversations", self._api.where(SEARCH)))
        newest = max(times.values(), default=0)
        seen = {number: at for number, at in times.items() if at >= newest - OVERLAP - 1}
        return {**self.since(newest), "seen": seen}

    def read(self, state: Json, size: int = PAGE) -> EditedPage:
        """Return what was edited since, page by page, and with the last page what was deleted.

        Raises CursorExpired, KeyError and TypeError for what is no place in this feed.
        """
        place = {"starting_after": state["after"]} if state["after"] else {}
        answer = self._search(int(state["since"]) - OVERLAP, state["after"], {"per_page": size, **place})
        where = self._api.where(SEARCH)
        shown = {str(row["id"]): row for row in rows(answer, "conversations", where)}
        times = _times(shown.values())
        fresh = [row for number, row in shown.items() if state["seen"].get(number) != times[number]]
        newest = max([int(state["newest"]), *times.values()])
        kept = {number: at for number, at in {**state["seen"], **times}.items() if at >= newest - OVERLAP - 1}
        following = next_cursor(answer, where)
        if following is not None:
            return EditedPage(fresh, [], {**state, "after": following, "newest": newest, "seen": kept}, more=True)
        gone, deleted, seen = self._deleted(int(state["deleted"]), frozenset(state["deleted_seen"]))
        after = {"since": newest, "newest": newest, "seen": kept, "after": None}
        return EditedPage(fresh, gone, {**after, "deleted": deleted, "deleted_seen": seen}, more=False)

    def _search(self, since: int, after: str | None, pagination: Json, *, order: str = "ascending") -> Response:
        """Ask for what was edited since. `>` means later by a second, whatever the documentation says."""
        wanted = {"field": "updated_at", "operator": ">", "value": max(0, since - 1)}
        body = {
            "query": {"operator": "AND", "value": [wanted]},
            "sort": {"field": "updated_at", "order": order},
            "pagination": pagination,
        }
        answer = self._api.post(SEARCH, body, expect=(400,) if after else ())
        if answer.status == 400:
            raise CursorExpired(f"{self._api.where(SEARCH)} does not know the cursor any more")
        return answer

    def _deleted(self, since: int, seen: frozenset[str]) -> tuple[list[str], int, list[str]]:
        """Return what was deleted since, newest first, until when that is known, and what the overlap showed."""
        found: dict[str, int] = {}
        after: Json | None = None
        while True:
            page = numbered(self._api, DELETED, "conversations", after, DELETED_PAGE, {"order": "desc"})
            times = {str(row["id"]): whole(row.get("deleted_at")) or 0 for row in page.rows}
            found |= {number: at for number, at in times.items() if at >= since - OVERLAP}
            after = page.after
            if after is None or any(at < since - OVERLAP for at in times.values()):
                break
        newest = max([since, *found.values()])
        kept = sorted(number for number, at in found.items() if at >= newest - OVERLAP)
        return [number for number in found if number not in seen], newest, kept


def _times(shown: Iterable[Json]) -> dict[str, int]:
    return {str(row["id"]): whole(row.get("updated_at")) or 0 for row in shown}
