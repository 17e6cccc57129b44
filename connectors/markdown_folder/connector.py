"""A folder of Markdown files, such as the documentation in a git checkout; what lies in it is what there is."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from connectors.check import Finding, Level
from connectors.cursor import CursorCodec, mark_of, pack, scope_of, unpack
from connectors.files import Unreadable, decode
from connectors.hidden_text import problem_of
from connectors.http.rate_limit import QuotaStore
from connectors.http.transport import Clock, Sleep, now
from connectors.language import language_of
from connectors.markdown_folder.settings import MarkdownFolderSettings
from connectors.text import clean_text, from_markdown
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Audience, Change, Cursor, Document, Page

ENDINGS = frozenset((".md", ".mdx", ".markdown"))
PAGE = 100
MAX_FILES = 20_000  # the cursor names them all
MAX_BYTES = 5 * 1024 * 1024

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?P<fields>.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(title|labels|tags|url|draft):[ \t]*+(.*)$", re.MULTILINE)
_LITERAL = re.compile(rb"\\(?=x[0-9a-f]{2})")
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")
_HEADING = re.compile(r"\A\s*+#[ \t]++([^\n]+)\n?")

Files = dict[str, str]  # what is known of each file: its path in the folder, and the mark of its version


@dataclass(frozen=True, slots=True)
class Front:
    """What a file says of itself before its text."""

    title: str = ""
    labels: tuple[str, ...] = ()
    url: str = ""
    draft: bool = False


class MarkdownFolder:
    """Reads the folder anew at each call. The cursor of its changes is the folder as it was, version by version."""

    def __init__(
        self,
        settings: MarkdownFolderSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
    ) -> None:
        del allowances, clock, sleep, timeout  # nobody is called, so nothing is waited for
        self._settings = settings
        self._root = settings.folder
        scope = scope_of([str(settings.folder), settings.base_url, settings.public])
        self._cursors = CursorCodec("markdown_folder", scope)

    def head(self) -> Cursor:
        return self._cursor({document.external_id: mark_of(document.version) for document in self._documents()})

    def snapshot(self, after: Cursor | None) -> Page:
        last = self._last(after)
        paths = [path for path in self._paths() if path > last]
        shown = [document for path in paths[:PAGE] if (document := self._read(path)) is not None]
        cursor = self._cursors.dump({"after": paths[:PAGE][-1] if paths else last})
        return Page(tuple(map(_change, shown)), cursor, len(paths) > PAGE)

    def changes(self, after: Cursor) -> Page:
        known = self._known(after)
        found = {document.external_id: document for document in self._documents()}
        different = [path for path, document in found.items() if known.get(path) != mark_of(document.version)]
        changes = [Change(path, None) for path in sorted(known.keys() - found.keys())]
        changes += [_change(found[path]) for path in sorted(different)]
        for change in changes[:PAGE]:
            known.pop(change.external_id, None)
            if change.document is not None:
                known[change.external_id] = mark_of(change.document.version)
        return Page(tuple(changes[:PAGE]), self._cursor(known), len(changes) > PAGE)

    def fetch(self, external_id: str) -> Document:
        document = self._read(external_id) if external_id in set(self._paths()) else None
        if document is None:
            raise Gone(f"markdown_folder {self._root}: there is no {external_id}, or it is a draft")
        return document

    def check(self) -> Iterator[Finding]:
        """Say whether the folder can be read, and how much is in it."""
        try:
            number = len(self._paths())
        except (Misconfigured, Retryable) as error:
            yield Finding(Level.PROBLEM, f"folder {self._root} is not readable", str(error))
            return
        if not number:
            yield Finding(Level.WARNING, f"folder {self._root} holds no Markdown", "check folder")
        else:
            yield Finding(Level.OK, f"folder {self._root}: {number:,} files")

    def _documents(self) -> Iterator[Document]:
        for path in self._paths():
            document = self._read(path)
            if document is not None:
                yield document

    def _paths(self) -> list[str]:
        """The Markdown files below the folder, in order. Raises Misconfigured for a folder that is not there."""
        if not self._root.is_dir():
            raise Misconfigured(f"markdown_folder: {self._root} is no folder; check folder")
        home = self._root.resolve()
        try:
            found = [
                _name_of(path.relative_to(self._root))
                for path in self._root.rglob("*")
                if path.suffix.lower() in ENDINGS
                and path.is_file()
                and not _hidden(path.relative_to(self._root))
                and _may_be_shown(path.resolve(), home)
            ]
        except OSError as error:
            raise Retryable(f"markdown_folder {self._root}: cannot be listed ({error.strerror})") from error
        if len(found) > MAX_FILES:
            raise Misconfigured(f"markdown_folder {self._root}: {len(found):,} files; make two sources of it")
        return sorted(found)

    def _read(self, path: str) -> Document | None:
        """The file as it is now; None for a draft, and for one that went away meanwhile."""
        file = self._file(path)
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_BYTES + 1)
            edited = file.stat().st_mtime
        except FileNotFoundError:
            return None
        except PermissionError:
            return self._document(path, b"", file.stat().st_mtime, f"{path}: this user may not read it")
        except OSError as error:
            raise Retryable(f"markdown_folder {file}: cannot be read ({error.strerror})") from error
        problem = f"{path}: larger than 5 MB, so only its start is kept" if len(content) > MAX_BYTES else ""
        try:
            return self._document(path, content, edited, problem)
        except Exception as error:  # noqa: BLE001  the files beside it have nothing to do with it
            return self._document(
                path, b"", edited, f"{path}: cannot be read ({type(error).__name__}); please report it"
            )

    def _file(self, name: str) -> Path:
        """Where a file is that we call by this name."""
        return self._root / os.fsdecode(_BYTE.sub(lambda found: bytes([int(found[1], 16)]), name.encode()))

    def _document(self, path: str, content: bytes, edited: float, problem: str) -> Document | None:
        try:
            whole = len(content) <= MAX_BYTES
            decoded = decode(content if whole else content[:MAX_BYTES].rpartition(b"\n")[0], path)
            text, problem = clean_text(decoded.text), problem or decoded.problem or problem_of(decoded.text)
        except Unreadable as error:
            text, problem = "", str(error)
        front = _front(text)
        if front.draft:
            return None
        text = _FRONT_MATTER.sub("", text)
        heading = _HEADING.match(text)
        first = _without_closing(heading[1]) if heading else ""
        title = front.title or first or PurePosixPath(path).stem
        body = from_markdown(text[heading.end() :] if heading and first == title else text)
        audience = Audience.PUBLIC if self._settings.public else Audience.INTERNAL
        url = front.url or self._url(path)
        shown = json.dumps([title, body, url, audience, front.labels, problem], ensure_ascii=False)
        return Document(
            external_id=path,
            version=hashlib.sha256(shown.encode()).hexdigest()[:32],
            title=title,
            body=body,
            url=url,
            updated_at=datetime.fromtimestamp(edited, UTC),
            audience=audience,
            language=language_of(body),
            breadcrumb=PurePosixPath(path).parent.parts,
            labels=front.labels,
            problem=problem,
        )

    def _url(self, path: str) -> str:
        """Where the file is published, if it is: at its path without the ending, an index file at its folder's."""
        if not self._settings.base_url:
            return ""
        page = PurePosixPath(path).with_suffix("")
        shown = page.parent if page.name.lower() in ("index", "readme") else page
        return self._settings.base_url + ("" if str(shown) == "." else quote(shown.as_posix()))

    def _last(self, cursor: Cursor | None) -> str:
        if cursor is None:
            return ""
        last = self._cursors.load(cursor).get("after")
        if not isinstance(last, str):
            raise CursorExpired("markdown_folder: the cursor is not of a snapshot")
        return last

    def _cursor(self, files: Files) -> Cursor:
        return self._cursors.dump({"files": pack(files)})

    def _known(self, cursor: Cursor) -> Files:
        files: Files = unpack(self._cursors.load(cursor, "files")["files"])
        return files


