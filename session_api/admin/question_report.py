"""Question report: what visitors asked, as the command, the admin API and a spreadsheet show it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from session_api.state import question_log
from session_api.state.question_log import AskedQuestion, QuestionFilter, QuestionTotals
from sync.rendering import moment
from sync.state.database import State

COLUMNS: Final = (
    *("id", "asked_at", "question", "outcome", "reason", "rule", "rating", "comment", "sources", "first_text_ms"),
    *("latency_ms", "tokens_read", "tokens_written", "cost_usd", "model", "origin", "thread", "answer", "visitor"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def report(state: State, wanted: QuestionFilter, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """Return questions, newest first, the sums since then, and `next`: ask with it as `before` for older ones."""
    found = question_log.questions(state, wanted, before=before, limit=limit + 1)
    return {
        "questions": [shown(question) for question in found[:limit]],
        "totals": shown_totals(question_log.totals(state, wanted.since, staff=wanted.staff)),
        "next": found[limit - 1].id if len(found) > limit else None,
    }


def shown(question: AskedQuestion) -> dict[str, Any]:
    """Return a question as JSON has it: times in ISO 8601, cost in US dollars."""
    values = asdict(question)
    values["asked_at"] = moment(question.asked_at).isoformat(timespec="seconds")
    values["outcome"] = str(question.outcome)
    values["sources"] = [dict(source) for source in question.sources]
    values["cost_usd"] = values.pop("micro_usd") / 1e6
    return values


def shown_totals(totals: QuestionTotals) -> dict[str, Any]:
    values = asdict(totals)
    values["cost_usd"] = values.pop("micro_usd") / 1e6
    return values


def as_csv(questions: Iterable[Mapping[str, Any]]) -> str:
    """Return a table with a header. What a spreadsheet would take for a formula is quoted: visitors wrote it."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for question in questions:
        table.writerow([_cell(question[column]) for column in COLUMNS])
    return written.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
