"""Formulas as one line of text: a fraction keeps its two halves apart, a power is no digit of its base."""

import re

from connectors.baseline import lowered, raised

_SIMPLE = re.compile(r"[\w.,²³⁰-⁹₀-₉]*")


def fraction(above: str, below: str) -> str:
    return f"{grouped(above)}/{grouped(below)}"


def power(base: str, exponent: str) -> str:
    return f"{grouped(base)}{raised(exponent)}"


def indexed(base: str, index: str) -> str:
    return f"{base}{lowered(index)}"


def root(inner: str, degree: str = "") -> str:
    return f"{raised(degree)}√{grouped(inner)}"


def grouped(part: str) -> str:
    """Return a part of a formula so that it stays one."""
    part = part.strip()
    return part if _SIMPLE.fullmatch(part) else f"({part})"