def check(settings: MarkdownFolderSettings) -> Iterator[Finding]:
    """Say what an operator should know of the source before it is synced."""
    return MarkdownFolder(settings).check()


def _change(document: Document) -> Change:
    return Change(document.external_id, document.version, document)


def _name_of(path: Path) -> str:
    """Return a path as text; bytes of it that are none, from a disk of another encoding, by their numbers.

    So is a backslash that could be taken for the start of such a number: two files never have one name.
    """
    written = _LITERAL.sub(rb"\\x5c", os.fsencode(path.as_posix()))
    return written.decode("utf-8", "backslashreplace")


def _may_be_shown(target: Path, home: Path) -> bool:
    """Whether what a link leads to is Markdown in the folder and not hidden there: no page shows `.git/config`."""
    inside = target.is_relative_to(home) and not _hidden(target.relative_to(home))
    return inside and target.suffix.lower() in ENDINGS


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)


def _front(text: str) -> Front:
    matter = _FRONT_MATTER.match(text)
    found = _FIELD.findall(matter["fields"]) if matter else []
    fields = {name: value.rstrip(" \t") for name, value in found}
    given = fields.get("labels") or fields.get("tags") or ""
    labels = [label.strip(" \"'") for label in given.strip("[]").split(",")]
    return Front(
        title=fields.get("title", "").strip("\"'"),
        labels=tuple(label for label in labels if label),
        url=fields.get("url", "").strip("\"'"),
        draft=fields.get("draft", "").lower() == "true",
    )


def _without_closing(heading: str) -> str:
    """Return a heading's words without the marks that may close it."""
    words = heading.rstrip(" \t")
    return words.rstrip("#").rstrip(" \t") or words
