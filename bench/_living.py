"""A company whose `answerwell up` runs, with as many sources as wanted; and what its process tree costs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.kit import Company, company
from tests.workers.kit import Running, children, read, serve_on_a_free_port, up

TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def living(articles: int, *, sources: int = 1, every: str = "1h") -> Iterator[tuple[Company, Running]]:
    """`up`, ready, over a help center of that many articles, read by several sources."""
    with tempfile.TemporaryDirectory() as folder, company(Path(folder)) as acme:
        serve_on_a_free_port(acme)
        text = acme.config.read_text("utf-8").replace('every = "1h"', f'every = "{every}"')
        section = text[text.index("[[source]]") : text.index("[admin]")]
        more = "".join(section.replace("help-center", f"help-center-{number}") for number in range(2, sources + 1))
        acme.config.write_text(text.replace("[admin]", f"{more}[admin]"), "utf-8")
        for number in range(articles):
            acme.zendesk.put_article(title=f"Question {number}", body=f"<p>The answer is number {number}.</p>")
        with up(acme) as running:
            yield acme, running


def cpu_seconds(running: Running) -> dict[str, float]:
    """What each process of the tree has used so far, by its command."""
    used: dict[str, float] = {}
    for pid, command in {running.process.pid: "up", **children(running.process.pid)}.items():
        fields = read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        used[_name(command)] = (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0
    return used


def memory(running: Running) -> dict[str, tuple[float, float]]:
    """Each process's memory in MB: resident, and its proportional share of what is shared."""
    found: dict[str, tuple[float, float]] = {}
    for pid, command in {running.process.pid: "up", **children(running.process.pid)}.items():
        rows = dict(line.split(":", 1) for line in read(Path(f"/proc/{pid}/smaps_rollup")).splitlines() if ":" in line)
        numbers = [int(rows.get(key, "0 kB").split()[0]) / 1024 for key in ("Rss", "Pss")]
        found[_name(command)] = (numbers[0], numbers[1])
    return found


def _name(command: str) -> str:
    return next((name for name in ("worker", "api", "valkey-server") if f"{name} " in command), "up")
