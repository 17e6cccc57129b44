"""The conversations of a workspace as documents: always internal."""

from dataclasses import replace
from datetime import timedelta

from connectors import attachments
from connectors.attachments import AttachedFile
from connectors.cache import TtlCache
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json, Response
from connectors.intercom.conversation_document import PREFIX, conversation_id, document, files_of, version_of
from connectors.intercom.conversation_feed import PAGE, ConversationFeed
from connectors.intercom.pagination import next_cursor, record, rows
from connectors.quarantine import judged
from sync.errors import Gone, Retryable
from sync.model import Audience, Change, Document

PATH = "/conversations"
INBOXES = {"US": "app", "EU": "app.eu", "AU": "app.au"}


class ConversationReader:
    """Reads single conversations, one call each."""

    def __init__(self, api: HttpClient, clock: Clock) -> None:
        self._api = api
        self._inbox: TtlCache[str] = TtlCache(clock, timedelta(days=1))
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))

    def read(self, number: str) -> Json:
        """Return the record of a conversation with its parts as text. Raises Gone."""
        path = f"{PATH}/{number}"
        asked = number.isascii() and number.isdecimal()
        row = record(self._api, path, {"display_as": "plaintext"}) if asked else None
        if row is None:
            self._root.get("", self._check_root)
            raise Gone(f"{self._api.where(path)}: there is no such conversation")
        return row

    def listed(self, asked: Json) -> Response:
        """Return a page of the list of all conversations."""
        answer = self._api.get(PATH, asked)
        rows(answer, "conversations", self._api.where(PATH))
        return answer

    def url_of(self, number: str) -> str:
        """Return where a teammate reads the conversation."""
        return f"{self._inbox.get('', self._find_inbox)}/{number}"

    def _find_inbox(self) -> str:
        app = self._api.get("/me").json().get("app")
        if not isinstance(app, dict) or not app.get("id_code"):
            raise Retryable(f"{self._api.where('/me')} answered without the workspace")
        home = INBOXES.get(str(app.get("region")), "app")
        return f"https://{home}.intercom.com/a/inbox/{app['id_code']}/inbox/conversation"

    def _check_root(self) -> bool:
        """Make sure that conversations are still listed, so that one that is not found is truly gone."""
        self.listed({"per_page": 1})
        return True


class Conversations:
    """Lists conversations without their parts; whole ones are left to fetches."""

    def __init__(self, api: HttpClient, clock: Clock, *, files: bool = True) -> None:
        self.key = "conversations"
        self._api = api
        self._files = files
        self._feed = ConversationFeed(api)
        self._reader = ConversationReader(api, clock)

    def head(self) -> Json:
        return self._feed.newest()

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        """Return one page of all conversations, and where the next one starts; None after the last."""
        answer = self._reader.listed({"per_page": PAGE, **(after or {})})
        where = self._api.where(PATH)
        following = next_cursor(answer, where)
        changes = [_change(row) for row in rows(answer, "conversations", where)]
        return changes, None if following is None else {"starting_after": following}

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        page = self._feed.read(state)
        gone = [Change(f"{PREFIX}{number}", None) for number in page.deleted]
        return [_change(row) for row in page.edited] + gone, page.state, page.more

    def fetch(self, number: str) -> Document:
        """Return the conversation with all that was said in it. Raises Gone."""
        row = self._reader.read(number)
        found = document(row, self._reader.url_of(number))
        files = files_of(row) if self._files else ()
        complete = attachments.read_into(found, files, self._download)
        return replace(complete, version=found.version)  # what lists know: they do not tell of files

    def _download(self, file: AttachedFile) -> bytes:
        return attachments.download(self._api, file)


def _change(row: Json) -> Change:
    """A conversation as a list shows it: without its parts."""

    def judge() -> Change:
        return Change(conversation_id(row), version_of(row), audience=Audience.INTERNAL)

    return judged(f"{PREFIX}{row['id']}", row, judge, Audience.INTERNAL)
