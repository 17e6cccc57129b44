"""Word: what a reader sees of a document, put into the few elements that the converter knows."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from copy import deepcopy

from lxml import etree

from connectors.readers import omml
from connectors.readers.outcome import ReadOutcome
from connectors.readers.package import MC, Package, R, Related, is_on

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
V = "urn:schemas-microsoft-com:vml"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
NOTES = ("footnotes", "endnotes")
STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
p[style-name='List Bullet 2'] => ul|ol > li > ul > li:fresh
p[style-name='List Bullet 3'] => ul|ol > li > ul|ol > li > ul > li:fresh
p[style-name='List Number 2'] => ul|ol > li > ol > li:fresh
p[style-name='List Number 3'] => ul|ol > li > ul|ol > li > ol > li:fresh
"""
"""What Word's own styles mean, where the converter does not know; their names are English in every language of Word."""
PAGE_FIELDS = ("PAGE", "NUMPAGES", "SECTIONPAGES", "DATE", "TIME", "FILENAME")


def read(content: bytes) -> ReadOutcome:
    """Return the document as HTML: hidden and deleted text is left out, formulas and drawn texts are text."""
    import mammoth

    package = Package(content)
    main = package.main()
    document = package.xml(main)
    related = package.related(main)
    if document is None:
        return ReadOutcome(problem="holds no document")
    hidden = _Hidden(package.xml(next((r.target for r in related.values() if r.kind == "styles"), "")))
    changed: dict[str, bytes] = {}
    for part in [r.target for r in related.values() if r.kind in NOTES]:
        notes = package.xml(part)
        if notes is not None:
            _simplify(package, notes, package.related(part), hidden)
            changed[part] = etree.tostring(notes)
    _simplify(package, document, related, hidden)
    _add_margins(package, document, related, hidden)
    changed[main] = etree.tostring(document)
    inserted = any(r.kind == "aFChunk" for r in related.values())
    picture = mammoth.images.img_element(lambda _: {})
    found = mammoth.convert_to_html(_zipped(package, changed), convert_image=picture, style_map=STYLES)
    return ReadOutcome(
        html=str(found.value), problem="a document that is inserted as a file is left out" if inserted else ""
    )


class _Hidden:
    """Tells runs that no reader sees, by themselves or by their styles."""

    def __init__(self, styles: etree._Element | None) -> None:
        self._own: dict[str, bool | None] = {}
        self._based: dict[str, str] = {}
        self._default = ""
        for style in styles.iter(_w("style")) if styles is not None else ():
            name = style.get(_w("styleId"), "")
            self._own[name] = _is_set(style.find(_w("rPr")), "vanish")
            above = style.find(_w("basedOn"))
            self._based[name] = above.get(_w("val"), "") if above is not None else ""
            if style.get(_w("type")) == "paragraph" and is_on(style.get(_w("default"))):
                self._default = name

    def __call__(self, run: etree._Element) -> bool:
        properties = run.find(_w("rPr"))
        own = _is_set(properties, "vanish")
        if own is not None:
            return own
        style = properties.find(_w("rStyle")) if properties is not None else None
        if style is not None and (by_style := self._by_style(style.get(_w("val"), ""))) is not None:
            return by_style
        paragraph = next(run.iterancestors(_w("p")), None)
        named = paragraph.find(f"{_w('pPr')}/{_w('pStyle')}") if paragraph is not None else None
        return bool(self._by_style(named.get(_w("val"), "") if named is not None else self._default))

    def _by_style(self, name: str) -> bool | None:
        for _ in range(20):  # styles that are based on each other
            found = self._own.get(name)
            if found is not None or name not in self._based:
                return found
            name = self._based[name]
        return None


def _is_set(properties: etree._Element | None, name: str) -> bool | None:
    """Whether properties switch something on; None where they do not say."""
    found = properties.find(_w(name)) if properties is not None else None
    return None if found is None else found.get(_w("val"), "1") not in ("0", "false", "off")


def _simplify(package: Package, root: etree._Element, related: dict[str, Related], hidden: _Hidden) -> None:
    """Take away what is not seen, and write what the converter does not know in what it knows."""
    for row in list(root.iter(_w("tr"))):
        properties = row.find(_w("trPr"))
        deleted = properties is not None and properties.find(_w("del")) is not None
        if deleted or _is_set(properties, "hidden"):
            _remove(row)
    for element in list(root.iter(_w("del"), _w("moveFrom"), _w("commentReference"), _w("delText"))):
        _remove(element)
    for run in [run for run in root.iter(_w("r")) if hidden(run)]:
        _remove(run)
    for choice in list(root.iter(f"{{{MC}}}AlternateContent")):
        _choose(choice)
    for formula in list(root.iter(f"{{{omml.M}}}oMath")):
        _replace(formula, [_run(omml.text_of(formula))])
    for block in list(root.iter(f"{{{omml.M}}}oMathPara")):
        _replace(block, list(block.iter(_w("r"))))
    for drawing in list(root.iter(_w("drawing"))):
        _write_drawing(package, drawing, related)
    for end in root.iter(_w("cr")):
        end.tag = _w("br")


