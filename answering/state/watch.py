"""Watch questions: questions that are asked again and again, what is right for each, and what each asking found.

This module alone writes `watch_questions` and `watch_results`. What is right is what somebody said, or else what the
first answer was; a flip is a later answer that differs from it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from answering.events import AnswerOutcome
from sync.errors import Gone, Misconfigured
from sync.state import queries
from sync.state.database import State

EVERY = timedelta(hours=1)
AFTER_CHANGE = timedelta(minutes=1)  # what changed is asked about so long after the last time, not with every turn
CLAIM = timedelta(minutes=11)  # longer than the task that asks may take: who claimed it has answered, or is gone
KEPT = 200  # results of each question
UNDECIDED = frozenset({AnswerOutcome.ERROR.value, AnswerOutcome.CANCELLED.value, AnswerOutcome.REFUSED.value})


class WatchStanding(StrEnum):
    """How a watch question stands."""

    WAITING = "waiting"  # it was not asked yet
    OK = "ok"
    FLIPPED = "flipped"
    FAILING = "failing"  # it could not be asked the last time


@dataclass(frozen=True, slots=True)
class WatchSource:
    """A page, as answers cite it."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class WatchResult:
    """One asking. `flip` "": it is as it should be, or it could not be asked."""

    at: float
    generation: int
    outcome: str
    rule: str
    answer: str
    sources: tuple[WatchSource, ...]
    flip: str = ""


@dataclass(frozen=True, slots=True)
class WatchQuestion:
    """One question. `outcome` and `sources`: what is right; "" and none until it was first asked."""

    id: int
    question: str
    index: str
    language: str
    outcome: str
    sources: tuple[WatchSource, ...]
    who: str
    made_at: float
    last: WatchResult | None

    @property
    def standing(self) -> WatchStanding:
        if self.last is None:
            return WatchStanding.WAITING
        if self.last.outcome in UNDECIDED:
            return WatchStanding.FAILING
        return WatchStanding.FLIPPED if self.last.flip else WatchStanding.OK


@dataclass(frozen=True, slots=True)
class WatchDraft:
    """What somebody wants watched. `outcome` "": what it is at first. `documents`: one of them is to be cited."""

    question: str
    index: str
    who: str
    language: str = ""
    outcome: str = ""
    documents: Sequence[str] = ()


def add(state: State, draft: WatchDraft) -> int:
    """Watch the question and return its id. Raises Misconfigured for a document that is not known."""
    known = queries.documents_named(state, list(draft.documents))
    if unknown := [name for name in draft.documents if name not in known]:
        raise Misconfigured(f'no document "{unknown[0]}"; name its address or source:id, or sync its source')
    outcome = draft.outcome or (AnswerOutcome.ANSWERED.value if draft.documents else "")
    with state.transaction() as tx:
        [row] = tx.ask(
            """INSERT INTO watch_questions (question, index_name, language, outcome, documents, who, made_at)
               VALUES (:asked, :index, :language, :outcome, :documents, :who, :now) RETURNING id""",
            asked=draft.question,
            index=draft.index,
            language=draft.language,
            outcome=outcome,
            documents=_written([WatchSource(one.title, one.url) for one in known.values()]),
            who=draft.who,
            now=state.now(),
        )
    return int(row.id)


def remove(state: State, watch: int) -> None:
    """Watch it no longer. Raises Gone where there is none."""
    with state.transaction() as tx:
        if not tx.run("DELETE FROM watch_questions WHERE id = :id", id=watch):
            raise Gone(f"there is no watch question {watch}")


def accept(state: State, watch: int) -> None:
    """Say that the last answer is right from now on. Raises Gone as `find`, and Misconfigured before the first."""
    last = find(state, watch).last
    if last is None or last.outcome in UNDECIDED:
        raise Misconfigured(f"watch question {watch} has no answer yet that could be right; wait until it was asked")
    with state.transaction() as tx:
        _decide(tx, watch, last)
        tx.run(
            """UPDATE watch_results SET flip = ''
               WHERE id = (SELECT max(id) FROM watch_results WHERE watch = :watch)""",
            watch=watch,
        )


def record(state: State, watch: WatchQuestion, result: WatchResult) -> str:
    """Keep what asking found; returns the flip, "" for none. The first answer is what is right where nobody said it."""
    flip = flip_of(watch, result)
    with state.transaction() as tx:
        tx.run(
            """INSERT INTO watch_results (watch, at, generation, outcome, rule, answer, sources, flip)
               SELECT id, :at, :generation, :outcome, :rule, :answer, :sources, :flip FROM watch_questions
               WHERE id = :watch""",
            watch=watch.id,
            at=result.at,
            generation=result.generation,
            outcome=result.outcome,
            rule=result.rule,
            answer=result.answer,
            sources=_written(result.sources),
            flip=flip,
        )
        if not watch.outcome and result.outcome not in UNDECIDED:
            _decide(tx, watch.id, result)
        tx.run("UPDATE watch_questions SET claimed_until = 0 WHERE id = :watch", watch=watch.id)
        tx.run(
            """DELETE FROM watch_results WHERE watch = :watch AND id NOT IN (
                 SELECT id FROM watch_results WHERE watch = :watch ORDER BY id DESC LIMIT :kept)""",
            watch=watch.id,
            kept=KEPT,
        )
    return flip


