"""`questions`: what visitors asked, and what became of it."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json

if TYPE_CHECKING:
    from rich.table import Table

    from sync.state.database import State

PAGE = 200
TOTALS = (
    ("answered_with_source", "answered with a source"),
    ("answered_without_source", "answered without a source"),
    ("confirmed_helpful", "confirmed helpful"),
    ("not_helpful", "called not helpful"),
    ("abandoned", "abandoned"),
    ("escalated", "escalated to a person"),
    ("unanswered", "unanswered"),
    ("conversation", "small talk"),
)


def questions(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    unanswered: Annotated[bool, typer.Option("--unanswered", help="Only those without an answer.")] = False,
    staff: Annotated[bool, typer.Option("--staff", help="Those of the staff, in place of customers'.")] = False,
    since: Annotated[str, typer.Option("--since", metavar="DURATION", help="How far back: 24h, 30d.")] = "7d",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many of the newest at most.")] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write a table for a spreadsheet to standard output.")] = False,
    as_json: Json = False,
) -> None:
    """List what visitors asked, and what became of it.

    Example: answerwell questions --unanswered --since 30d
    """
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other")
    start = _duration(since)
    found = _read(config, start, limit, unanswered=unanswered, staff=staff)
    if as_json:
        output.print_json(found)
    elif as_csv:
        from session_api.admin import question_report

        output.tell(question_report.as_csv(found["questions"]).rstrip())
    else:
        _show(found, since)


def _duration(since: str) -> timedelta:
    from sync.setting_types import duration

    try:
        return duration(since)
    except ValueError as error:
        raise typer.BadParameter(f"--since {error}") from error


def _read(config: Path, start: timedelta, limit: int, *, unanswered: bool, staff: bool) -> dict[str, Any]:
    from cli import wiring
    from session_api.state.question_log import UNANSWERED, QuestionFilter

    with wiring.opened(wiring.read(config)) as state:
        outcomes = UNANSWERED if unanswered else ()
        wanted = QuestionFilter(state.now() - start.total_seconds(), outcomes, staff=staff)
        return _newest(state, wanted, limit)


def _newest(state: "State", wanted: Any, limit: int) -> dict[str, Any]:
    from session_api.admin import question_report

    found = question_report.report(state, wanted, limit=min(limit, PAGE))
    while found["next"] is not None and len(found["questions"]) < limit:
        left = min(limit - len(found["questions"]), PAGE)
        older = question_report.report(state, wanted, before=found["next"], limit=left)
        found["questions"] += older["questions"]
        found["next"] = older["next"]
    return found


def _show(found: dict[str, Any], since: str) -> None:
    totals = found["totals"]
    if found["questions"]:
        output.stdout().print(_table(found["questions"]))
    parts = [f"{totals[name]:,} {words}" for name, words in TOTALS if totals[name]]
    asked = totals["asked"]
    output.tell(f"{asked:,} asked in the last {since}" + (f": {', '.join(parts)}" if parts else ""))
    if totals["cost_usd"]:
        output.tell(f"answering them cost ${totals['cost_usd']:,.2f}")
    for reason, number in list(totals["reasons"].items())[:5]:
        output.tell(f"  {number:,} unanswered: {reason}")


def _table(questions: list[dict[str, Any]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("asked (UTC)", "question", "outcome", "rating", "source"):
        table.add_column(column, overflow="fold")
    for one in questions:
        outcome = f"{one['outcome']}: {one['reason']}" if one["reason"] else one["outcome"]
        source = one["sources"][0]["title"] if one["sources"] else ""
        words = " ".join(one["question"].split())
        cells = (one["asked_at"][:16].replace("T", " "), words[:120], outcome, one["rating"], source)
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    return table


def _printable(text: str) -> str:
    """Leave out what a terminal would act on: visitors wrote it."""
    return "".join(letter for letter in text if letter.isprintable())
