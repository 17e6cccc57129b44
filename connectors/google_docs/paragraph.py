"""What a paragraph of a Google Doc says: styled runs, links, chips, footnotes and pictures, as HTML."""

import html
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from connectors.baseline import lowered, raised
from connectors.http.transport import Json

# fmt: off
MONOSPACE = frozenset({
    "anonymous pro", "consolas", "courier", "courier new", "courier prime", "cousine", "fira code", "inconsolata",
    "jetbrains mono", "lucida console", "menlo", "monaco", "nanum gothic coding", "source code pro", "ubuntu sans mono",
})
# fmt: on
MARKS = (("bold", "strong"), ("italic", "em"), ("strikethrough", "del"))

_OBJECT = "\ue907"  # stands for whatever is no text, as the frame of a code block


class ParagraphReader:
    """Reads the paragraphs of one tab; remembers the footnotes they refer to, in order."""

    def __init__(self, body: Json, url: str) -> None:
        self._body = body
        self._url = url.partition("#")[0].partition("?")[0]
        self._footnotes: dict[str, str] = {}

    def html(self, paragraph: Json, *, plain: bool = False) -> str:
        """Return the paragraph's inner HTML; `plain`: what is emphasised anyway, as a heading, is not marked again."""
        pieces: list[str] = []
        for style, content in self._merged(paragraph):
            pieces.append(self._styled(content, style, plain=plain) if isinstance(style, dict) else content)
        beside = (self._picture("positionedObjects", name) for name in paragraph.get("positionedObjectIds") or ())
        return " ".join(["".join(pieces), *filter(None, beside)])

    def plain(self, paragraph: Json) -> str:
        """Return the text alone, line breaks as they are: code."""
        runs = (content for style, content in self._merged(paragraph) if isinstance(style, dict))
        return "".join(runs).replace("\v", "\n").rstrip("\n")

    def footnotes(self) -> Iterator[tuple[str, Json]]:
        """Yield each footnote that was referred to, with its number."""
        for name, number in self._footnotes.items():
            found = (self._body.get("footnotes") or {}).get(name)
            if isinstance(found, dict):
                yield number, found

    def has_rule(self, paragraph: Json) -> bool:
        return any("horizontalRule" in element for element in _elements(paragraph))

    def is_struck(self, paragraph: Json) -> bool:
        """Whether all of it is struck through, as an editor does with a ticked item."""
        runs = [run for run in _text_runs(paragraph) if run.get("content", "").strip()]
        return bool(runs) and all((run.get("textStyle") or {}).get("strikethrough") for run in runs)

    def _merged(self, paragraph: Json) -> list[tuple[Json | None, str]]:
        """Return runs of one style as one, for the editor splits them anywhere; style None: HTML of its own."""
        found: list[tuple[Json | None, str]] = []
        for element in _elements(paragraph):
            run = element.get("textRun")
            if not isinstance(run, dict):
                found.append((None, self._other(element)))
                continue
            style = _seen(run.get("textStyle") or {})
            content = str(run.get("content") or "").replace(_OBJECT, "").removesuffix("\n")
            if found and found[-1][0] == style:
                found[-1] = (style, found[-1][1] + content)
            else:
                found.append((style, content))
        return found

    def _styled(self, content: str, style: Json, *, plain: bool) -> str:
        inner = content.strip()
        if not inner:
            return _space(content)
        before, _, after = content.partition(inner)
        shown = html.escape(_shifted(inner, style.get("baselineOffset"))).replace("\v", "<br>")
        if style.get("monospace"):
            shown = f"<code>{shown}</code>"
        elif not plain:
            for mark, tag in MARKS:
                shown = f"<{tag}>{shown}</{tag}>" if style.get(mark) else shown
        target = self._target(style.get("link") or {})
        shown = f'<a href="{html.escape(target)}">{shown}</a>' if target else shown
        return f"{_space(before)}{shown}{_space(after)}"

    def _target(self, link: Json) -> str:
        """Return where the link leads: an address, or a place in this document."""
        if link.get("url"):
            return _unwrapped(str(link["url"]), self._url)
        for kind in ("heading", "bookmark"):
            place = link.get(kind) or {}
            name = place.get("id") or link.get(f"{kind}Id")
            if name:
                tab = f"?tab={place['tabId']}" if place.get("tabId") else ""
                return f"{self._url}{tab}#{kind}={name}"
        return f"{self._url}?tab={link['tabId']}" if link.get("tabId") else ""

    def _other(self, element: Json) -> str:
        """Return the HTML of what is not a run of text; '' for what says nothing, as a page break."""
        if "footnoteReference" in element:
            reference = element["footnoteReference"]
            number = str(reference.get("footnoteNumber") or len(self._footnotes) + 1)
            self._footnotes[str(reference.get("footnoteId"))] = number
            return html.escape(f"[^{number}]")
        if "inlineObjectElement" in element:
            return self._picture("inlineObjects", str(element["inlineObjectElement"].get("inlineObjectId")))
        if "equation" in element:
            return "[equation]"  # the vendor shows nothing of what it says
        return self._chip(element)

    def _chip(self, element: Json) -> str:
        if "person" in element:
            known = element["person"].get("personProperties") or {}
            return html.escape(str(known.get("name") or known.get("email") or ""))
        if "dateElement" in element:
            known = element["dateElement"].get("dateElementProperties") or {}
            return html.escape(str(known.get("displayText") or known.get("timestamp") or ""))
        if "dropdown" in element:
            return html.escape(self._chosen(element["dropdown"].get("dropdownProperties") or {}))
        if "richLink" in element:
            known = element["richLink"].get("richLinkProperties") or {}
            target, title = str(known.get("uri") or ""), str(known.get("title") or known.get("uri") or "")
            return f'<a href="{html.escape(target)}">{html.escape(title)}</a>' if target else html.escape(title)
        return ""

    def _chosen(self, properties: Json) -> str:
        """Return what a dropdown shows; where it does not say, its definition does."""
        if properties.get("displayValue"):
            return str(properties["displayValue"])
        definitions: Json = self._body.get("dropdownDefinitions") or {}
        definition = definitions.get(str(properties.get("dropdownDefinitionId"))) or {}
        for option in (definition.get("dropdownDefinitionProperties") or {}).get("options") or ():
            if option.get("optionId") == properties.get("selectedOptionId"):
                return str(option.get("displayValue") or "")
        return ""

    def _picture(self, where: str, name: str) -> str:
        """Return a picture's alternative text: its address lives for half an hour, and only for who asked."""
        held = (self._body.get(where) or {}).get(name) or {}
        if is_proposed(held):
            return ""
        properties = held.get("inlineObjectProperties") or held.get("positionedObjectProperties") or {}
        embedded = properties.get("embeddedObject") or {}
        parts = (" ".join(str(embedded.get(part) or "").split()) for part in ("title", "description"))
        told = ". ".join(dict.fromkeys(part for part in parts if part))
        return html.escape(f"[Image: {told}]") if told else ""


