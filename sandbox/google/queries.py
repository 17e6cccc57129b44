"""The `q` parameter of a listing: the terms this fake knows, joined by `and` and `or`. Any other is refused."""

import re
from collections.abc import Callable
from datetime import datetime

from sandbox.google import answers
from sandbox.google.records import Drive, File
from sandbox.http import Problem

Test = Callable[[File], bool]

_TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|[A-Za-z]+|!=|>=|<=|[=<>()])")


def parse(text: str, world: Drive) -> Test:
    """Return the test that the query puts to each file. Raises 400 for a query that it cannot read."""
    tokens = _tokens(text)
    test = _expression(tokens, world)
    if tokens:
        raise _invalid()
    return test


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _invalid()
        found.append(match[1])
        place = match.end()
    return found


def _expression(tokens: list[str], world: Drive) -> Test:
    """Terms are joined from left to right: `and` does not bind closer than `or`."""
    test = _term(tokens, world)
    while tokens and tokens[0] in ("and", "or"):
        joined = tokens.pop(0)
        test = _joined(joined, test, _term(tokens, world))
    return test


def _joined(word: str, left: Test, right: Test) -> Test:
    if word == "and":
        return lambda file: left(file) and right(file)
    return lambda file: left(file) or right(file)


def _term(tokens: list[str], world: Drive) -> Test:
    first = _next(tokens)
    if first == "not":
        inner = _term(tokens, world)
        return lambda file: not inner(file)
    if first == "(":
        inside = _expression(tokens, world)
        if _next(tokens) != ")":
            raise _invalid()
        return inside
    if first.startswith("'"):
        return _membership(_text(first), tokens, world)
    return _comparison(first, _next(tokens), _next(tokens), world)


def _membership(value: str, tokens: list[str], world: Drive) -> Test:
    if (_next(tokens), _next(tokens)) != ("in", "parents"):
        raise _invalid()
    if value not in world.drives and not (value in world.files and world.visible(world.files[value])):
        raise answers.drive(404, "notFound", f"File not found: {value}.", location="fileId")
    return lambda file: world.parent_of(file) == value


def _comparison(name: str, operator: str, value: str, world: Drive) -> Test:
    if name == "trashed" and operator in ("=", "!=") and value in ("true", "false"):
        wanted = (value == "true") == (operator == "=")
        return lambda file: world.in_trash(file) == wanted
    if not value.startswith("'"):
        raise _invalid()
    if name == "mimeType" and operator in ("=", "!="):
        return lambda file: (file.mime == _text(value)) == (operator == "=")
    if name == "name" and operator == "=":
        return lambda file: file.name == _text(value)
    if name == "modifiedTime" and operator in ("=", "!=", "<", "<=", ">", ">="):
        return _dated(operator, value)
    raise _invalid()


def _dated(operator: str, value: str) -> Test:
    try:
        moment = datetime.fromisoformat(_text(value)).timestamp()
    except ValueError as error:
        raise _invalid() from error
    compare: dict[str, Callable[[float], bool]] = {
        "=": lambda time: time == moment,
        "!=": lambda time: time != moment,
        "<": lambda time: time < moment,
        "<=": lambda time: time <= moment,
        ">": lambda time: time > moment,
        ">=": lambda time: time >= moment,
    }
    return lambda file: compare[operator](file.modified)


def _next(tokens: list[str]) -> str:
    if not tokens:
        raise _invalid()
    return tokens.pop(0)


def _text(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _invalid() -> Problem:
    return answers.invalid("Invalid Value", "q")
