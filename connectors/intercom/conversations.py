"""The conversations of a workspace: always internal. Their feed is a search with a lag, and a list of those deleted."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from connectors import attachments
from connectors.attachments import AttachedFile
from connectors.cache import TtlCache
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json, Response
from connectors.intercom.conversation_document import PREFIX, conversation_id, document, files_of, version_of
from connectors.intercom.pagination import next_cursor, numbered, record, rows, whole
from connectors.quarantine import judged
from sync.errors import CursorExpired, Gone, Retryable
from sync.model import Audience, Change, Document

PATH = "/conversations"
SEARCH = "/conversations/search"
DELETED = "/conversations/deleted"
PAGE = 150
DELETED_PAGE = 60
OVERLAP = 600  # seconds: the search may not know yet of what was edited since
NAMES = {"US": "app", "EU": "app.eu", "AU": "app.au"}


class Conversations:
    """Lists conversations without their parts; whole ones are left to fetches, one call each."""

    def __init__(self, api: HttpClient, clock: Clock, *, files: bool = True) -> None:
        self.key = "conversations"
        self._api = api
        self._files = files
        self._inbox: TtlCache[str] = TtlCache(clock, timedelta(days=1))
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))

    def head(self) -> Json:
        """Return the feed's state for now: by the newest edit that is known, whatever any clock says."""
        answer = self._search(0, None, {"per_page": PAGE}, order="descending")
        times = _times(rows(answer, "conversations", self._api.where(SEARCH)))
        newest = max(times.values(), default=0)
        seen = {number: at for number, at in times.items() if at >= newest - OVERLAP - 1}
        return {
            "since": newest,
            "newest": newest,
            "seen": seen,
            "after": None,
            "deleted": newest,
            "deleted_seen": [],
        }

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        """Return one page of all conversations, and where the next one starts; None after the last."""
        answer = self._listed({"per_page": PAGE, **(after or {})})
        where = self._api.where(PATH)
        following = next_cursor(answer, where)
        changes = [_change(row) for row in rows(answer, "conversations", where)]
        return changes, None if following is None else {"starting_after": following}

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        """Return what was edited since, page by page, and after the last page what was deleted."""
        place = {"starting_after": state["after"]} if state["after"] else {}
        answer = self._search(int(state["since"]) - OVERLAP, state["after"], {"per_page": PAGE, **place})
        where = self._api.where(SEARCH)
        shown = {str(row["id"]): row for row in rows(answer, "conversations", where)}
        times = _times(shown.values())
        fresh = [_change(row) for number, row in shown.items() if state["seen"].get(number) != times[number]]
        newest = max(int(state["newest"]), *times.values(), 0)
        kept = {number: at for number, at in {**state["seen"], **times}.items() if at >= newest - OVERLAP - 1}
        following = next_cursor(answer, where)
        if following is not None:
            return fresh, {**state, "after": following, "newest": newest, "seen": kept}, True
        gone, deleted, deleted_seen = self._deleted(int(state["deleted"]), frozenset(state["deleted_seen"]))
        after = {"since": newest, "newest": newest, "seen": kept, "after": None}
        return fresh + gone, {**after, "deleted": deleted, "deleted_seen": deleted_seen}, False

    def fetch(self, number: str) -> Document:
        """Return the conversation with all that was said in it. Raises Gone."""
        row = self.read(number)
        found = document(row, self.url_of(number))
        files = files_of(row) if self._files else ()
        whole_document = attachments.read_into(found, files, self._download)
        return replace(whole_document, version=found.version)  # what lists know: they do not tell of files

    def read(self, number: str) -> Json:
        """Return the record of a conversation with its parts as text. Raises Gone."""
        path = f"{PATH}/{number}"
        asked = number.isascii() and number.isdecimal()
        row = record(self._api, path, {"display_as": "plaintext"}) if asked else None
        if row is None:
            self._root.get("", self._check_root)
            raise Gone(f"{self._api.where(path)}: there is no such conversation")
        return row

    def url_of(self, number: str) -> str:
        """Return where a teammate reads the conversation."""
        return f"{self._inbox.get('', self._find_inbox)}/{number}"

    def _listed(self, asked: Json) -> Response:
        answer = self._api.get(PATH, asked)
        rows(answer, "conversations", self._api.where(PATH))
        return answer

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

    def _deleted(self, since: int, seen: frozenset[str]) -> tuple[list[Change], int, list[str]]:
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
        return [Change(f"{PREFIX}{number}", None) for number in found if number not in seen], newest, kept

    def _download(self, file: AttachedFile) -> bytes:
        return attachments.download(self._api, file)

    def _find_inbox(self) -> str:
        app = self._api.get("/me").json().get("app")
        if not isinstance(app, dict) or not app.get("id_code"):
            raise Retryable(f"{self._api.where('/me')} answered without the workspace")
        home = NAMES.get(str(app.get("region")), "app")
        return f"https://{home}.intercom.com/a/inbox/{app['id_code']}/inbox/conversation"

    def _check_root(self) -> bool:
        """Make sure that conversations are still listed, so that one that is not found is truly gone."""
        self._listed({"per_page": 1})
        return True


def _times(shown: Iterable[Json]) -> dict[str, int]:
    return {str(row["id"]): whole(row.get("updated_at")) or 0 for row in shown}


def _change(row: Json) -> Change:
    """A conversation as a list shows it: without its parts."""

    def judge() -> Change:
        return Change(conversation_id(row), version_of(row), audience=Audience.INTERNAL)

    return judged(f"{PREFIX}{row['id']}", row, judge, Audience.INTERNAL)
