"""Answers of real models that people labelled, through the gate: what is withheld of them, by words alone."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from answering.gate import Gate
from answering.grounding import Evidence, Support
from answering.sentences import Statement, cut
from answering.settings import AnsweringSettings

SHARED = Path(os.environ.get("ANSWERWELL_SHARED", Path(__file__).parents[1] / "../shared"))
ANSWERS = SHARED / "labelled" / "answers.jsonl"
FAITHFUL, UNFAITHFUL = 3.5, 2.5  # the mean of three people, from 1 (made up) to 4 (all of it stands in the passages)
DEFAULT = float(AnsweringSettings.model_fields["grounding"].default)
CURVE = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8)


class Outcome(StrEnum):
    """What a reader sees of an answer."""

    WHOLE = "whole"
    PART = "part"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer, what people thought of it, and how far its statements are supported."""

    kind: str
    model: str
    faithfulness: float
    judged: Sequence[tuple[str, Support]]

    def outcome(self, least: float) -> Outcome:
        """Put the answer through the gate at a threshold."""
        gate, shown = Gate(least), 0
        for statement, support in self.judged:
            shown += len(gate.take(Statement(statement), support))
        shown += len(gate.close())
        if not gate.begun:
            return Outcome.WITHHELD
        return Outcome.WHOLE if shown == len(self.judged) else Outcome.PART


def report(path: Path = ANSWERS) -> Iterator[str]:
    """Yield the table by kind and model, and the curve of the threshold; a reason where the answers are not at hand."""
    if not path.exists():
        yield f"skipped: no {path} (set ANSWERWELL_SHARED to the folder that holds labelled/)"
        return
    answers = [_labelled(json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line]
    yield from _by_kind_and_model(answers)
    yield from _curve(answers)


def _labelled(row: dict[str, Any]) -> Labelled:
    evidence = Evidence([passage["text"] for passage in row["passages"]], row["question"])
    judged = [(statement, evidence.support(statement)) for statement in cut(row["answer"], final=True)[0]]
    return Labelled(row["kind"], row["model"], float(row["faithfulness"]), judged)


def _by_kind_and_model(answers: Sequence[Labelled]) -> Iterator[str]:
    yield f"{'':40}{'faithful':>22}{'between':>20}{'unfaithful':>20}"
    yield f"{'kind, model':40}{'n  withheld  in part':>22}{'n  withheld':>20}{'n  let through':>20}"
    groups = sorted({(one.kind, one.model) for one in answers})
    for kind, model in groups:
        yield _line(f"{kind}, {model}", [one for one in answers if (one.kind, one.model) == (kind, model)])
    for kind in sorted({one.kind for one in answers}):
        yield _line(f"{kind}, all", [one for one in answers if one.kind == kind])
    yield _line("all", answers)


def _line(name: str, answers: Sequence[Labelled]) -> str:
    faithful, between, unfaithful = _apart(answers)
    withheld, part = _count(faithful, Outcome.WITHHELD), _count(faithful, Outcome.PART)
    through = len(unfaithful) - _count(unfaithful, Outcome.WITHHELD)
    return (
        f"{name:40}{len(faithful):4}{_share(withheld, faithful):>9}{_share(part, faithful):>9}"
        f"{len(between):11}{_share(_count(between, Outcome.WITHHELD), between):>9}"
        f"{len(unfaithful):8}{_share(through, unfaithful):>12}"
    )


def _curve(answers: Sequence[Labelled]) -> Iterator[str]:
    faithful, _, unfaithful = _apart(answers)
    answerable = [one for one in faithful if one.kind == "answerable"]
    yield f"\n{'grounding':12}{'faithful withheld':>20}{'of the answerable':>20}{'unfaithful let through':>25}"
    for least in CURVE:
        through = len(unfaithful) - _count(unfaithful, Outcome.WITHHELD, least)
        yield (
            f"{least:<12}{_share(_count(faithful, Outcome.WITHHELD, least), faithful):>20}"
            f"{_share(_count(answerable, Outcome.WITHHELD, least), answerable):>20}{_share(through, unfaithful):>25}"
            f"{'  (default)' if least == DEFAULT else ''}"
        )


def _apart(answers: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled], list[Labelled]]:
    """Return the faithful, those about which people were of two minds, and the unfaithful."""
    faithful = [one for one in answers if one.faithfulness >= FAITHFUL]
    unfaithful = [one for one in answers if one.faithfulness < UNFAITHFUL]
    return faithful, [one for one in answers if UNFAITHFUL <= one.faithfulness < FAITHFUL], unfaithful


def _count(answers: Sequence[Labelled], outcome: Outcome, least: float = DEFAULT) -> int:
    return sum(one.outcome(least) is outcome for one in answers)


def _share(part: int, of: Sequence[Labelled]) -> str:
    return f"{part / len(of):.1%}" if of else "-"
