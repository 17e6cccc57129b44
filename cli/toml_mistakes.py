"""TOML mistakes: what people write instead of TOML, and the line to write. No value is repeated: it may be a secret."""

import re
from collections.abc import Sequence

_ASSIGNED = re.compile(r"^\s*([\w.\"'-]+)\s*=\s*(.*?)\s*$")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\"'-]+)\s*\]\]?")
_UNQUOTED_VARIABLE = re.compile(r"""(?:^|[\[,{=\s])(\$\w+)""")
_BY_MESSAGE = (
    (r"Unclosed array", "put a comma between the values, and ] behind the last"),
    (r"""Unterminated string|Expected "'"|Expected '"'""", "close the text with the quote that it begins with"),
    (r"Unescaped|Invalid hex|escape", r"write each \ twice, or put the text in single quotes: 'C:\data'"),
    (r"Expected '\]+' at the end of a table", "close the table's name with the brackets that it begins with"),
    (r"Expected '=' after a key", 'write key = "value", with = and not :'),
)
_BY_VALUE = (
    (r"", "write a value behind {key} ="),
    (r"true|false|yes|no|on|off", "write true or false, in lower case and without quotes"),
    (r"none|null|nil", "leave {key} out, or put # before it"),
    (r"\[.*", "put a comma between the values, and ] behind the last"),
    (r".*=.*", "write each key on a line of its own"),
    (r"[\d_]+", "write the number with digits alone, and no zero before it"),
    (r".*[“”„‘’«»].*", 'use straight quotes: "…"'),
    (r'""(\s*,?\s*"")+', 'put several values in brackets: {key} = ["…", "…"]'),
    (r".*", 'put the value in quotes: {key} = "…"'),
)
DEFAULT = "correct the TOML there"


def fix(text: str, message: str) -> str:
    """Return what to write instead, given the file and what the parser says of it."""
    lines = text.splitlines()
    if named := re.search(r"Cannot declare \('([\w.-]+)',?.*\) twice", message):
        return _table_twice(lines, named[1])
    if "Cannot overwrite" in message:
        return _key_twice(lines)
    line = lines[_number(message, lines) - 1] if lines else ""
    if found := _UNQUOTED_VARIABLE.search(_without_texts(line)):
        return f'put it in quotes: "{found[1]}"'
    for pattern, words in _BY_MESSAGE:
        if re.search(pattern, message):
            return words
    assigned = _ASSIGNED.match(_without_texts(line))
    return _of_value(assigned[1], assigned[2]) if assigned else DEFAULT


def _of_value(key: str, value: str) -> str:
    """The fix for a value that is none, its texts already blanked."""
    bare = value.partition("#")[0].strip()
    words = next(words for pattern, words in _BY_VALUE if re.fullmatch(pattern, bare, re.IGNORECASE))
    return words.format(key=key)


def _table_twice(lines: Sequence[str], name: str) -> str:
    headers = [(n, found[1]) for n, line in enumerate(lines, 1) if (found := _HEADER.match(line)) and found[2] == name]
    if any(bracket == "[[" for _, bracket in headers):
        return f"write [[{name}]] each time, with two brackets"
    if len(headers) < 2:
        return "put the keys of both under one"
    return f"the first is in line {headers[0][0]}: put the keys of both under one"


def _key_twice(lines: Sequence[str]) -> str:
    """Name the first key that a table has twice."""
    table, tables, seen = "", 0, dict[tuple[str, int, str], int]()
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            table, tables = header[2], tables + 1
            if header[1] == "[[" and any(found[0] == table for found in seen):
                earlier = next(n for (name, _, _), n in seen.items() if name == table)
                if not lines[earlier - 2].lstrip().startswith("[["):
                    return f"write [[{table}]] each time, with two brackets"
        elif assigned := _ASSIGNED.match(line):
            at = (table, tables, assigned[1])
            if at in seen:
                return f"{assigned[1]} stands in lines {seen[at]} and {number}; keep one"
            seen[at] = number
    return "a key stands twice in one table; keep one"


def _number(message: str, lines: Sequence[str]) -> int:
    found = re.search(r"at line (\d+)", message)
    return min(int(found[1]), len(lines)) if found else len(lines)


def _without_texts(line: str) -> str:
    """The line with its quoted texts emptied and its comment gone."""
    return re.sub(r"""("[^"]*"|'[^']*')""", '""', line).partition("#")[0]
