"""Configuration reader: a file's tables, with the environment's values in, and every mistake collected."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cli import toml_mistakes
from cli.spelling import near
from sync.errors import Misconfigured

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")

_AS_WRITTEN = {
    "list_type": 'is not a list; write {key} = ["…"], with brackets',
    "tuple_type": 'is not a list; write {key} = ["…"], with brackets',
    "dict_type": 'is not a table; write {key} = {{ … = "…" }}',
    "string_type": 'is not a text; put it in quotes: {key} = "…"',
    "bool_type": "is not true or false; write one of them without quotes",
    "bool_parsing": "is not true or false; write one of them without quotes",
    "int_type": "is not a number; write digits without quotes",
    "int_parsing": "is not a number; write digits without quotes",
    "float_type": "is not a number; write digits without quotes",
    "float_parsing": "is not a number; write digits without quotes",
    "string_too_short": "is empty; write a value, or leave it out",
    "too_short": 'is an empty list; write at least one value: {key} = ["…"]',
}
"""Pydantic's words speak of Python; these speak of the file."""

Model = TypeVar("Model", bound=BaseModel)


def parse(path: Path) -> dict[str, Any]:
    """Return the file's tables. Raises Misconfigured when it cannot be read as TOML."""
    text = _text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, place = re.sub(r"Cannot declare \('([\w.-]+)',?.*\) twice", r"a second [\1]", str(error)).partition(
            " (at "
        )
        where = place.rstrip(")").removeprefix("at ")
        raise Misconfigured(f"{path}: {where}: {what}; {toml_mistakes.fix(text, str(error))}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise Misconfigured(
            f"{path}: there is no such file; make one with `answerwell init`, or name yours with --config FILE"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Misconfigured(f"{path}: cannot be read ({reason}); it must be a text file in UTF-8") from error


@dataclass
class Reading:
    """What was found wrong so far, as `key path problem; fix`."""

    path: Path
    environ: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    """Those whose value the environment itself holds: no reload changes it, as it does that of a file."""

    def complain(self, where: str, problem: str) -> None:
        self.problems.append(f"{where} {problem}")

    def expand(self, where: str, table: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Return the table with the environment's values in, and the keys left out because a variable is not set."""
        found = {key: self._value(f"{where} {key}".strip(), value) for key, value in table.items()}
        return {k: v for k, v in found.items() if v is not None}, {k for k, v in found.items() if v is None}

    def read(self, where: str, model: type[Model], table: Any) -> Model | None:
        """Expand and validate one table; None after a complaint."""
        if not isinstance(table, dict):
            self.complain(where, f"is not a table; write {where} on a line of its own, and its keys below")
            return None
        values, unset = self.expand(where, table)
        return self.validate(where, model, values, skip=unset)

    def validate(
        self, where: str, model: type[Model], values: Mapping[str, Any], *, known: Iterable[str] = (), skip: set[str]
    ) -> Model | None:
        """Validate an expanded table. `known`: keys that stand elsewhere. `skip`: keys already complained about."""
        try:
            return model.model_validate(values)
        except ValidationError as error:
            keys = [*model.model_fields, *known]
            for detail in error.errors(include_url=False, include_context=False, include_input=False):
                said = detail["loc"][0] in skip if detail["loc"] else bool(skip)  # the whole cannot fit while keys lack
                if not said:
                    self.complain(*_sentence(where, keys, detail))
        return None

    def _value(self, where: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self.expand(where, value)[0]
        if isinstance(value, list):
            return [found for entry in value if (found := self._value(where, entry)) is not None]
        match = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            return value
        return self._variable(where, match[1])

    def _variable(self, where: str, name: str) -> str | None:
        """What stands in the file that NAME_FILE names, read at this moment, else the value of NAME."""
        if file := self.environ.get(f"{name}_FILE", "").strip():
            return self._held_by(where, name, Path(file))
        self.variables.add(name)
        if not (found := self.environ.get(name, "").strip()):
            fix = f"set that environment variable, or {name}_FILE to a file that holds the value"
            self.complain(where, f"reads ${name}, which is not set; {fix}")
            return None
        return found

    def _held_by(self, where: str, name: str, file: Path) -> str | None:
        try:
            found = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            self.complain(where, f"reads ${name} from {file}, which cannot be read ({why}); correct {name}_FILE")
            return None
        if not found:
            self.complain(where, f"reads ${name} from {file}, which is empty; write the value into it")
        return found or None


def _sentence(where: str, keys: list[str], detail: ErrorDetails) -> tuple[str, str]:
    location = _dotted(detail["loc"])
    place = f"{where} {location}".strip()
    if detail["type"] == "missing":
        return place, "is missing; add it"
    if detail["type"] == "extra_forbidden":
        return place, _unknown(str(detail["loc"][-1]), keys)
    message = detail["msg"].removeprefix("Value error, ").removeprefix(f"{location} ").replace("Input should", "should")
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    if written := _AS_WRITTEN.get(detail["type"]):
        message = written.format(key=key if isinstance(detail["loc"][-1], str) else "…")
    return place, f"{message[0].lower()}{message[1:]}"


def _dotted(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _unknown(key: str, keys: list[str]) -> str:
    meant = near(key, keys)
    return "is not a known key; " + (f'did you mean "{meant}"?' if meant else f"known are: {', '.join(sorted(keys))}")
