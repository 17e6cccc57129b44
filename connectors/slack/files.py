"""Files that came with a message: text is read, the rest is named."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from connectors.file_types import kind_of
from connectors.files import IN_MEMORY, MAX_BYTES, Unreadable, decode, extract
from connectors.http.transport import Json, Response
from connectors.slack import mrkdwn
from connectors.slack.client import SlackClient
from connectors.slack.mrkdwn import literal
from connectors.text import clean_text
from sync.errors import Misconfigured

MAX_HELD = 64
ELSEWHERE = frozenset(("external", "canvas", "quip", "list"))
UNKNOWN_FILE = ("file_not_found", "file_deleted", "access_denied", "not_visible", "unknown_method", "missing_scope")


@dataclass(frozen=True, slots=True)
class Attached:
    """What a file adds to a document: `markdown`, and why that is not everything."""

    markdown: str
    problem: str = ""


class Files:
    """Reads files as text; those read last are kept."""

    def __init__(self, client: SlackClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], Attached] = OrderedDict()

    def read(self, file: Json, *, allowed: bool) -> Attached:
        """Return the file's name as a link, and its text where it has one. `allowed`: the token may read files.

        Raises Retryable; a file that cannot be had or read is a problem of the message it came with.
        """
        named = _named(file)
        if not _has_text(file):
            return Attached(named)
        if not allowed:
            return Attached(named, f"{_name(file)} is left out: the token lacks the scope files:read")
        key = (str(file["id"]), str(file.get("size") or ""))
        with self._lock:
            held = self._held.get(key)
        if held is None:
            held = self._load(file, named)
            with self._lock:
                self._held[key] = held
                while len(self._held) > MAX_HELD:
                    self._held.popitem(last=False)
        return held

    def _load(self, file: Json, named: str) -> Attached:
        try:
            whole = self._shown(file)
            said, problem = self._text(whole)
        except (Unreadable, Misconfigured) as error:
            return Attached(named, str(error))
        return Attached(f"{named}\n\n{said}" if said.strip() else named, problem)

    def _shown(self, file: Json) -> Json:
        """The file with its addresses: of one that another company shared, they have to be asked for."""
        if file.get("file_access") != "check_file_info":
            return file
        found = self._client.ask("files.info", {"file": str(file["id"])}, expect=UNKNOWN_FILE).json().get("file")
        if not isinstance(found, dict):
            raise Unreadable(f"{_name(file)} is another company's and is not shown to the app")
        return found

    def _text(self, file: Json) -> tuple[str, str]:
        if file.get("mode") == "email" and file.get("plain_text"):
            return literal(str(file["plain_text"])), ""
        url, name = str(file.get("url_private_download") or file.get("url_private") or ""), _name(file)
        if int(file.get("size") or 0) > MAX_BYTES:
            raise Unreadable(f"{name} is larger than {MAX_BYTES // 1024 // 1024} MB; share its text instead")
        if not self._client.trusts(url):
            raise Unreadable(f"{name} is not on one of Slack's own hosts and is not read")
        with IN_MEMORY:
            return self._downloaded(file, url, name)

    def _downloaded(self, file: Json, url: str, name: str) -> tuple[str, str]:
        answer = self._client.download(url, MAX_BYTES)
        if _is_login_page(answer, file):
            raise Unreadable(f"{name} is left out: Slack asks to sign in; add the scope files:read and install again")
        if file.get("mode") == "snippet" and kind_of(_type(file), name) == "txt" and file.get("filetype") != "text":
            decoded = decode(answer.body, name, _type(file))
            return mrkdwn.fenced(clean_text(decoded.text), str(file.get("filetype") or "")), decoded.problem
        found = extract(answer.body, _type(file), name)
        return found.markdown, found.problem


def _has_text(file: Json) -> bool:
    if file.get("is_external") or file.get("mode") in ELSEWHERE or file.get("file_access") == "access_denied":
        return False
    return file.get("mode") == "email" or bool(kind_of(_type(file), _name(file)))


def _is_login_page(answer: Response, file: Json) -> bool:
    """Without its scope, Slack answers every address with the same page, and says that all is well."""
    page = answer.headers.get("content-type", "").startswith("text/html")
    return page and (kind_of(_type(file), _name(file)) != "html" or len(answer.body) != int(file.get("size") or 0))


def _named(file: Json) -> str:
    shown = str(file.get("title") or "") or _name(file)
    label = f"{shown} ({file['alt_txt']})" if file.get("alt_txt") else shown
    return f"Attached: {mrkdwn.link(str(file.get('permalink') or ''), label)}"


def _name(file: Json) -> str:
    return str(file.get("name") or file.get("title") or file["id"])


def _type(file: Json) -> str:
    return str(file.get("mimetype") or "")
