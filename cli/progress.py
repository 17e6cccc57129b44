"""A sync as it goes: bars where a person watches, a line every few seconds where a log does."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

STAGES = ("observed", "fetched", "uploaded", "attached", "patched", "removed")
PAUSE = 3.0


class Watched(Protocol):
    """What the engine tells as it works; from any of its threads."""

    def advance(self, source: str, stage: str, by: int = 1) -> None: ...


@contextmanager
def watching(console: Console) -> Iterator[Watched]:
    """Show what passes on the console until the block ends."""
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as shown:
        yield Bars(shown)


class Bars:
    """One bar for each source: it fills as what was observed is published."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._tasks: dict[str, TaskID] = {}
        self._tally = _Tally()

    def advance(self, source: str, stage: str, by: int = 1) -> None:
        with self._tally.lock:
            counts = self._tally.add(source, stage, by)
            if source not in self._tasks:
                self._tasks[source] = self._shown.add_task(source, total=None, counts="")
            published = counts["uploaded"] + counts["patched"]
            self._shown.update(
                self._tasks[source],
                total=max(counts["observed"], published) if published else None,
                completed=published,
                counts=_sentence(counts),
            )


class Lines:
    """One line when something happens, and then none for some seconds."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._last: dict[str, float] = {}
        self._tally = _Tally()

    def advance(self, source: str, stage: str, by: int = 1) -> None:
        with self._tally.lock:
            counts = self._tally.add(source, stage, by)
            now = self._clock()
            if now - self._last.get(source, -PAUSE) >= PAUSE:
                self._last[source] = now
                self._console.print(f"{source}: {_sentence(counts)}", markup=False)


class _Tally:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def add(self, source: str, stage: str, by: int) -> Counter[str]:
        counts = self._counts.setdefault(source, Counter())
        counts[stage] += by
        return counts


def _sentence(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[stage]:,} {stage}" for stage in STAGES if counts[stage])
