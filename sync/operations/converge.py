"""Foreground sync: turns on sources until nothing is due, as a person in front of a terminal expects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sync.engine import Engine, Outcome, Result
from sync.errors import Misconfigured
from sync.operations.due import PATIENCE
from sync.operations.requests import ask_full, end_waits
from sync.pipeline.turn import NoProgress, ProgressListener
from sync.state import queries, sources
from sync.state.database import State

_MAX_WAIT = 5.0
_BUSY_WAIT = 0.25


@dataclass(slots=True)
class Summary:
    """What a sync did for one source; `counts` by stage. `held` documents wait for a release, `error` says why not."""

    source: str
    counts: dict[str, int] = field(default_factory=dict)
    documents: int = 0
    problems: int = 0
    held: int = 0
    seconds: float = 0.0
    error: str = ""

    @property
    def converged(self) -> bool:
        return not self.error and not self.held


def converge(
    engine: Engine, names: Sequence[str] = (), *, full: bool = False, progress: ProgressListener | None = None
) -> list[Summary]:
    """Run turns on the named sources, or all, until nothing is due; joins turns that run in another process.

    A person asks: what waits after an earlier failure, source, document or file, is tried at once. `full` lists
    everything again. A source is given up, with its error, when only a person can help it, or after two minutes without
    progress. Raises Misconfigured for an unknown name.
    """
    chosen = engine.require_sources(names)
    if full:
        ask_full(engine.state, chosen, who="cli")
    summaries = [_converge_one(engine, name, progress or NoProgress()) for name in chosen]
    engine.housekeep()
    return summaries


def _converge_one(engine: Engine, name: str, progress: ProgressListener) -> Summary:
    state, summary = engine.state, Summary(name)
    started = moved = state.clock()
    pulse = queries.progress_mark(state, name)
    if _wait(state, name):
        with state.transaction() as tx:
            sources.end_wait(tx, name)
    hurried = False
    while True:
        result = engine.turn(name, progress)
        for stage, count in result.counts.items():
            summary.counts[stage] = summary.counts.get(stage, 0) + count
        number, soonest = queries.waiting(state, name, problems=not hurried)
        if soonest and not hurried:
            hurried, soonest = True, timedelta(0)
            with state.transaction() as tx:
                end_waits(tx, name)
        if _is_over(state, name, result, number, summary):
            break
        if (now := queries.progress_mark(state, name)) != pulse:
            pulse, moved = now, state.clock()
        elif state.clock() - moved >= PATIENCE:
            summary.error = f"no progress for 2 minutes, {number} still to do: {_reason(state, name, result)}"
            break
        engine.wait(_pause(state, name, result, soonest))
    believed = queries.believed(state, name)
    summary.documents, summary.held = believed.total, believed.unreleased if believed.held else 0
    summary.problems = len(queries.problems(state, name))
    summary.seconds = (state.clock() - started).total_seconds()
    return summary


def _is_over(state: State, name: str, result: Result, number: int, summary: Summary) -> bool:
    """Whether more turns would change nothing: all is done, or only a person can help."""
    if isinstance(result.failure, Misconfigured):
        summary.error = str(result.failure)
        return True
    if result.failure is not None and _wait(state, name) > PATIENCE.total_seconds():
        summary.error = f"{result.failure}; it may be asked again in {_wait(state, name):.0f} s"
        return True
    listing = queries.source(state, name).snapshot_cursor is not None
    unpolled = _wait(state, name) > 0  # a turn meanwhile only published what we hold
    return result.outcome is Outcome.DONE and not (number or listing or unpolled or result.unread)


def _pause(state: State, name: str, result: Result, soonest: timedelta | None) -> float:
    if result.outcome in {Outcome.BUSY, Outcome.LOST}:
        return _BUSY_WAIT
    if result.failure is not None or _wait(state, name):
        return min(max(_wait(state, name), 0.1), _MAX_WAIT)
    if result.counts or soonest is None:
        return 0.0
    return min(max(soonest.total_seconds(), 0.1), _MAX_WAIT)


def _wait(state: State, name: str) -> float:
    """Seconds until the source may be asked again after a failure."""
    return max(0.0, float(queries.source(state, name).not_before) - state.now())


def _reason(state: State, name: str, result: Result) -> str:
    if result.failure is not None:
        return str(result.failure)
    if result.outcome in {Outcome.BUSY, Outcome.LOST}:
        return "another worker holds the source; see `answerwell status`"
    if error := queries.source(state, name).error:
        return str(error)
    return queries.first_error(state, name) or "see `answerwell status`"
