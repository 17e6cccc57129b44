"""MathML as one line of text."""

from collections.abc import Callable
from typing import Final

from selectolax.lexbor import LexborNode

from connectors import formula

_SECOND_TELLING: Final = frozenset(("annotation", "annotation-xml"))  # the same formula for other programs


def text_of(node: LexborNode) -> str:
    """Return what a formula, or a part of one, says."""
    parts = [text_of(child) for child in node.iter() if child.tag not in _SECOND_TELLING]
    if not parts:
        return node.text(deep=True).strip()
    write = _WRITERS.get(str(node.tag))
    return write([*parts, "", ""]) if write is not None else _SEPARATORS.get(str(node.tag), "").join(parts)


_SEPARATORS: Final = {"mtr": ", ", "mtable": "; "}
_WRITERS: Final[dict[str, Callable[[list[str]], str]]] = {
    "mfrac": lambda parts: formula.fraction(parts[0], parts[1]),
    "msup": lambda parts: formula.power(parts[0], parts[1]),
    "mover": lambda parts: formula.power(parts[0], parts[1]),
    "msub": lambda parts: formula.indexed(parts[0], parts[1]),
    "munder": lambda parts: formula.indexed(parts[0], parts[1]),
    "msubsup": lambda parts: formula.power(formula.indexed(parts[0], parts[1]), parts[2]),
    "munderover": lambda parts: formula.power(formula.indexed(parts[0], parts[1]), parts[2]),
    "msqrt": lambda parts: formula.root("".join(parts)),
    "mroot": lambda parts: formula.root(parts[0], parts[1]),
}
