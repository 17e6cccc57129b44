"""The shapes of requests: small checks, put together like the vendor's schemas, that refuse in the vendor's words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.http import Problem

Check = Callable[[Any, str], None]
"""Takes a value and its parameter's name; raises Problem."""


def refused(
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """How the vendor refuses: `{"error": {"message", "type", "param", "code"}}`."""
    return Problem(status, {"error": {"message": message, "type": kind, "param": param, "code": code}}, headers)


def invalid(message: str, param: str, code: str = "invalid_value") -> Problem:
    return refused(400, message, param=param, code=code)


def missing(noun: str, unknown: str, param: str) -> Problem:
    return refused(404, f"No {noun} found with id '{unknown}'.", param=param)


def text(least: int = 0, most: int | None = None) -> Check:
    def check(value: Any, name: str) -> None:
        _expect(isinstance(value, str), value, name, "a string")
        if len(value) < least:
            raise invalid(
                f"Invalid '{name}': string too short, minimum length {least}.", name, "string_below_min_length"
            )
        if most is not None and len(value) > most:
            raise invalid(f"Invalid '{name}': string too long, maximum length {most}.", name, "string_above_max_length")

    return check


def number(least: float | None = None, most: float | None = None, *, whole: bool = False) -> Check:
    kinds = int if whole else int | float

    def check(value: Any, name: str) -> None:
        right = isinstance(value, kinds) and not isinstance(value, bool)
        _expect(right, value, name, "an integer" if whole else "a number")
        if least is not None and value < least:
            raise invalid(
                f"Invalid '{name}': expected a value >= {least}, got {value}.", name, "integer_below_min_value"
            )
        if most is not None and value > most:
            raise invalid(
                f"Invalid '{name}': expected a value <= {most}, got {value}.", name, "integer_above_max_value"
            )

    return check


def integer(least: int | None = None, most: int | None = None) -> Check:
    return number(least, most, whole=True)


def boolean(value: Any, name: str) -> None:
    _expect(isinstance(value, bool), value, name, "a boolean")


def anything(value: Any, name: str) -> None:
    """Accept what the schema leaves open, or what we have no use for."""


def choice(*allowed: str) -> Check:
    def check(value: Any, name: str) -> None:
        if value not in allowed:
            words = ", ".join(f"'{word}'" for word in allowed)
            raise invalid(f"Invalid value: {value!r}. Supported values are: {words}.", name)

    return check


def array(of: Check, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any, name: str) -> None:
        _expect(isinstance(value, list), value, name, "an array")
        if len(value) < least:
            raise invalid(f"Invalid '{name}': array too short, minimum length {least}.", name, "array_below_min_length")
        if most is not None and len(value) > most:
            raise invalid(f"Invalid '{name}': array too long, maximum length {most}.", name, "array_above_max_length")
        for at, element in enumerate(value):
            of(element, f"{name}[{at}]")

    return check


def nullable(of: Check) -> Check:
    def check(value: Any, name: str) -> None:
        if value is not None:
            of(value, name)

    return check


def either(*ways: Check) -> Check:
    """Accept what any of the checks accepts; refuse in the words of the last."""

    def check(value: Any, name: str) -> None:
        for way in ways[:-1]:
            try:
                way(value, name)
            except Problem:
                continue
            return
        ways[-1](value, name)

    return check


def mapping(of: Check, most: int, key_most: int) -> Check:
    def check(value: Any, name: str) -> None:
        _expect(isinstance(value, dict), value, name, "an object")
        if len(value) > most:
            raise invalid(
                f"Invalid '{name}': too many properties, maximum {most}.", name, "object_above_max_properties"
            )
        for key, element in value.items():
            if len(key) > key_most:
                raise invalid(f"Invalid '{name}': key longer than {key_most}.", name, "string_above_max_length")
            of(element, f"{name}.{key}")

    return check


def record(fields: Mapping[str, Check], required: Sequence[str] = ()) -> Check:
    """Accept an object with these fields and no other."""

    def check(value: Any, name: str) -> None:
        _expect(isinstance(value, dict), value, name, "an object")
        for field in required:
            if field not in value:
                full = _under(name, field)
                raise invalid(f"Missing required parameter: '{full}'.", full, "missing_required_parameter")
        for field, element in value.items():
            full = _under(name, field)
            if field not in fields:
                raise invalid(f"Unknown parameter: '{full}'.", full, "unknown_parameter")
            fields[field](element, full)

    return check


def tagged(tag: str, ways: Mapping[str, Check]) -> Check:
    """Accept an object whose `tag` says which of the checks holds for it."""

    def check(value: Any, name: str) -> None:
        _expect(isinstance(value, dict), value, name, "an object")
        if tag not in value:
            full = _under(name, tag)
            raise invalid(f"Missing required parameter: '{full}'.", full, "missing_required_parameter")
        choice(*ways)(value[tag], _under(name, tag))
        ways[value[tag]](value, name)

    return check


ATTRIBUTES = nullable(mapping(either(boolean, number(), text(most=512)), most=16, key_most=64))
METADATA = nullable(mapping(text(most=512), most=16, key_most=64))


def chunking(value: Any, name: str) -> None:
    static = record(
        {"max_chunk_size_tokens": integer(100, 4096), "chunk_overlap_tokens": integer(0)},
        ["max_chunk_size_tokens", "chunk_overlap_tokens"],
    )
    kind = choice("auto", "static")
    tagged(
        "type",
        {"auto": record({"type": kind}), "static": record({"type": kind, "static": static}, ["static"])},
    )(value, name)
    sizes = value.get("static")
    if sizes and sizes["chunk_overlap_tokens"] * 2 > sizes["max_chunk_size_tokens"]:
        param = f"{name}.static.chunk_overlap_tokens"
        raise invalid("chunk_overlap_tokens must not exceed half of max_chunk_size_tokens.", param)


def filters(value: Any, name: str) -> None:
    plain = either(boolean, number(), text())
    several = array(either(number(), text()))
    key = text(least=1)

    def comparison(operand: Check) -> Check:
        return record({"type": anything, "key": key, "value": operand}, ["key", "value"])

    nested = record({"type": anything, "filters": array(filters)}, ["filters"])
    ordered = comparison(either(number(), text()))
    ways = dict.fromkeys(("gt", "gte", "lt", "lte"), ordered) | {"and": nested, "or": nested}
    ways |= {"eq": comparison(plain), "ne": comparison(plain), "in": comparison(several), "nin": comparison(several)}
    tagged("type", ways)(value, name)


def _expect(right: object, value: Any, name: str, wanted: str) -> None:
    if not right:
        raise invalid(f"Invalid type for '{name}': expected {wanted}, got {_kind(value)}.", name, "invalid_type")


def _kind(value: Any) -> str:
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a decimal",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "null")


def _under(name: str, field: str) -> str:
    return f"{name}.{field}" if name else field
