"""Whether saved questions find their documents and get right answers: `evaluate`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json

if TYPE_CHECKING:
    from cli.evaluating import EvaluatedQuestion, EvaluationReport
    from sync.operations.evaluation import RankChange, Recall


def evaluate(
    questions: Annotated[
        Path | None, typer.Argument(metavar="[QUESTIONS.yaml]", help="Default: the file that [[index]] names.")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    index: Annotated[str, typer.Option("--index", help="Default: the one customers are answered from.")] = "",
    compare: Annotated[int | None, typer.Option("--compare", help="Search this generation of it, too.")] = None,
    search_only: Annotated[bool, typer.Option("--search-only", help="Ask no model: it costs nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Measure search and answers on saved questions.

    Exit code 1 below least_recall of the index. docs/answers.md describes the file.
    """
    from cli import evaluating, wiring

    settings = wiring.read(config)
    wanted = evaluating.EvaluationRequest(index, questions, compare, not search_only)
    with wiring.opened(settings) as state:
        report = evaluating.evaluate(settings, state, wanted)
    if as_json:
        output.print_json(asdict(report))
    else:
        _show(report)
    if not report.reaches_least_recall:
        output.say(f"answerwell: recall@5 is {report.recall.at_5:.2f}, least_recall is {report.least_recall:.2f}")
        raise typer.Exit(1)


def _show(report: "EvaluationReport") -> None:
    from rich.table import Table
    from rich.text import Text

    console = output.stdout()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "rank", "best found", "answer", "question"):
        table.add_column(column)
    for case in report.cases:
        table.add_row(*map(Text, _row(case)))
    console.print(table)
    console.print(Text(f"\n{report.index}, generation {report.generation}: {_recall(report.recall)}"))
    if (answers := report.answers) is not None:
        told = ("answered", "cited_right", "contains_right", "abstained_right", "right")
        parts = [
            f"{name.replace('_', ' ')} {share:.0%}" for name in told if (share := getattr(answers, name)) is not None
        ]
        console.print(Text(f"{' · '.join(parts)} · ${answers.cost_usd:.4f}"))
    if (compared := report.compared) is not None:
        console.print(Text(f"\ngeneration {compared.generation}: {_recall(compared.recall)}"))
        for name in ("gained", "lost", "moved"):
            for change in getattr(compared.changes, name):
                console.print(Text(f"  {name}: {_change(change)}"))


def _row(case: "EvaluatedQuestion") -> tuple[str, ...]:
    answer = case.answer
    right = (case.rank is not None or not case.documents) if answer is None else answer.right
    found = case.found[0].title if case.found else "nothing"
    wrong = [] if answer is None else [f"lacks “{text}”" for text in answer.missing]
    if answer is not None and answer.right_source is False and answer.outcome == "answered":
        wrong.append("another page")
    outcome = "" if answer is None else ", ".join([answer.outcome, *filter(None, [answer.rule]), *wrong])
    return "✓" if right else "✗", str(case.rank or "-"), found, outcome, case.question


def _recall(recall: "Recall") -> str:
    if not recall.questions:
        return "no question names a document"
    parts = (("recall@1", recall.at_1), ("@5", recall.at_5), ("@10", recall.at_10), ("MRR", recall.mrr))
    return " ".join(f"{name} {value:.2f}" for name, value in parts) + f" on {recall.questions} questions"


def _change(change: "RankChange") -> str:
    return f"{change.before or 'not found'} → {change.after or 'not found'}  {change.question} (line {change.line})"
