"""Verified answers: a person's answers, the documents they rest on, and what those said when they were confirmed.

This module alone writes `verified_answers` and `verified_sources`. Whether an answer stands is derived, never kept.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from sync.errors import Gone, Misconfigured
from sync.model import Audience
from sync.state import queries
from sync.state.database import State
from sync.state.queries import DocumentMark
from sync.state.transaction import Reader, Transaction

NOTICE = timedelta(days=14)  # so long before its end its owner is asked


class Standing(StrEnum):
    """Whether a verified answer is used: only ACTIVE and EXPIRING are."""

    ACTIVE = "active"
    EXPIRING = "expiring"  # within two weeks: its owner should confirm it
    EXPIRED = "expired"
    CHANGED = "changed"  # a document that it rests on says something else, is gone, or is not for its readers


@dataclass(frozen=True, slots=True)
class VerifiedSource:
    """A document that an answer rests on. `changed` "": it says what it said; else what became of it."""

    document: str
    title: str
    url: str
    changed: str


@dataclass(frozen=True, slots=True)
class VerifiedAnswer:
    """One answer. `phrasings`: other ways to ask for it. `language` "": any. `expires_at` None: it does not."""

    id: int
    question: str
    phrasings: tuple[str, ...]
    answer: str
    language: str
    audience: Audience
    owner: str
    made_at: float
    confirmed_at: float
    expires_at: float | None
    sources: tuple[VerifiedSource, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class VerifiedDraft:
    """What somebody writes. `documents`: addresses or source:id. `expires_in` None: it does not expire."""

    question: str
    answer: str
    owner: str
    phrasings: Sequence[str] = ()
    documents: Sequence[str] = ()
    language: str = ""
    audience: Audience = Audience.PUBLIC
    expires_in: timedelta | None = None


def add(state: State, draft: VerifiedDraft) -> int:
    """Keep the answer and return its id. Raises Misconfigured for a document that is unknown or not for its readers."""
    return _write(state, None, draft)


def change(state: State, answer: int, draft: VerifiedDraft) -> None:
    """Put the draft in the answer's place, confirmed now. Raises Gone where there is none, Misconfigured as `add`."""
    _write(state, answer, draft)


def confirm(state: State, answer: int, expires_in: timedelta | None = None) -> None:
    """Say that the answer is right as its documents are now. `expires_in` None: for as long as it was made for.

    Raises Gone where there is none, and Misconfigured where a document of it is gone or not for its readers.
    """
    kept = find(state, answer)
    if lost := [one for one in kept.sources if one.changed and one.changed != REWORDED]:
        raise Misconfigured(f"verified answer {answer}: {lost[0].document} is {lost[0].changed}; change the answer")
    with state.transaction() as tx:
        now = state.now()
        lasting = None if kept.expires_at is None else kept.expires_at - kept.confirmed_at
        seconds = lasting if expires_in is None else expires_in.total_seconds()
        tx.run(
            "UPDATE verified_answers SET confirmed_at = :now, expires_at = :expires_at WHERE id = :id",
            now=now,
            expires_at=None if seconds is None else now + seconds,
            id=answer,
        )
        marks = queries.document_marks(tx, [int(row.document) for row in _source_rows(tx, [answer])])
        _write_sources(tx, answer, list(marks.values()))


def remove(state: State, answer: int) -> None:
    """Forget the answer. Raises Gone where there is none."""
    with state.transaction() as tx:
        if not tx.run("DELETE FROM verified_answers WHERE id = :id", id=answer):
            raise Gone(f"there is no verified answer {answer}")


def find(state: State, answer: int) -> VerifiedAnswer:
    """Raises Gone where there is none."""
    rows = state.ask(f"SELECT {_COLUMNS} FROM verified_answers WHERE id = :id", id=answer)
    if not rows:
        raise Gone(f"there is no verified answer {answer}")
    return _answers(state, rows)[0]


def everything(state: State) -> list[VerifiedAnswer]:
    """Return all of them, in the order in which they were made."""
    return _answers(state, state.ask(f"SELECT {_COLUMNS} FROM verified_answers ORDER BY id"))


def askable(state: State, audiences: Collection[Audience]) -> list[tuple[int, str, tuple[str, ...], str]]:
    """Return id, question, phrasings and language of those that have not expired and are for one of the audiences."""
    rows = state.ask(
        """SELECT id, question, phrasings, language FROM verified_answers
           WHERE audience IN :audiences AND (expires_at IS NULL OR expires_at > :now) ORDER BY id""",
        audiences=[one.value for one in audiences],
        now=state.now(),
    )
    return [(int(row.id), row.question, tuple(json.loads(row.phrasings)), row.language) for row in rows]


_COLUMNS = "id, question, phrasings, answer, language, audience, owner, made_at, confirmed_at, expires_at"
REWORDED = "changed since it was confirmed"