def flip_of(watch: WatchQuestion, result: WatchResult) -> str:
    """Say how a result differs from what is right; "" where it does not, or tells nothing."""
    if not watch.outcome or result.outcome in UNDECIDED:
        return ""
    if result.outcome != watch.outcome:
        return f"{watch.outcome} → {result.outcome}"
    lost = watch.sources and not {one.url or one.title for one in watch.sources} & {
        one.url or one.title for one in result.sources
    }
    return f"no longer cites {watch.sources[0].title or watch.sources[0].url}" if lost else ""


def find(state: State, watch: int) -> WatchQuestion:
    """Raises Gone where there is none."""
    rows = state.ask(f"SELECT {_COLUMNS} FROM watch_questions WHERE id = :id", id=watch)
    if not rows:
        raise Gone(f"there is no watch question {watch}")
    return _questions(state, rows)[0]


def everything(state: State) -> list[WatchQuestion]:
    """Return all of them, in the order in which they were made."""
    return _questions(state, state.ask(f"SELECT {_COLUMNS} FROM watch_questions ORDER BY id"))


def results(state: State, watch: int, limit: int = 50) -> list[WatchResult]:
    """Return what asking found, newest first."""
    rows = state.ask(
        "SELECT * FROM watch_results WHERE watch = :watch ORDER BY id DESC LIMIT :limit", watch=watch, limit=limit
    )
    return [_result(row) for row in rows]


def due(state: State) -> list[WatchQuestion]:
    """Return those that are to be asked now: after an hour, or once something that they may rest on has changed.

    None that somebody is asking is among them.
    """
    return _due(state, _unclaimed(state))


def claim_due(state: State, limit: int) -> list[WatchQuestion]:
    """Return so many of those that are due, for the caller alone to ask; `record` ends a claim, as does its time."""
    unclaimed = _unclaimed(state)  # before what is due: what somebody asked meanwhile has another number of claims
    claimed = []
    for one in _due(state, unclaimed)[:limit]:
        with state.transaction() as tx:
            if tx.run(
                """UPDATE watch_questions SET claims = claims + 1, claimed_until = :until
                   WHERE id = :id AND claims = :claims AND claimed_until <= :now""",
                id=one.id,
                claims=unclaimed[one.id],
                now=state.now(),
                until=state.now() + CLAIM.total_seconds(),
            ):
                claimed.append(one)
    return claimed


def _unclaimed(state: State) -> dict[int, int]:
    """How often each was claimed that nobody is asking."""
    rows = state.ask("SELECT id, claims FROM watch_questions WHERE claimed_until <= :now", now=state.now())
    return {int(row.id): int(row.claims) for row in rows}


def _due(state: State, unclaimed: Mapping[int, int]) -> list[WatchQuestion]:
    if not unclaimed:
        return []
    now, changed = state.now(), queries.searchable_changed_at(state)
    return [one for one in everything(state) if one.id in unclaimed and _is_due(one, now, changed)]


_COLUMNS = "id, question, index_name, language, outcome, documents, who, made_at"


def _is_due(watch: WatchQuestion, now: float, changed: float) -> bool:
    if watch.last is None:
        return True
    since = now - watch.last.at
    return since >= EVERY.total_seconds() or (changed > watch.last.at and since >= AFTER_CHANGE.total_seconds())


def _decide(tx: Any, watch: int, result: WatchResult) -> None:
    tx.run(
        "UPDATE watch_questions SET outcome = :outcome, documents = :documents WHERE id = :id",
        outcome=result.outcome,
        documents=_written(result.sources),
        id=watch,
    )


def _questions(state: State, rows: Sequence[Row[Any]]) -> list[WatchQuestion]:
    latest = state.ask(
        """SELECT * FROM watch_results WHERE id IN (
             SELECT max(id) FROM watch_results WHERE watch IN :ids GROUP BY watch)""",
        ids=[int(row.id) for row in rows],
    )
    last = {int(row.watch): _result(row) for row in latest}
    return [
        WatchQuestion(
            int(row.id),
            row.question,
            row.index_name,
            row.language,
            row.outcome,
            _sources(row.documents),
            row.who,
            row.made_at,
            last.get(int(row.id)),
        )
        for row in rows
    ]


def _result(row: Row[Any]) -> WatchResult:
    return WatchResult(row.at, int(row.generation), row.outcome, row.rule, row.answer, _sources(row.sources), row.flip)


def _sources(text: str) -> tuple[WatchSource, ...]:
    told: list[Mapping[str, str]] = json.loads(text)
    return tuple(WatchSource(one["title"], one["url"]) for one in told)


def _written(sources: Sequence[WatchSource]) -> str:
    return json.dumps([{"title": one.title, "url": one.url} for one in sources], ensure_ascii=False)
