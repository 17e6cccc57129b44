"""Saved questions: the evaluation file, questions with the documents that answer them, as YAML or JSON."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from sync.errors import Misconfigured
from sync.setting_types import Section, Text
from sync.state import queries
from sync.state.queries import NamedDocument
from sync.state.transaction import Reader

MAX_FILE_SIZE = 5_000_000
SHAPE = "a list of {question, documents: [address or source:id], language?, answerable?, contains?: [text]}"


class SavedQuestion(Section):
    """One question. `documents`: addresses, or source:id, of which each answers it. `contains`: texts of the answer.

    `answerable` False: nothing answers it, and abstaining is right.
    """

    question: Text
    documents: list[Text] = Field(default_factory=list)
    language: str = ""
    answerable: bool = True
    contains: list[Text] = Field(default_factory=list)
    line: Annotated[int, Field(exclude=True)] = 0


@dataclass(frozen=True, slots=True)
class UnknownDocument:
    """A document that a saved question names and the state does not know. `nearest` "": nothing is like it."""

    question: str
    line: int
    document: str
    nearest: str

    def __str__(self) -> str:
        instead = f'; did you mean "{self.nearest}"?' if self.nearest else "; sync its source, or take it out"
        return f'line {self.line}, question "{self.question[:60]}": no document "{self.document}"{instead}'


def read(path: Path) -> list[SavedQuestion]:
    """Read the file. Raises Misconfigured with a line for each mistake: file, line, what, fix."""
    try:
        if path.stat().st_size > MAX_FILE_SIZE:
            raise Misconfigured(f"{path}: is larger than {MAX_FILE_SIZE // 1_000_000} MB; split it")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: cannot be read ({error}); name a YAML file in UTF-8") from error
    return parse(text, str(path))


def parse(text: str, where: str) -> list[SavedQuestion]:
    """Read the text of such a file. `where`: how errors call it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        entries = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise Misconfigured(f"{where}: is no YAML{_place(error)}; put texts in quotes, and write {SHAPE}") from error
    if not isinstance(entries, list) or not entries or root is None:
        raise Misconfigured(f"{where}: holds no list of questions; write {SHAPE}")
    lines = [node.start_mark.line + 1 for node in root.value]
    return checked(entries, where, lines)


def checked(entries: Sequence[Any], where: str, lines: Sequence[int]) -> list[SavedQuestion]:
    """Return the entries as questions, each with its line. Raises Misconfigured with a line for each mistake."""
    found: list[SavedQuestion] = []
    problems: list[str] = []
    for entry, line in zip(entries, lines, strict=True):
        if not isinstance(entry, Mapping):
            problems.append(f"{where} line {line}: is no question; write {SHAPE}")
            continue
        try:
            found.append(SavedQuestion.model_validate({**entry, "line": line}))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False, include_input=False):
                key = ".".join(map(str, detail["loc"]))
                problems.append(f"{where} line {line}: {key}: {detail['msg'].lower()}; write {SHAPE}")
    if problems:
        raise Misconfigured("\n".join(problems))
    return found


def resolve(
    state: Reader, questions: Sequence[SavedQuestion]
) -> tuple[dict[str, NamedDocument], list[UnknownDocument]]:
    """Return each document that they name, and those that are not known."""
    named = list(dict.fromkeys(document for one in questions for document in one.documents))
    known = queries.documents_named(state, named)
    unknown = [
        UnknownDocument(one.question, one.line, document, "")
        for one in questions
        for document in one.documents
        if document not in known
    ]
    if not unknown:
        return known, []
    names = queries.document_names(state)
    return known, [
        UnknownDocument(one.question, one.line, one.document, _nearest(one.document, names)) for one in unknown
    ]


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}: {getattr(error, 'problem', '')})" if mark else ""


def _nearest(document: str, names: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(document, names, 1, 0.75)), "")
