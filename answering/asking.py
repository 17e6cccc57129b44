"""Asking: one question of an operator: answered as customers are, and told why. No visitor's record is made."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from answering import scope, verified
from answering.events import Citation, Cost, Done
from answering.question import Question
from sync.config import KnowledgeIndex
from sync.errors import Misconfigured

if TYPE_CHECKING:  # what answers is loaded when somebody asks, and what is told of it is described before
    from answering.answers import Answering, AnswerStream
    from answering.judge import Judged
    from answering.retrieved import FoundPassage

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """A page that the answer cites. `as_of`: what the reader is told of its day; "": nothing."""

    title: str
    url: str
    as_of: str


@dataclass(frozen=True, slots=True)
class SearchedPassage:
    """A passage that was found. `rule` "": the answer may rest on it; else what left it out."""

    title: str
    url: str
    score: float
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class JudgedStatement:
    """A statement of the model: how much of it the passages say, from 0 to 1, and the page that says most of it.

    `weight`: how many words of it claim something. `rule` and `reason`: what withheld it; "" where it was shown.
    """

    text: str
    shown: bool
    support: float
    weight: int
    page: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why an answer is what it is. `withheld`: those of the statements that a rule kept from the reader."""

    queries: list[str]
    passages: list[SearchedPassage]
    statements: list[JudgedStatement]
    withheld: list[JudgedStatement]


@dataclass(frozen=True, slots=True)
class ExplainedAnswer:
    """An answer with its sources and its reasons: what `answerwell ask` and `POST /api/admin/ask` tell.

    `reason` and `rule`: why it was not answered. `first_text_ms` None: no model was asked.
    """

    question: str
    index: str
    language: str
    answer: str
    outcome: str
    reason: str
    rule: str
    sources: list[AnswerSource]
    model: str
    cost_usd: float
    latency_ms: int
    first_text_ms: int | None
    why: Why


@dataclass(frozen=True)
class Asking:
    """Asks any configured index. `index`: what customers are answered from; `book` takes what a question cost."""

    answering: "Answering"
    indexes: Mapping[str, KnowledgeIndex]
    index: str
    book: Callable[[Cost], None]

    async def ask(self, text: str, index: str = "", language: str = "") -> ExplainedAnswer:
        """Answer the question from the index. `language` decides where the question does not tell.

        Raises Misconfigured for an unknown index, and what `AnswerStream.events` raises.
        """
        name = index or self.index
        if name not in self.indexes:
            raise Misconfigured(f'there is no index "{name}"; configured: {", ".join(self.indexes)}')
        pool = self.answering.pool
        question = await pool.run(self._question, text, self.indexes[name], language)
        stream = self.answering.answer(question)
        try:
            async with aclosing(stream.events()) as events:
                done = [event async for event in events if isinstance(event, Done)][-1]
        finally:
            await pool.run(self.book, stream.cost)
        return explained(name, question, stream, done)

    def _question(self, text: str, index: KnowledgeIndex, language: str) -> Question:
        where = scope.live(
            self.answering.state, index.name, search_unmanaged=index.search_unmanaged, audiences=index.audiences
        )
        question = Question(text, [("user", text)], where, language)
        answer = verified.for_question(self.answering.state, text, index.audiences, question.spoken)
        return replace(question, verified=answer)


def explained(index: str, question: Question, stream: "AnswerStream", done: Done) -> ExplainedAnswer:
    """Return a finished answer with everything that tells why it is what it is."""
    statements = [_statement(stream, judged) for judged in stream.judged]
    return ExplainedAnswer(
        question=question.text,
        index=index,
        language=question.spoken,
        answer=done.text,
        outcome=done.outcome.value,
        reason=done.reason,
        rule=done.rule or "",
        sources=_sources(done.citations),
        model=done.model,
        cost_usd=stream.cost.micro_usd / MICRO,
        latency_ms=_milliseconds(done.latency),
        first_text_ms=None if done.first_text is None else _milliseconds(done.first_text),
        why=Why(
            list(dict.fromkeys(stream.retrieved.queries)),
            [_passage(stream, found) for found in stream.retrieved.found],
            statements,
            [one for one in statements if one.rule],
        ),
    )


def _sources(citations: tuple[Citation, ...]) -> list[AnswerSource]:
    found = {(one.page.title, one.page.link): one.as_of or "" for one in reversed(citations)}
    return [AnswerSource(title, url, as_of) for (title, url), as_of in reversed(found.items())]


def _passage(stream: "AnswerStream", found: "FoundPassage") -> SearchedPassage:
    passage, page = found.passage, stream.retrieved.pages.get(found.passage.file)
    title = page.title if page else str(passage.attributes.get("title") or passage.filename)
    url = page.url if page else str(passage.attributes.get("url") or "")
    return SearchedPassage(title, url, passage.score, passage.text, found.left_out or "")


def _statement(stream: "AnswerStream", judged: "Judged") -> JudgedStatement:
    support, withheld = judged.support, {one.statement: one for one in stream.withheld}.get(judged.statement)
    page = (
        "" if support.passage is None else stream.retrieved.pages[stream.retrieved.passages[support.passage].file].title
    )
    shown = withheld is None and judged.statement in stream.shown
    return JudgedStatement(
        text=judged.statement.strip(),
        shown=shown,
        support=round(support.score, 3),
        weight=support.weight,
        page=page,
        rule="" if withheld is None else withheld.rule,
        reason="" if withheld is None else withheld.reason,
    )


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))
