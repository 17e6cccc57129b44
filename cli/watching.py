"""Watching: watch questions that are due are asked, and what they found is kept."""

import asyncio
from collections.abc import Sequence

import structlog

from answering.asking import ExplainedAnswer
from answering.events import AnswerOutcome
from answering.state import watch
from answering.state.watch import WatchQuestion, WatchResult, WatchSource
from cli import asking
from cli.asking import AskingFailed
from cli.config import Config
from session_api.state import spend
from sync.state import queries
from sync.state.database import State

AT_ONCE = 20  # in one task, which must end in time; the rest is due again at once

log = structlog.get_logger()


def ask_due(config: Config, state: State) -> int:
    """Ask those that are due, as many as one task may; returns how many. None once `daily_usd` is spent.

    Several tasks may do so at once: each question is asked by one of them.
    """
    due = watch.due(state)[:AT_ONCE]
    if due and config.chat and config.chat.daily_usd and spend.spent_today(state) >= config.chat.daily_usd:
        log.warning(
            "watch_questions_wait", questions=len(due), fix="daily_usd is spent; raise it, or wait for tomorrow"
        )
        return 0
    claimed = watch.claim_due(state, AT_ONCE) if due else []
    ask(config, state, claimed)
    return len(claimed)


def ask(config: Config, state: State, questions: Sequence[WatchQuestion]) -> list[str]:
    """Ask these now and keep what they found; returns the flip of each, "" for none."""
    if not questions:
        return []
    known = {one.name for one in config.indexes}
    asked = [asking.Asked(one.question, one.index if one.index in known else "", one.language) for one in questions]
    told = asyncio.run(asking.ask_all(config, state, asked))
    flips = [watch.record(state, one, _result(state, one, answer)) for one, answer in zip(questions, told, strict=True)]
    for one, flip in zip(questions, flips, strict=True):
        if flip:
            log.warning("watch_question_flipped", watch=one.id, index=one.index)
    return flips


def _result(state: State, question: WatchQuestion, answer: ExplainedAnswer | AskingFailed) -> WatchResult:
    live = queries.active(state, question.index)
    generation = live.id if live else 0
    if isinstance(answer, AskingFailed):
        return WatchResult(state.now(), generation, AnswerOutcome.ERROR.value, answer.code, "", ())
    sources = tuple(WatchSource(one.title, one.url) for one in answer.sources)
    return WatchResult(state.now(), generation, answer.outcome, answer.rule, answer.answer, sources)
