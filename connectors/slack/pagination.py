"""Whole lists, read page by page to the end that the vendor names: a page may be short or empty before it."""

import threading
from datetime import datetime, timedelta

from connectors.http.transport import Clock, Json
from connectors.slack.client import SlackClient
from sync.errors import Retryable

PAGE = 200
STALE = timedelta(minutes=10)


class ResumableList:
    """One list of records with ids. A reading that had to stop goes on where it stood, for some minutes."""

    def __init__(self, client: SlackClient, method: str, name: str, fields: dict[str, str], clock: Clock) -> None:
        self._client = client
        self._method = method
        self._name = name
        self._fields = fields
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, Json] = {}
        self._cursor = ""
        self._begun: datetime | None = None

    def read(self) -> tuple[list[Json], datetime]:
        """Return every record, and the server's clock before the first was read. Raises what a page raises."""
        with self._lock:
            while True:
                begun, cursor = self._resume()
                if self._read_page(begun, cursor):
                    found, self._found, self._begun = list(self._found.values()), {}, None
                    return found, begun or self._clock()

    def _resume(self) -> tuple[datetime | None, str]:
        if self._begun is None or not timedelta(0) <= self._clock() - self._begun < STALE:
            self._found, self._cursor, self._begun = {}, "", None
        return self._begun, self._cursor

    def _read_page(self, begun: datetime | None, cursor: str) -> bool:
        """Keep one page; True after the last. A cursor that is not known any more starts anew, once."""
        fields = {"limit": str(PAGE), **self._fields} | ({"cursor": cursor} if cursor else {})
        answer = self._client.ask(self._method, fields, expect=("invalid_cursor",) if cursor else ())
        envelope, where = answer.json(), self._client.where(self._method)
        if envelope.get("ok") is not True:
            self._begun = None
            raise Retryable(f"{where} lost its place in the list")
        records = envelope.get(self._name)
        if not isinstance(records, list) or not all(isinstance(one, dict) and one.get("id") for one in records):
            raise Retryable(f"{where} answered without {self._name}")
        following = next_cursor(envelope)
        if following and following == cursor:
            raise Retryable(f"{where} repeats the same page")
        self._found.update((str(one["id"]), one) for one in records)
        self._cursor, self._begun = following, begun or min(answer.date or self._clock(), self._clock())
        return not following


def next_cursor(envelope: Json) -> str:
    """Where the next page of a list starts, '' at the end."""
    metadata = envelope.get("response_metadata")
    return str(metadata.get("next_cursor") or "") if isinstance(metadata, dict) else ""
