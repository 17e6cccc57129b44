"""Formulas of Office files as one line of text."""

from collections.abc import Callable
from typing import Final

from lxml import etree

from connectors import formula

M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def text_of(element: etree._Element) -> str:
    """Return what a formula, or a part of one, says."""
    name = etree.QName(element).localname if isinstance(element.tag, str) else ""
    if name == "t":
        return element.text or ""
    write = _WRITERS.get(name, _inner)
    return write(element)


def _inner(element: etree._Element) -> str:
    return "".join(text_of(part) for part in element if not _is_property(part))


def _fraction(element: etree._Element) -> str:
    return formula.fraction(_part(element, "num"), _part(element, "den"))


def _power(element: etree._Element) -> str:
    return formula.power(_part(element, "e"), _part(element, "sup"))


def _indexed(element: etree._Element) -> str:
    return formula.indexed(_part(element, "e"), _part(element, "sub"))


def _both(element: etree._Element) -> str:
    return formula.power(_indexed(element), _part(element, "sup"))


def _root(element: etree._Element) -> str:
    return formula.root(_part(element, "e"), _part(element, "deg"))


def _sum(element: etree._Element) -> str:
    """A sum, product or integral with its limits."""
    under, over = _part(element, "sub"), _part(element, "sup")
    limits = (f"_({under})" if under else "") + (f"^({over})" if over else "")
    return f"{_property(element, 'chr', '∫')}{limits} {_part(element, 'e')}"


def _bracketed(element: etree._Element) -> str:
    inner = ", ".join(text_of(part) for part in element.findall(f"{{{M}}}e"))
    return f"{_property(element, 'begChr', '(')}{inner}{_property(element, 'endChr', ')')}"


def _matrix(element: etree._Element) -> str:
    return "; ".join(", ".join(map(text_of, row)) for row in element.findall(f"{{{M}}}mr"))


def _part(element: etree._Element, name: str) -> str:
    found = element.find(f"{{{M}}}{name}")
    return text_of(found) if found is not None else ""


def _property(element: etree._Element, name: str, otherwise: str) -> str:
    found = element.find(f"*/{{{M}}}{name}")
    return (found.get(f"{{{M}}}val") or "") if found is not None else otherwise


def _is_property(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).localname.endswith("Pr")


_WRITERS: Final[dict[str, Callable[[etree._Element], str]]] = {
    "f": _fraction,
    "sSup": _power,
    "sSub": _indexed,
    "sSubSup": _both,
    "rad": _root,
    "nary": _sum,
    "d": _bracketed,
    "m": _matrix,
}
