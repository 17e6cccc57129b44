"""An Office file: a zip of XML parts that refer to each other. Read part by part, within bounds."""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from lxml import etree

from connectors.readers.outcome import UnreadableBytes

MAX_UNPACKED = 256 * 1024 * 1024
MAX_PART = 96 * 1024 * 1024
MAX_PARTS = 20_000

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")


class Related(NamedTuple):
    """What a part refers to. `kind`: the last word of the relation's type; `external`: `target` is an address."""

    kind: str
    target: str
    external: bool


class Package:
    """The parts of one file. Raises Unreadable for one that a password protects, or that unpacks without end."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            raise UnreadableBytes("the file is broken, or not what its name says; open it and save it anew") from error
        held = self._zip.infolist()
        if len(held) > MAX_PARTS or sum(part.file_size for part in held) > MAX_UNPACKED:
            raise UnreadableBytes("unpacks to more than any document holds; split it")
        if any(part.flag_bits & 1 for part in held):
            raise UnreadableBytes("a password protects it; save it without one")
        self.names = frozenset(part.filename for part in held)

    def read(self, name: str) -> bytes:
        """Return a part's bytes, b'' where there is none; the strict dialect's names are those of the usual one."""
        if name not in self.names:
            return b""
        if self._zip.getinfo(name).file_size > MAX_PART:
            raise UnreadableBytes("holds a part that is larger than any document; split it")
        content = self._zip.read(name)
        if b"http://purl.oclc.org/ooxml/" not in content:
            return content
        return _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", content)

    def stream(self, name: str) -> IO[bytes]:
        """Open a part to be read as far as it is wanted: it may be as large as the file may unpack to."""
        if name not in self.names:
            return io.BytesIO()
        with self._zip.open(name) as start:
            strict = b"http://purl.oclc.org/ooxml/" in start.read(4096)
        return io.BytesIO(self.read(name)) if strict else self._zip.open(name)

    def xml(self, name: str) -> etree._Element | None:
        """Return the root of a part; None where there is none, or it is no XML."""
        return parse(self.read(name))

    def related(self, name: str) -> dict[str, Related]:
        """Return what a part refers to, by the ids that it uses for it."""
        folder, _, file = name.rpartition("/")
        root = self.xml(f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels")
        found: dict[str, Related] = {}
        for relation in root.iter(f"{{{RELATIONS}}}Relationship") if root is not None else ():
            target, external = relation.get("Target", ""), relation.get("TargetMode") == "External"
            place = target if external else posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[relation.get("Id", "")] = Related(relation.get("Type", "").rpartition("/")[2], place, external)
        return found

    def main(self) -> str:
        """Return the name of the part that the document starts with."""
        return next((r.target for r in self.related("").values() if r.kind == "officeDocument"), "")

    def chart_texts(self, name: str) -> list[str]:
        """Return the titles of a chart and of its axes."""
        root = self.xml(name)
        titles = root.iter(f"{{{C}}}title") if root is not None else ()
        return [text for title in titles if (text := drawn_text(title))]

    def diagram_texts(self, name: str) -> list[str]:
        """Return the texts of a diagram, box by box."""
        root = self.xml(name)
        boxes = root.iter("{http://schemas.openxmlformats.org/drawingml/2006/diagram}t") if root is not None else ()
        return [text for box in boxes if (text := drawn_text(box))]

    def drawing_texts(self, element: etree._Element, related: dict[str, Related]) -> list[str]:
        """Return what the charts and diagrams say that a drawing refers to."""
        texts: list[str] = []
        for part in element.iter(f"{{{C}}}chart", "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"):
            found = related.get(part.get(f"{{{R}}}id") or part.get(f"{{{R}}}dm") or "")
            if found is not None and not found.external:
                texts += self.chart_texts(found.target) if found.kind == "chart" else self.diagram_texts(found.target)
        return texts


def parse(content: bytes) -> etree._Element | None:
    """Parse XML from outside: no entity is expanded, nothing is fetched, depth and length of texts are bounded."""
    if not content:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, recover=True
    )
    return etree.fromstring(content, parser)


def drawn_text(element: etree._Element) -> str:
    """Return the paragraphs of a drawing's text, a line each."""
    found = ["".join(drawn_runs(paragraph)) for paragraph in element.iter(f"{{{A}}}p")]
    return "\n".join(line for line in found if line.strip())


def drawn_runs(paragraph: etree._Element) -> Iterator[str]:
    for part in paragraph.iter(f"{{{A}}}t", f"{{{A}}}br"):
        yield "\n" if part.tag == f"{{{A}}}br" else part.text or ""


def is_on(value: str | None) -> bool:
    """Whether an attribute of XML Schema's boolean says yes; None where it is not given."""
    return value in ("1", "true", "on")