def _write(state: State, answer: int | None, draft: VerifiedDraft) -> int:
    now = state.now()
    values = {
        "asked": draft.question,
        "phrasings": json.dumps(list(draft.phrasings), ensure_ascii=False),
        "answer": draft.answer,
        "language": draft.language,
        "audience": draft.audience.value,
        "owner": draft.owner,
        "now": now,
        "expires_at": None if draft.expires_in is None else now + draft.expires_in.total_seconds(),
    }
    with state.transaction() as tx:
        marks = _marks(tx, draft)
        if answer is None:
            answer = int(tx.ask(_INSERT, **values)[0].id)
        elif not tx.run(_UPDATE, id=answer, **values):
            raise Gone(f"there is no verified answer {answer}")
        _write_sources(tx, answer, marks)
    return answer


_INSERT = """INSERT INTO verified_answers
      (question, phrasings, answer, language, audience, owner, made_at, confirmed_at, expires_at)
    VALUES (:asked, :phrasings, :answer, :language, :audience, :owner, :now, :now, :expires_at) RETURNING id"""
_UPDATE = """UPDATE verified_answers SET question = :asked, phrasings = :phrasings, answer = :answer,
      language = :language, audience = :audience, owner = :owner, confirmed_at = :now, expires_at = :expires_at
    WHERE id = :id"""


def _marks(tx: Transaction, draft: VerifiedDraft) -> list[DocumentMark]:
    known = queries.documents_named(tx, list(draft.documents))
    if unknown := [name for name in draft.documents if name not in known]:
        raise Misconfigured(f'no document "{unknown[0]}"; name its address or source:id, or sync its source')
    marks = list(queries.document_marks(tx, [one.id for one in known.values()]).values())
    for mark in marks:
        if draft.audience is Audience.PUBLIC and mark.audience is not Audience.PUBLIC:
            raise Misconfigured(f"{mark.name} is internal; a public answer cannot rest on it, make it internal, too")
    return marks


def _write_sources(tx: Transaction, answer: int, marks: Sequence[DocumentMark]) -> None:
    tx.run("DELETE FROM verified_sources WHERE answer = :answer", answer=answer)
    tx.run_many(
        "INSERT INTO verified_sources (answer, document, fingerprint) VALUES (:answer, :document, :fingerprint)",
        [{"answer": answer, "document": mark.id, "fingerprint": _fingerprint(mark)} for mark in marks],
    )


def _source_rows(reader: Reader, answers: Sequence[int]) -> Sequence[Row[Any]]:
    return reader.ask(
        "SELECT answer, document, fingerprint FROM verified_sources WHERE answer IN :answers ORDER BY document",
        answers=list(answers),
    )


def _answers(state: State, rows: Sequence[Row[Any]]) -> list[VerifiedAnswer]:
    resting = _source_rows(state, [int(row.id) for row in rows])
    marks = queries.document_marks(state, [int(row.document) for row in resting])
    now = state.now()
    return [_answer(row, [one for one in resting if one.answer == row.id], marks, now) for row in rows]


def _answer(row: Row[Any], resting: Sequence[Row[Any]], marks: dict[int, DocumentMark], now: float) -> VerifiedAnswer:
    audience = Audience(row.audience)
    sources = tuple(_source(one, marks.get(int(one.document)), audience) for one in resting)
    return VerifiedAnswer(
        id=int(row.id),
        question=row.question,
        phrasings=tuple(json.loads(row.phrasings)),
        answer=row.answer,
        language=row.language,
        audience=audience,
        owner=row.owner,
        made_at=row.made_at,
        confirmed_at=row.confirmed_at,
        expires_at=row.expires_at,
        sources=sources,
        standing=standing(row.expires_at, now, changed=any(one.changed for one in sources)),
    )


def standing(expires_at: float | None, now: float, *, changed: bool) -> Standing:
    """Judge whether an answer is to be used."""
    if expires_at is not None and expires_at <= now:
        return Standing.EXPIRED
    if changed:
        return Standing.CHANGED
    if expires_at is not None and expires_at - now <= NOTICE.total_seconds():
        return Standing.EXPIRING
    return Standing.ACTIVE


def _source(row: Row[Any], mark: DocumentMark | None, audience: Audience) -> VerifiedSource:
    if mark is None:
        return VerifiedSource("", "", "", "gone")
    changed = "" if row.fingerprint == _fingerprint(mark) else REWORDED
    if mark.gone:
        changed = "gone"
    elif audience is Audience.PUBLIC and mark.audience is not Audience.PUBLIC:
        changed = "not public any more"
    return VerifiedSource(mark.name, mark.title, mark.url, changed)


def _fingerprint(mark: DocumentMark) -> str:
    """What a document says: its title and the words of its text; its version where that is too short to tell."""
    told = f"{mark.title}\n{mark.likeness or mark.version}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]