def is_proposed(part: Json) -> bool:
    """Whether it is an insertion that somebody only suggests."""
    return bool(part.get("suggestedInsertionIds") or part.get("suggestedInsertionId"))


def is_verbatim(paragraph: Json) -> bool:
    """Whether the whole paragraph is in a typewriter's letters: code."""
    runs = [run for run in _text_runs(paragraph) if str(run.get("content") or "").strip(f" \t\n\v{_OBJECT}")]
    others = [element for element in _elements(paragraph) if "textRun" not in element]
    if not runs:
        return not others and any(_is_monospace(run.get("textStyle") or {}) for run in _text_runs(paragraph))
    return not others and all(_is_monospace(run.get("textStyle") or {}) for run in runs)


def _elements(paragraph: Json) -> list[Json]:
    """Return the elements that a reader sees."""
    found = paragraph.get("elements") or ()
    return [
        element
        for element in found
        if isinstance(element, dict)
        and not any(isinstance(part, dict) and is_proposed(part) for part in element.values())
    ]


def _text_runs(paragraph: Json) -> list[Json]:
    return [element["textRun"] for element in _elements(paragraph) if isinstance(element.get("textRun"), dict)]


def _seen(style: Json) -> Json:
    """Return only what we show of a style, so that runs that differ in colour are one."""
    kept = {mark: True for mark, _ in MARKS if style.get(mark)}
    if _is_monospace(style):
        kept["monospace"] = True
    for name in ("link", "baselineOffset"):
        if style.get(name) and style[name] != "NONE":
            kept[name] = style[name]
    return kept


def _is_monospace(style: Json) -> bool:
    family = str((style.get("weightedFontFamily") or {}).get("fontFamily") or "").lower()
    return family in MONOSPACE or family.endswith(" mono")


def _shifted(content: str, offset: object) -> str:
    """Return what is raised or lowered as such: m² is not m2."""
    if offset == "SUPERSCRIPT":
        return raised(content)
    return lowered(content) if offset == "SUBSCRIPT" else content


def _space(text: str) -> str:
    return text.replace("\v", "<br>")


def _unwrapped(url: str, base: str) -> str:
    """Return where a link really leads: Google wraps some in an address of its own."""
    if url.startswith("#"):
        return base + url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.netloc == "www.google.com" and parts.path == "/url":
        return next(iter(parse_qs(parts.query).get("q", [])), url)
    return url
