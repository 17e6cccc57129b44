"""Every regular expression of our packages, and the texts that would cost each one most."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from re import _constants as codes  # the only place that names what a pattern is made of
from re import _parser as parser
from types import ModuleType
from typing import Any

PACKAGES = ("sync", "answering", "helpdesk", "connectors", "workers", "session_api", "cli")
FUNCTIONS = frozenset(("compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"))
MAX_CASES = 120
LONG = 64  # a repetition that may go on for longer than this is pumped
MATCHES_NOTHING = "\x00"
Case = tuple[str, str, str]
"""How a text begins, what is repeated in it, and how it ends."""

SAMPLES = ("a", "A", "1", " ", "\n", "-", ".", "_", "\t", "(", "<", "é", "\x00", '"', ",")


@dataclass(frozen=True)
class Named:
    """A pattern, and where it stands."""

    where: str
    pattern: re.Pattern[str]


def patterns() -> list[Named]:
    """Return every pattern of ours, once: compiled ones wherever a module holds them, and literals in calls."""
    found: dict[tuple[str, int], Named] = {}
    for module in _modules():
        for where, pattern in [*_held(module), *_written(module)]:
            if isinstance(pattern.pattern, str):
                found.setdefault((pattern.pattern, pattern.flags), Named(f"{module.__name__}.{where}", pattern))
    return list(found.values())


def _modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        root = importlib.import_module(package)
        yield root
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            yield importlib.import_module(found.name)


def _held(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, value in vars(module).items():
        if not name.startswith("__"):
            yield from ((name, pattern) for pattern in _within(value, module.__name__, depth=0))


def _within(value: Any, module: str, *, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, Mapping):
        for part in (*value.keys(), *value.values()):
            yield from _within(part, module, depth=depth + 1)
    elif depth < 4 and isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _within(part, module, depth=depth + 1)
    elif depth < 4 and getattr(type(value), "__module__", "") == module and hasattr(value, "__dict__"):
        yield from _within(vars(value), module, depth=depth + 1)
    elif depth < 4 and isinstance(value, type) and value.__module__ == module:
        yield from _within(dict(vars(value)), module, depth=depth + 1)
    elif hasattr(value, "__kwdefaults__") or hasattr(value, "__defaults__"):
        yield from _within(list(getattr(value, "__defaults__", None) or ()), module, depth=depth + 1)


def _written(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Patterns that stand as a literal in a call such as `re.sub(r"…", …)`; others are held by a name."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=attr),
                args=[ast.Constant(value=str(source)), *_],
            ) if attr in FUNCTIONS:
                yield f"line {node.lineno}", re.compile(source, _flags(node))


def _flags(call: ast.Call) -> int:
    named = [part.attr for part in ast.walk(call) if isinstance(part, ast.Attribute) and part.attr.isupper()]
    return sum({int(getattr(re, name)) for name in named if hasattr(re, name)})


def worst_cases(pattern: re.Pattern[str]) -> list[Case]:
    """Return what makes a backtracking matcher try again and again, derived from what the pattern is made of."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    signs = list(dict.fromkeys(_signs(tree)))[:8]
    pumps = list(dict.fromkeys(_pumps(tree)))[:24]
    cases = [("", sign, "") for sign in dict.fromkeys((*signs, *SAMPLES))]
    cases += [("", one + other, "") for one in signs[:4] for other in (*signs[:4], " ", "a") if one != other]
    for prefix, pump in pumps:
        for end in (MATCHES_NOTHING, "\n\n", "a"):
            cases.append((prefix, pump, end))
        cases.append(("", prefix + pump, MATCHES_NOTHING))
        if prefix:
            cases.append(("", prefix, MATCHES_NOTHING))
    return list(dict.fromkeys(case for case in cases if case[1]))[:MAX_CASES]


def text_of(case: Case, length: int) -> str:
    prefix, pump, end = case
    return prefix + pump * (length // len(pump)) + end


def _signs(tree: Any) -> Iterator[str]:
    for code, value in tree:
        if code in {codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY, codes.CATEGORY}:
            yield _sample_of(code, value)
        for part in _parts(code, value):
            yield from _signs(part)


def _pumps(tree: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """What comes before each long repetition, and what it repeats."""
    for code, value in tree:
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            _, most, body = value
            if most is codes.MAXREPEAT or most > LONG:
                for pump in _samples(body):
                    yield prefix, pump
                    yield prefix[-1:], pump
        for part in _parts(code, value):
            yield from _pumps(part, prefix)
        prefix += _sample([(code, value)])


def _samples(body: Any) -> Iterator[str]:
    """Some texts that the body of a repetition matches: one for each branch or kind of sign."""
    yield _sample(body)
    for code, value in body:
        if code is codes.BRANCH:
            for branch in value[1]:
                yield _sample(branch)
        elif code is codes.IN:
            yield from (_sample_of(each, what) for each, what in value if each is not codes.NEGATE)
        for part in _parts(code, value):
            yield from _samples(part)


def _sample(tree: Any) -> str:
    return "".join(_sample_of(code, value) for code, value in tree)


def _sample_of(code: Any, value: Any) -> str:
    match code:
        case codes.LITERAL | codes.RANGE:
            sample = chr(value if code is codes.LITERAL else value[0])
        case codes.NOT_LITERAL | codes.ANY:
            sample = "b" if value == ord("a") else "a"
        case codes.CATEGORY:
            sample = _of_category(value)
        case codes.IN:
            sample = _of_set(value)
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            sample = _sample(value[2]) * max(1, min(value[0], 4))
        case codes.BRANCH | codes.SUBPATTERN | codes.ATOMIC_GROUP:
            sample = _sample(_parts(code, value)[0])
        case _:
            sample = ""
    return sample


def _of_category(category: Any) -> str:
    name = str(category)
    if "NOT" in name:
        return "-" if "WORD" in name else "a"
    return "1" if "DIGIT" in name else " " if "SPACE" in name else "a"


def _of_set(members: Any) -> str:
    if members[0][0] is not codes.NEGATE:
        return _sample_of(*members[0])
    allowed = re.compile(_set_source(members))
    return next((sign for sign in SAMPLES if allowed.match(sign)), "z")


def _set_source(members: Any) -> str:
    written = ""
    for code, value in members[1:]:
        if code is codes.LITERAL:
            written += re.escape(chr(value))
        elif code is codes.RANGE:
            written += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        elif code is codes.CATEGORY:
            name = str(value)
            sign = "d" if "DIGIT" in name else "s" if "SPACE" in name else "w"
            written += "\\" + (sign.upper() if "NOT" in name else sign)
    return f"[^{written}]" if written else "."


def _parts(code: Any, value: Any) -> list[Any]:
    if code is codes.BRANCH:
        return list(value[1])
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
        return [value[2]]
    if code is codes.SUBPATTERN:
        return [value[-1]]
    if code in {codes.ASSERT, codes.ASSERT_NOT}:
        return [value[1]]
    if code is codes.GROUPREF_EXISTS:
        return [part for part in value[1:] if part is not None]
    return [value] if code is codes.ATOMIC_GROUP else []
