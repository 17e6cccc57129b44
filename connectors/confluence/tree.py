"""Storage format as a tree: XHTML with the vendor's own elements, parsed as XML so that no code block is lost."""

import html
import re
from html.entities import html5

from lxml import etree

from connectors.text import clean_text

AC, RI, AT = "urn:ac", "urn:ri", "urn:at"
MAX_COUNT = 4_000_000  # characters of one body; lxml bounds depth and the length of a text by itself

_NAMED = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:([A-Za-z][A-Za-z0-9]*);|(?!#[0-9]+;|#x[0-9A-Fa-f]+;))", re.DOTALL)
_NOT_XML = re.compile("[\ufffe\uffff]")
_TAG = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<[^>]*(?:>|\Z)", re.DOTALL)  # what is left open ends with the text


class Unparsable(ValueError):
    """Neither well-formed nor close to it."""


def parse(storage: str) -> etree._Element:
    """Return the root of the body. No entity is ever read from the document itself, and nothing from outside.

    Raises Unparsable; `words` then gives the text alone.
    """
    whole = f'<root xmlns:ac="{AC}" xmlns:ri="{RI}" xmlns:at="{AT}">{_numbered(_clean(storage))}</root>'
    for recover in (False, True):
        # The body stands inside an element, where no DTD can: there are no entities to expand.
        parser = etree.XMLParser(
            recover=recover,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(whole.encode(), parser)
        except etree.XMLSyntaxError:
            continue
        if root is not None and (not recover or _kept(root, storage)):
            return root
    raise Unparsable


def words(storage: str) -> str:
    """Return the text between the tags, and inside CDATA, of what cannot be parsed."""
    return html.unescape(_TAG.sub(lambda tag: f"\n{tag[1] or ''}\n", _clean(storage)))


def name_of(element: etree._Element) -> str:
    """Return `ac:link`, `ri:page` or `p`: the name as storage format writes it."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    space, brace, local = tag.rpartition("}")
    prefix = {f"{{{AC}": "ac:", f"{{{RI}": "ri:", f"{{{AT}": "at:"}.get(space, "") if brace else ""
    return prefix + local.lower()


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute, by its own name or as `ac:name`, `ri:name`; '' where there is none."""
    for found in (f"{{{AC}}}{name}", f"{{{RI}}}{name}", name):
        value = element.get(found)
        if value is not None:
            return str(value)
    return ""


def child(element: etree._Element, *names: str) -> etree._Element | None:
    return next((found for found in element if name_of(found) in names), None)


def text_of(element: etree._Element | None) -> str:
    return "" if element is None else "".join(str(piece) for piece in element.itertext())


def _clean(storage: str) -> str:
    return _NOT_XML.sub("", clean_text(storage[:MAX_COUNT]))


def _numbered(storage: str) -> str:
    """Write named entities as the characters they are, and what is none as text; in CDATA they mean themselves."""

    def number(match: re.Match[str]) -> str:
        if match[0].startswith("<"):
            return match[0]
        meant = html5.get(f"{match[1]};", match[0]) if match[1] else match[0]
        # By number: a parser that forgives forgets even the names that XML itself has.
        return "".join(f"&#{ord(letter)};" if letter in "&<>" else letter for letter in meant)

    return _NAMED.sub(number, storage)


def _kept(root: etree._Element, storage: str) -> bool:
    """Whether a parser that forgives kept the text, and did not stop halfway."""
    wanted = len(re.findall(r"\w", words(storage)))
    return len(re.findall(r"\w", text_of(root))) >= 0.95 * wanted
