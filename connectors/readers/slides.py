"""PowerPoint: what an audience sees, slide by slide; hidden slides and shapes are left out."""

import html
from collections.abc import Iterator

from lxml import etree

from connectors.baseline import lowered, raised
from connectors.readers import omml
from connectors.readers.outcome import MAX_LENGTH, ReadOutcome, paragraphs
from connectors.readers.package import MC, A, Package, R, Related, is_on

P = "http://schemas.openxmlformats.org/presentationml/2006/main"
SHAPES = frozenset(("sp", "graphicFrame", "pic", "cxnSp", "contentPart"))
UNSAID = frozenset(("sldNum", "dt"))  # placeholders for a slide's number and the date


def read(content: bytes, *, speaker_notes: bool) -> ReadOutcome:
    """Read the slides in their order. `speaker_notes`: what the speaker reads is text too."""
    package = Package(content)
    main = package.main()
    root, related = package.xml(main), package.related(main)
    pieces: list[str] = []
    number = hidden = length = 0
    for listed in root.iter(f"{{{P}}}sldId") if root is not None else ():
        slide = related.get(listed.get(f"{{{R}}}id", ""))
        shown = package.xml(slide.target) if slide is not None else None
        if slide is None or shown is None:
            continue
        number += 1
        if shown.get("show") is not None and not is_on(shown.get("show")):
            hidden += 1
            continue
        pieces.append(_slide(package, slide.target, shown, number, speaker_notes=speaker_notes))
        length += len(pieces[-1])
        if length > MAX_LENGTH:
            return ReadOutcome(html="".join(pieces), problem=f"only the first {number} slides were read")
    return ReadOutcome(html="".join(pieces))


def _slide(package: Package, name: str, slide: etree._Element, number: int, *, speaker_notes: bool) -> str:
    related = package.related(name)
    shapes = list(_shapes(slide.find(f"{{{P}}}cSld/{{{P}}}spTree")))
    title = next((shape for shape in shapes if _placeholder(shape) in ("title", "ctrTitle")), None)
    heading = " ".join(" ".join(text for _, text in _lines(title)).split()) if title is not None else ""
    heading = heading.replace("<br>", " ") or f"Slide {number}"
    pieces = [f"<h2>{heading}</h2>"]
    pieces += [_shape(package, shape, related) for shape in shapes if shape is not title]
    if speaker_notes:
        pieces += _notes(package, related)
    return "".join(pieces)


def _notes(package: Package, related: dict[str, Related]) -> list[str]:
    notes = next((found for found in related.values() if found.kind == "notesSlide"), None)
    page = package.xml(notes.target) if notes is not None else None
    if page is None:
        return []
    bodies = [shape for shape in _shapes(page.find(f"{{{P}}}cSld/{{{P}}}spTree")) if _placeholder(shape) == "body"]
    return [f"<p>{text}</p>" for shape in bodies for _, text in _lines(shape)]


def _shapes(tree: etree._Element | None) -> Iterator[etree._Element]:
    """Yield the shapes that are shown, those of groups and of newer dialects included."""
    for shape in tree if tree is not None else ():
        name = etree.QName(shape).localname if isinstance(shape.tag, str) else ""
        if name == "AlternateContent":
            yield from _shapes(next(iter(shape.findall(f"{{{MC}}}Choice")), None))
        elif name == "grpSp":
            if not _is_hidden(shape):
                yield from _shapes(shape)
        elif name in SHAPES and not _is_hidden(shape) and _placeholder(shape) not in UNSAID:
            yield shape


def _is_hidden(shape: etree._Element) -> bool:
    properties = shape.find(f"*/{{{P}}}cNvPr")
    return properties is not None and is_on(properties.get("hidden"))


def _placeholder(shape: etree._Element) -> str:
    found = shape.find(f"*/{{{P}}}nvPr/{{{P}}}ph")
    return found.get("type", "body") if found is not None else ""


def _shape(package: Package, shape: etree._Element, related: dict[str, Related]) -> str:
    grid = shape.find(f".//{{{A}}}tbl")
    if grid is not None:
        return _table(grid)
    lines = _lines(shape)
    drawn = paragraphs(package.drawing_texts(shape, related))
    if len(lines) == 1:
        return f"<p>{lines[0][1]}</p>{drawn}"
    return _nested(lines) + drawn


def _table(grid: etree._Element) -> str:
    """A table with what is merged said once, for what makes tables plain repeats it."""
    rows = []
    for number, row in enumerate(grid.iter(f"{{{A}}}tr")):
        tag = "td" if number else "th"
        cells = [
            cell for cell in row.iter(f"{{{A}}}tc") if not (is_on(cell.get("hMerge")) or is_on(cell.get("vMerge")))
        ]
        spans = [f' rowspan="{cell.get("rowSpan", "1")}" colspan="{cell.get("gridSpan", "1")}"' for cell in cells]
        texts = ["<br>".join(text for _, text in _lines(cell)) for cell in cells]
        rows.append("".join(f"<{tag}{span}>{text}</{tag}>" for span, text in zip(spans, texts, strict=True)))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _lines(shape: etree._Element) -> list[tuple[int, str]]:
    """The paragraphs that say something, with their levels, as HTML."""
    found = []
    for paragraph in shape.iter(f"{{{A}}}p"):
        properties = paragraph.find(f"{{{A}}}pPr")
        level = properties.get("lvl", "0") if properties is not None else "0"
        text = "".join(_runs(paragraph)).strip()
        if text.replace("<br>", "").strip():
            found.append((int(level) if level.isdecimal() and len(level) == 1 else 0, text))
    return found


def _runs(paragraph: etree._Element) -> Iterator[str]:
    for part in paragraph:
        name = etree.QName(part).localname if isinstance(part.tag, str) else ""
        if name == "br":
            yield "<br>"
        elif name in ("r", "fld"):
            yield _run(part)
        elif name == "AlternateContent":
            yield "".join(_runs(next(iter(part.findall(f"{{{MC}}}Choice")), part)))
        elif name == "m":
            yield html.escape("".join(omml.text_of(formula) for formula in part))


def _run(run: etree._Element) -> str:
    text = run.findtext(f"{{{A}}}t") or ""
    properties = run.find(f"{{{A}}}rPr")
    shift = properties.get("baseline", "0") if properties is not None else "0"
    if shift not in ("0", "0%"):
        text = lowered(text) if shift.startswith("-") else raised(text)
    return html.escape(text).replace("\v", "<br>").replace("_x000B_", "<br>")


def _nested(lines: list[tuple[int, str]]) -> str:
    """Lines and their levels as lists in lists; a level that is skipped makes no list of its own."""
    pieces, open_levels = [], list[int]()
    for level, text in lines:
        while open_levels and open_levels[-1] > level:
            pieces.append("</li></ul>")
            open_levels.pop()
        if open_levels and open_levels[-1] == level:
            pieces.append("</li>")
        else:
            pieces.append("<ul>")
            open_levels.append(level)
        pieces.append(f"<li>{text}")
    return "".join(pieces) + "</li></ul>" * len(open_levels)
