"""Rendering: a document as the bytes and attributes that go into an index."""

import hashlib
import json
import re
from datetime import UTC, datetime

from sync.invisible import cut
from sync.model import Attribute, Attributes, Document, Rendered

RENDER_VERSION = "1"
"""Changes whenever the same document would render to other bytes or attributes: a reindex then uploads anew."""

_MAX_KEY_LENGTH = 200
_MAX_DIGEST_LENGTH = 40  # 160 bits: two ids of one digest are found by nobody
_MAX_SLUG_LENGTH = 80
_SHORTENED = re.compile(rf"~[0-9a-f]{{{_MAX_DIGEST_LENGTH}}}\Z")
_MAX_VALUE_LENGTH = 256  # the guide says 256, the schema 512: facts differ, so the smaller
_MAX_ATTRIBUTES = 16
_HEADING = re.compile(r"(?:^)(#{1,6})[ \t]++(.+)$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_FILENAME = re.compile(r"aw-\w{1,20}-[^\s:]{1,200}:\S{0,400}-[0-9a-f]{12}\.md")
_HASHES = ("content_hash", "metadata_hash")


def render(document: Document, *, source: str, installation: str) -> Rendered:
    """Return what a store holds of the document: the same document always gives the same bytes."""
    content = _body(document).encode("utf-8", errors="replace")
    return rendered(document, source=source, installation=installation, content=content)


def rendered(document: Document, *, source: str, installation: str, content: bytes, content_hash: str = "") -> Rendered:
    """Return the rendering around bytes, or around the known hash of bytes that are no longer held."""
    content_hash = content_hash or hashlib.sha256(content).hexdigest()
    key = document_key(source, document.external_id)
    attributes = _attributes(document, source=source, key=key, installation=installation)
    attributes["content_hash"] = content_hash
    metadata_hash = hash_of(attributes)
    attributes["metadata_hash"] = metadata_hash
    _, _, identity = key.partition(":")
    name = f"{filename_prefix(installation, source)}{_safe(identity)}-{content_hash[:12]}.md"
    return Rendered(name, content, attributes, content_hash, metadata_hash)


def document_key(source: str, external_id: str) -> str:
    """`<source>:<external_id>`, unique in the installation; a key too long for an attribute ends in its hash.

    A source's name has no colon. Where an id could be mistaken for a shortened one, or cannot be sent as it is, it is
    shortened, too: whoever chooses ids, as names of files are chosen, cannot make one equal another's.
    """
    key = f"{source}:{external_id}"
    if len(key) <= _MAX_KEY_LENGTH and not _SHORTENED.search(key) and _whole(key) == key:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_MAX_DIGEST_LENGTH]
    return f"{_whole(key)[: _MAX_KEY_LENGTH - 1 - _MAX_DIGEST_LENGTH]}~{digest}"


def filename_prefix(installation: str, source: str | None = None) -> str:
    """What every filename of the installation, or of one of its sources, begins with."""
    return f"aw-{installation}-" if source is None else f"aw-{installation}-{source}:"


def managed_by(installation: str) -> str:
    return f"answerwell:{installation}"


def is_managed(filename: str, attributes: Attributes) -> bool:
    """Whether an installation uploaded the file, this one or another; some servers give no attributes back."""
    return attributes.get("managed_by") is not None or _FILENAME.fullmatch(filename) is not None


def hash_of(attributes: Attributes) -> str:
    """The hash of the attributes as a store gives them back: numbers by value, the two hashes left out."""
    canonical = {k: _number(v) for k, v in attributes.items() if k not in _HASHES}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _attributes(document: Document, *, source: str, key: str, installation: str) -> dict[str, Attribute]:
    ours: dict[str, Attribute] = {
        "managed_by": managed_by(installation),
        "source": source,
        "document": key,
        "audience": document.audience.value,
        "language": document.language,
        "updated_at": int(document.updated_at.timestamp()),
        "title": document.title,
        "url": document.url if len(document.url) <= _MAX_VALUE_LENGTH else "",  # half a link is worse than none
        "labels": ", ".join(document.labels),
    }
    for name in sorted(document.attributes):
        ours.setdefault(name[:64], document.attributes[name])
    kept = {
        name: cut(_whole(value), _MAX_VALUE_LENGTH) if isinstance(value, str) else value for name, value in ours.items()
    }
    filled = [(name, value) for name, value in kept.items() if value != ""]
    return dict(filled[: _MAX_ATTRIBUTES - len(_HASHES)])


def _body(document: Document) -> str:
    """Title, breadcrumb and URL first; each heading repeats the title, so that a passage says what it is about."""
    head = [f"# {_line(document.title)}", " › ".join(map(_line, document.breadcrumb)), document.url]
    lines = []
    fence = ""
    for line in document.body.splitlines():
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and line.strip() == opened[1] and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1]
        elif heading := _HEADING.match(line):
            line = _heading(heading[1], _without_closing(heading[2]), _line(document.title))  # noqa: PLW2901 - the line as rendered
        lines.append(line)
    return "\n\n".join(part for part in head if part.strip("# ")) + "\n\n" + "\n".join(lines).strip("\n") + "\n"


def _heading(marks: str, section: str, title: str) -> str:
    return f"{marks} {section}" if not title or section == title else f"{marks} {title} › {section}"


def _without_closing(section: str) -> str:
    """Return a heading's words without the marks that may close it."""
    return section.rstrip("#").rstrip(" \t") or section


def _line(value: str) -> str:
    return " ".join(value.split())


def _whole(value: str) -> str:
    """Half a surrogate pair is no text that could be sent."""
    return value.encode("utf-8", errors="replace").decode()


def _safe(name: str) -> str:
    """Return a name that any file may have; one that is not such a name already ends in its hash, behind the only ~."""
    plain = re.sub(r"[^A-Za-z0-9._:-]", "_", name)
    if plain == name:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_MAX_DIGEST_LENGTH]
    return f"{plain[:_MAX_SLUG_LENGTH]}~{digest}"


def _number(value: Attribute) -> Attribute:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
