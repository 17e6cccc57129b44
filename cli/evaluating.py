"""Evaluating: saved questions put to an index, for the command and for the admin API alike."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from answering import evaluation as answers
from answering.evaluation import AnswerShares, CheckedAnswer
from cli import asking, wiring
from cli.config import Config
from sync.engine import Engine
from sync.errors import Misconfigured
from sync.operations import evaluation, saved_questions
from sync.operations.evaluation import Comparison, FoundDocument, RankedQuestion, Recall
from sync.operations.saved_questions import SavedQuestion
from sync.state import queries
from sync.state.database import State
from sync.state.queries import Generation, NamedDocument


@dataclass(frozen=True, slots=True)
class EvaluatedQuestion:
    """One question. `rank` None: none of its documents was found, or none is named. `answer` None: it was not asked."""

    question: str
    line: int
    answerable: bool
    documents: list[str]
    rank: int | None
    found: list[FoundDocument]
    answer: CheckedAnswer | None


@dataclass(frozen=True, slots=True)
class ComparedGeneration:
    """Another generation beside the live one; `changes` are from the live one to it."""

    generation: int
    recall: Recall
    changes: Comparison


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What an evaluation found. `answers` None: only searches were measured."""

    index: str
    generation: int
    questions: int
    recall: Recall
    answers: AnswerShares | None
    compared: ComparedGeneration | None
    least_recall: float | None
    cases: list[EvaluatedQuestion]

    @property
    def reaches_least_recall(self) -> bool:
        return self.least_recall is None or not self.recall.questions or self.recall.at_5 >= self.least_recall


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is to be measured. `index` "": the one of customers. `questions` None: the index's own file.

    `compare`: another generation of the index. `ask`: also have each question answered, which costs what it costs.
    """

    index: str = ""
    questions: Path | Sequence[Mapping[str, Any]] | None = None
    compare: int | None = None
    ask: bool = True


def evaluate(config: Config, state: State, request: EvaluationRequest) -> EvaluationReport:
    """Put the questions to the index. Raises Misconfigured for mistakes in them, and what searching raises."""
    engine = wiring.searcher(config, state)
    index = asking.index_or_default(config, request.index)
    configured = engine.configured_index(index)
    questions = _questions(request.questions or configured.questions, index)
    known, unknown = saved_questions.resolve(state, questions)
    if unknown:
        raise Misconfigured("\n".join(map(str, unknown)))
    live = _live(engine, index)
    ranked = evaluation.ranks(engine, live, questions, known)
    with_documents = [one for one, asked in zip(ranked, questions, strict=True) if asked.documents]
    checked, shares = _answered(config, state, index, questions, known) if request.ask else ([None] * len(ranked), None)
    return EvaluationReport(
        index,
        live.id,
        len(questions),
        evaluation.recall(with_documents),
        shares,
        _compared(engine, index, request.compare, questions, known, with_documents),
        configured.least_recall,
        [_case(*one) for one in zip(questions, ranked, checked, strict=True)],
    )


def _questions(given: Path | Sequence[Mapping[str, Any]] | None, index: str) -> list[SavedQuestion]:
    if given is None:
        raise Misconfigured(f'no questions: name a file, or set questions = "questions.yaml" for [[index]] "{index}"')
    if isinstance(given, Path):
        return saved_questions.read(given)
    return saved_questions.checked(given, "questions", range(1, len(given) + 1))


def _live(engine: Engine, index: str) -> Generation:
    live = queries.active(engine.state, index)
    if live is None:
        raise Misconfigured(f"index {index!r} holds nothing yet; run `answerwell sync`")
    return live


def _answered(
    config: Config, state: State, index: str, questions: Sequence[SavedQuestion], known: Mapping[str, NamedDocument]
) -> tuple[list[CheckedAnswer], AnswerShares]:
    asked = [asking.Asked(one.question, index, one.language) for one in questions]
    told = asyncio.run(asking.ask_all(config, state, asked))
    checked = [
        answers.failed(answer.code, answer.fix)
        if isinstance(answer, asking.AskingFailed)
        else answers.check(question, answer, known)
        for question, answer in zip(questions, told, strict=True)
    ]
    cost = sum(answer.cost_usd for answer in told if not isinstance(answer, asking.AskingFailed))
    return checked, answers.shares(questions, checked, round(cost, 6))


def _compared(
    engine: Engine,
    index: str,
    generation: int | None,
    questions: Sequence[SavedQuestion],
    known: Mapping[str, NamedDocument],
    before: Sequence[RankedQuestion],
) -> ComparedGeneration | None:
    if generation is None:
        return None
    kept = [one for one in queries.live_generations(engine.state) if one.index == index]
    other = next((one for one in kept if one.id == generation), None)
    if other is None:
        there = ", ".join(f"{one.id} ({one.state})" for one in kept)
        raise Misconfigured(f"index {index!r} has no generation {generation}; there are: {there}")
    after = evaluation.ranks(engine, other, [one for one in questions if one.documents], known)
    return ComparedGeneration(other.id, evaluation.recall(after), evaluation.compare(before, after))


def _case(question: SavedQuestion, ranked: RankedQuestion, answer: CheckedAnswer | None) -> EvaluatedQuestion:
    return EvaluatedQuestion(
        question.question, question.line, question.answerable, question.documents, ranked.rank, ranked.found, answer
    )
