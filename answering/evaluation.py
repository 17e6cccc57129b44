"""Evaluation of answers: whether they answer, from the right page, with the right words, and abstain where right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from answering.asking import AnswerSource, ExplainedAnswer
from answering.events import AnswerOutcome
from sync.operations.saved_questions import SavedQuestion
from sync.state.queries import NamedDocument


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """An answer beside what was expected. `missing`: texts that it lacks. `right_source` None: no page is expected."""

    outcome: str
    rule: str
    reason: str
    answer: str
    sources: list[AnswerSource]
    right_source: bool | None
    missing: list[str]
    right: bool


@dataclass(frozen=True, slots=True)
class AnswerShares:
    """Shares from 0 to 1; None where no question asks for it.

    `answered`: of the answerable ones. `cited_right`: of those with documents, answered from one of them.
    `contains_right`: of those with texts, all of them in the answer. `abstained_right`: of the unanswerable ones.
    """

    answered: float | None
    cited_right: float | None
    contains_right: float | None
    abstained_right: float | None
    right: float | None
    cost_usd: float


def check(question: SavedQuestion, answer: ExplainedAnswer, known: Mapping[str, NamedDocument]) -> CheckedAnswer:
    """Compare an answer with what its question expects."""
    wanted = [known[document] for document in question.documents if document in known]
    right_source = any(_is_of(source, document) for source in answer.sources for document in wanted) if wanted else None
    said = _plain(answer.answer)
    missing = [text for text in question.contains if _plain(text) not in said]
    answered = answer.outcome == AnswerOutcome.ANSWERED
    right = answered and right_source is not False and not missing
    if not question.answerable:
        right = answer.outcome == AnswerOutcome.ABSTAINED
    return CheckedAnswer(
        answer.outcome, answer.rule, answer.reason, answer.answer, answer.sources, right_source, missing, right
    )


def failed(code: str, fix: str) -> CheckedAnswer:
    """Return the check of a question that the model's side failed at."""
    return CheckedAnswer(AnswerOutcome.ERROR.value, "", f"{code}: {fix}", "", [], None, [], right=False)


def shares(questions: Sequence[SavedQuestion], checked: Sequence[CheckedAnswer], cost_usd: float) -> AnswerShares:
    """Sum up the checks of the questions."""
    pairs = list(zip(questions, checked, strict=True))
    answerable = [one for question, one in pairs if question.answerable]
    return AnswerShares(
        answered=_share([one.outcome == AnswerOutcome.ANSWERED for one in answerable]),
        cited_right=_share([bool(one.right_source) and one.outcome == AnswerOutcome.ANSWERED
                            for question, one in pairs if question.answerable and question.documents]),
        contains_right=_share([not one.missing and one.outcome == AnswerOutcome.ANSWERED
                               for question, one in pairs if question.answerable and question.contains]),
        abstained_right=_share([one.right for question, one in pairs if not question.answerable]),
        right=_share([one.right for one in checked]),
        cost_usd=cost_usd,
    )  # fmt: skip


def _share(held: Sequence[bool]) -> float | None:
    return round(sum(held) / len(held), 4) if held else None


def _is_of(source: AnswerSource, document: NamedDocument) -> bool:
    if document.url:
        return source.url.rstrip("/") == document.url.rstrip("/")
    return source.title == document.title


def _plain(text: str) -> str:
    return " ".join(text.replace("*", "").replace("`", "").casefold().split())
