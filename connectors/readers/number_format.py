"""Numbers of a spreadsheet as its format codes show them: 0.15 as `0.0%` is 15.0%."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Final

from connectors.readers import date_format

GENERAL: Final = "General"
MAX_CODE = 255  # characters of a format, as Excel has it
# fmt: off
BUILT_IN: Final = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0;("$"#,##0)', 6: '"$"#,##0;("$"#,##0)',
    7: '"$"#,##0.00;("$"#,##0.00)', 8: '"$"#,##0.00;("$"#,##0.00)', 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 41: '#,##0;(#,##0);"-";@', 42: '"$"#,##0;("$"#,##0);"-";@',
    43: '#,##0.00;(#,##0.00);"-";@', 44: '"$"#,##0.00;("$"#,##0.00);"-";@', 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy-mm-dd"),  # dates whose looks depend on the reader
}
# fmt: on
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*+)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]\[-]*+)[^\]\[]*+\]|\[(?P<elapsed>h+|m+|s+)\]'
    r"|\[(?P<condition>[<>=]+-?[0-9.]+)\]|\[[^\]\[]*+\]|(?P<general>General|Standard)|(?P<noon>AM/PM|A/P)"
    r"|(?P<power>E[+-])|(?P<date>y+|m+|d+|h+|s+|e+|b+|g+)|(?P<digit>[0#?])|(?P<sign>[.,%/@])|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class FormatToken:
    """One piece of a code. `kind`: literal, elapsed, condition, general, noon, power, date, digit or sign."""

    kind: str
    text: str


Section = tuple[FormatToken, ...]


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """Return a number as its format shows it. A code that we do not understand shows the plain number."""
    if len(code) > MAX_CODE or not isfinite(value):
        return plain(value)
    sections = _sections(code)
    section, magnitude, sign = _chosen(sections, value)
    kinds = {token.kind for token in section}
    if kinds & {"date", "elapsed", "noon"}:
        return date_format.shown(value, [(t.kind, t.text) for t in section], since_1904=since_1904) or plain(value)
    if "general" in kinds or FormatToken("sign", "@") in section:
        return sign + "".join(plain(magnitude) if t.kind in ("general", "sign") else t.text for t in section)
    if not kinds & {"digit", "sign"}:
        return sign + "".join(token.text for token in section) if section else ""
    try:
        return sign + _number(section, Decimal(repr(magnitude)))
    except (InvalidOperation, ValueError, OverflowError):
        return plain(value)


def shown_text(text: str, code: str) -> str:
    """Return a text as its format shows it."""
    if len(code) > MAX_CODE or ("@" not in code and code.count(";") < 3):
        return text
    sections = _sections(code)
    section = sections[3] if len(sections) > 3 else sections[-1]
    if not any(token == FormatToken("sign", "@") for token in section):
        return "".join(token.text for token in section) if len(sections) > 3 else text
    return "".join(text if token == FormatToken("sign", "@") else token.text for token in section)


def plain(value: float) -> str:
    """Return a number as a spreadsheet shows it without a format, with the digits that it really has."""
    if not isfinite(value):
        return str(value)
    digits = f"{value:.15g}"
    if "e" not in digits:
        return digits
    return format(Decimal(digits), "f") if 1e-10 < abs(value) < 1e21 else digits.upper()


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[Section, ...]:
    sections, section = list[Section](), list[FormatToken]()
    for found in _TOKEN.finditer(code):
        if found["plain"] == ";":
            sections.append(tuple(section))
            section = []
            continue
        token = _token(found)
        if token is not None:
            section.append(token)
    return (*sections, tuple(section))


def _token(found: re.Match[str]) -> FormatToken | None:
    for kind in ("elapsed", "condition", "general", "noon", "power", "date", "digit", "sign"):
        if found[kind] is not None:
            return FormatToken(kind, found[kind])
    literal = found["quoted"] or found["escaped"] or found["currency"] or found["plain"] or ""
    if not literal and found[0].startswith("_"):
        literal = " "
    return FormatToken("literal", literal) if literal else None


def _chosen(sections: tuple[Section, ...], value: float) -> tuple[Section, float, str]:
    """The section for the value, the value that it shows, and the sign before it."""
    conditions = [next((t.text for t in section if t.kind == "condition"), "") for section in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if not condition or _holds(value, condition):
                return section, abs(value), "-" if value < 0 else ""
        return sections[-1], abs(value), "-" if value < 0 else ""
    if len(sections) == 1 or (len(sections) == 2 and sections[1] and all(t.text == "@" for t in sections[1])):
        return sections[0], abs(value), "-" if value < 0 else ""
    if value < 0:
        return sections[1], -value, ""
    if value == 0 and len(sections) > 2:
        return sections[2], 0.0, ""
    return sections[0], value, ""


def _holds(value: float, condition: str) -> bool:
    operator, bound = re.fullmatch(r"([<>=]+)(.*)", condition).groups()  # type: ignore[union-attr]  # the token's own shape
    limit = float(bound) if bound.strip("-.") else 0.0
    match operator:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "<>":
            return value != limit
    return value == limit


def _number(section: Section, value: Decimal) -> str:
    value *= Decimal(100) ** sum(1 for token in section if token.text == "%" and token.kind == "sign")
    kinds = [token.kind for token in section]
    if "power" in kinds:
        return _scientific(section, value)
    if any(token == FormatToken("sign", "/") for token in section):
        return _fraction(section, value)
    point = next((place for place, token in enumerate(section) if token == FormatToken("sign", ".")), len(section))
    last = max((place for place, kind in enumerate(kinds) if kind == "digit"), default=-1)
    for token in section[last + 1 :]:
        if token == FormatToken("sign", ","):  # a comma after the last digit leaves out three of them
            value /= 1000
    places = sum(1 for kind in kinds[point:] if kind == "digit")
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, decimals = format(rounded, "f").partition(".")
    return _whole(section[:point], whole) + _decimals(section[point:], decimals)


def _whole(section: Section, digits: str) -> str:
    """Digits before the point, from right to left; the first place takes all that are left."""
    digits = digits.lstrip("0")
    grouped = _is_grouped(section)
    first = next((place for place, token in enumerate(section) if token.kind == "digit"), -1)
    pieces: list[str] = []
    used = 0

    def put(digit: str) -> None:
        nonlocal used
        if grouped and used and used % 3 == 0:
            pieces.append(",")
        pieces.append(digit)
        used += 1

    for place in range(len(section) - 1, -1, -1):
        token = section[place]
        if token.kind == "digit":
            if digits:
                put(digits[-1])
                digits = digits[:-1]
            elif token.text == "0":
                put("0")
            while place == first and digits:
                put(digits[-1])
                digits = digits[:-1]
        elif token.kind == "literal" or token.text in "%@":
            pieces.append(token.text[::-1])
    return "".join(pieces)[::-1]


def _is_grouped(section: Section) -> bool:
    places = [place for place, token in enumerate(section) if token.kind == "digit"]
    return bool(places) and any(token == FormatToken("sign", ",") for token in section[places[0] : places[-1]])


def _decimals(section: Section, digits: str) -> str:
    places = [token.text for token in section if token.kind == "digit"]
    kept = digits
    while kept and places and places[len(kept) - 1] in "#?" and kept[-1] == "0":
        kept = kept[:-1]
    pieces, used = list[str](), 0
    for token in section:
        if token == FormatToken("sign", "."):
            pieces.append("." if kept else "")
        elif token.kind == "digit":
            pieces.append(kept[used : used + 1])
            used += 1
        elif token.kind == "literal" or token.text in "%@":
            pieces.append(token.text)
    return "".join(pieces)


def _scientific(section: Section, value: Decimal) -> str:
    power = next(place for place, token in enumerate(section) if token.kind == "power")
    point = next((place for place, token in enumerate(section) if token == FormatToken("sign", ".")), power)
    places = sum(1 for token in section[point:power] if token.kind == "digit")
    mantissa, _, exponent = f"{value:.{places}E}".partition("E")
    width = sum(1 for token in section[power:] if token.kind == "digit")
    sign = "-" if exponent.startswith("-") else "+" if section[power].text.endswith("+") else ""
    return f"{mantissa}E{sign}{exponent.lstrip('+-').zfill(width)}"


def _fraction(section: Section, value: Decimal) -> str:
    slash = section.index(FormatToken("sign", "/"))
    after = [token for token in section[slash + 1 :] if token.kind == "digit"]
    fixed = "".join(token.text for token in section[slash + 1 :] if token.kind == "literal" and token.text.isdecimal())
    exact = Fraction(value)
    most = 10 ** max(1, min(len(after), 6)) - 1
    near = Fraction(round(exact * int(fixed)), int(fixed)) if fixed else exact.limit_denominator(most)
    whole, rest = divmod(near.numerator, near.denominator)
    if sum(1 for token in section[:slash] if token.kind == "digit") < 2:
        return f"{near.numerator}/{near.denominator}"
    part = f"{rest}/{near.denominator}" if rest else ""
    return " ".join(filter(None, (str(whole) if whole or not rest else "", part)))