def _choose(alternatives: etree._Element) -> None:
    """Keep one of two tellings of the same: the newer where it holds text, which the converter reads as the older."""
    newer, older = alternatives.find(f"{{{MC}}}Choice"), alternatives.find(f"{{{MC}}}Fallback")
    chosen = older if newer is None or (older is not None and newer.find(f".//{_w('drawing')}") is None) else newer
    _replace(alternatives, list(chosen) if chosen is not None else [])


def _write_drawing(package: Package, drawing: etree._Element, related: dict[str, Related]) -> None:
    """Write the text of boxes, charts and diagrams; a picture stays, for what it is called."""
    properties = drawing.find(f".//{{{WP}}}docPr")
    if properties is not None and is_on(properties.get("hidden")):
        _remove(drawing)
        return
    boxes = list(drawing.iter(_w("txbxContent")))
    texts = package.drawing_texts(drawing, related)
    if not boxes and not texts:
        return
    if texts:
        content = etree.Element(_w("txbxContent"))
        content.extend(_paragraph(line) for text in texts for line in text.split("\n"))
        boxes.append(content)
    frames = []
    for box in boxes:
        picture = etree.Element(_w("pict"))
        etree.SubElement(etree.SubElement(picture, f"{{{V}}}shape"), f"{{{V}}}textbox").append(box)
        frames.append(picture)
    _replace(drawing, frames)


def _add_margins(package: Package, document: etree._Element, related: dict[str, Related], hidden: _Hidden) -> None:
    """Put what the headers say before the text, and what the footers say behind it, each once."""
    body = document.find(_w("body"))
    if body is None:
        return
    above, below = dict[str, None](), dict[str, None]()
    for reference in document.iter(_w("headerReference"), _w("footerReference")):
        part = related.get(reference.get(f"{{{R}}}id", ""))
        root = package.xml(part.target) if part is not None and _is_shown(package, reference, related) else None
        if part is not None and root is not None:
            _simplify(package, root, package.related(part.target), hidden)
            lines = above if reference.tag == _w("headerReference") else below
            lines.update(dict.fromkeys(_lines(root)))
    for place, line in enumerate(above):
        body.insert(place, _paragraph(line))
    body.extend(_paragraph(line) for line in below)


def _is_shown(package: Package, reference: etree._Element, related: dict[str, Related]) -> bool:
    """Whether any page shows it: those of first and even pages only where the document has such."""
    kind = reference.get(_w("type"), "default")
    if kind == "first":
        section = reference.getparent()
        return section is not None and section.find(_w("titlePg")) is not None
    if kind == "even":
        settings = package.xml(next((r.target for r in related.values() if r.kind == "settings"), ""))
        return settings is not None and settings.find(_w("evenAndOddHeaders")) is not None
    return True


def _lines(root: etree._Element) -> Iterator[str]:
    """Yield the paragraphs that say something besides the number of the page."""
    for field in list(root.iter(_w("fldSimple"))):
        if (field.get(_w("instr"), "").split() or [""])[0].upper() in PAGE_FIELDS:
            _remove(field)
    for paragraph in root.iter(_w("p")):
        text = "".join(_said(paragraph)).strip()
        if sum(1 for letter in text if letter.isalpha()) > len("Page of"):
            yield text


def _said(paragraph: etree._Element) -> Iterator[str]:
    """Yield the pieces of a paragraph, without what fields of pages and dates showed when it was last saved."""
    instruction, showing = "", True
    for part in paragraph.iter(_w("t"), _w("tab"), _w("br"), _w("fldChar"), _w("instrText")):
        if part.tag == _w("fldChar"):
            kind = part.get(_w("fldCharType"))
            instruction = "" if kind == "begin" else instruction
            showing = kind != "separate" or (instruction.split() or [""])[0].upper() not in PAGE_FIELDS
        elif part.tag == _w("instrText"):
            instruction += part.text or ""
        elif showing:
            yield (part.text or "") if part.tag == _w("t") else " "


def _paragraph(text: str) -> etree._Element:
    paragraph = etree.Element(_w("p"))
    paragraph.append(_run(text))
    return paragraph


def _run(text: str) -> etree._Element:
    run = etree.Element(_w("r"))
    held = etree.SubElement(run, _w("t"))
    held.text = text
    held.set(XML_SPACE, "preserve")
    return run


def _replace(element: etree._Element, others: Iterable[etree._Element]) -> None:
    above = element.getparent()
    if above is None:
        return
    place = above.index(element)
    for other in reversed(list(others)):
        copy = deepcopy(other)
        copy.tail = None
        above.insert(place, copy)
    _remove(element)


def _remove(element: etree._Element) -> None:
    above = element.getparent()
    if above is not None:
        above.remove(element)


def _zipped(package: Package, changed: dict[str, bytes]) -> io.BytesIO:
    """The file anew with these parts changed; pictures and fonts, which nobody reads here, stay out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in sorted(package.names):
            if name in changed or name.endswith((".xml", ".rels")):
                packed.writestr(name, changed[name] if name in changed else package.read(name))
    out.seek(0)
    return out


def _w(name: str) -> str:
    return f"{{{W}}}{name}"
