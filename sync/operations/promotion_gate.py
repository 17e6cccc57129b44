"""Promotion gate: a rebuilt store is measured on saved questions before searches use it.

It stops a reindex that loses a question's document, or whose recall is below `least_recall`. An operator who promotes
by hand goes over it; what was measured is kept either way.
"""

import json
from dataclasses import asdict, dataclass

import structlog

from sync.engine import Engine
from sync.operations import evaluation, saved_questions
from sync.operations.evaluation import Comparison, Recall
from sync.state import evaluations, queries

SHOWN = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GateReport:
    """How the store that was built compares with the live one. `unknown`: documents in the file that are not known."""

    index: str
    generation: int
    live: int
    before: Recall
    after: Recall
    comparison: Comparison
    unknown: list[str]
    least_recall: float | None

    @property
    def objection(self) -> str:
        """Why the new store should not be promoted by itself; "" where nothing speaks against it."""
        lost = self.comparison.lost
        if lost:
            shown = "; ".join(f'"{one.question[:80]}" (line {one.line}, was {one.before})' for one in lost[:SHOWN])
            more = f"; and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
            return f"the new store no longer finds the document of {len(lost)} saved questions: {shown}{more}"
        if self.least_recall is not None and self.after.questions and self.after.at_5 < self.least_recall:
            return f"recall@5 of the new store is {self.after.at_5:.2f}, least_recall is {self.least_recall:.2f}"
        return ""


def objection(engine: Engine, index: str) -> str:
    """Measure the index's new store, keep the report, and say why it should not be promoted by itself; "" where it may.

    Raises what searching raises, and Misconfigured for a file of questions that cannot be read.
    """
    report = measure(engine, index)
    if report is None:
        return ""
    with engine.state.transaction() as tx:
        evaluations.record(tx, index, report.generation, json.dumps(asdict(report)), engine.state.now())
    log.info(
        "generation_evaluated",
        index=index,
        generation=report.generation,
        gained=len(report.comparison.gained),
        lost=len(report.comparison.lost),
        moved=len(report.comparison.moved),
    )
    if not report.objection:
        return ""
    return f"not promoted: {report.objection}. `answerwell promote {index}` switches to it all the same"


def measure(engine: Engine, index: str) -> GateReport | None:
    """Compare the store that is being built with the live one; None where there are no saved questions, or no two."""
    configured = engine.configured_index(index)
    building, live = queries.building(engine.state, index), queries.active(engine.state, index)
    if configured.questions is None or building is None or live is None:
        return None
    questions = saved_questions.read(configured.questions)
    known, unknown = saved_questions.resolve(engine.state, questions)
    asked = evaluation.measurable(questions, known)
    before = evaluation.ranks(engine, live, asked, known)
    after = evaluation.ranks(engine, building, asked, known)
    return GateReport(
        index,
        building.id,
        live.id,
        evaluation.recall(before),
        evaluation.recall(after),
        evaluation.compare(before, after),
        [str(one) for one in unknown],
        configured.least_recall,
    )
