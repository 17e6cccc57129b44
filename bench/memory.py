"""Memory of the worker that syncs one source of `--size` documents: at most 300 MB at its peak, for 100,000.

The worker is a process of its own. The source is made up page by page, and so is what the index lists: neither
remembers documents, and what is measured is the engine and its SQLite state. `--wire` puts the real OpenAI client in,
against a fake in another process. `peak` is the most resident memory within a phase (where the system cannot tell, so
far). The baseline is a process that does nothing but hold every listed document. The ratio is the highest peak over
the baseline, both less what an idle worker has.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from bench._apart import apart
from bench._fake import Manner, served
from bench._made_up import MadeUp
from sync.config import KnowledgeIndex, Source
from sync.engine import Engine
from sync.model import (
    Attributes,
    Audience,
    Chunking,
    FileId,
    FileState,
    Filter,
    Hit,
    Index,
    Rendered,
    StoredFile,
    StoreId,
    Upload,
)
from sync.operations import commands, converge
from sync.rate_limit import Unlimited
from sync.rendering import render
from sync.state.database import State
from sync.vector_store.client import connect
from sync.vector_store.index import OpenAIIndex

MEGABYTE = 1_000_000
MAX_COUNT = 300
SOURCE = "made-up"


@dataclass(frozen=True)
class Phase:
    """What one phase needed, in seconds and bytes."""

    name: str
    seconds: float
    peak: int


@dataclass
class Derived:
    """Implements `sync.model.Index` over files that are made again from their documents whenever they are asked for."""

    made_up: MadeUp
    installation: str
    uploaded: int = 0
    attached: dict[StoreId, int] = field(default_factory=dict)

    def create(self, name: str) -> StoreId:
        self.attached.setdefault(StoreId(name), 0)
        return StoreId(name)

    def store_problem(self, store: StoreId) -> str:
        return "" if store in self.attached else "is not there"

    def drop(self, store: StoreId) -> None:
        del self.attached[store]

    def upload(self, rendered: Rendered) -> FileId:
        self.uploaded += 1
        return _file(str(rendered.attributes["document"]).rpartition(":")[2])

    def attach(
        self, store: StoreId, files: Mapping[FileId, Attributes], chunking: Chunking
    ) -> dict[FileId, str | None]:
        del chunking
        self.attached[store] += len(files)
        return dict.fromkeys(files)

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        del store
        return StoredFile(file, FileState.COMPLETED, self._rendered(int(file.rpartition("-")[2])).attributes)

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        raise AssertionError(f"nothing changed, but {file} in {store} was patched with {attributes}")

    def detach(self, store: StoreId, file: FileId) -> None:
        raise AssertionError(f"nothing changed, but {file} was detached from {store}")

    def delete(self, file: FileId) -> None:
        raise AssertionError(f"nothing changed, but {file} was deleted")

    def exists(self, file: FileId) -> bool:
        return int(file.rpartition("-")[2]) < self.made_up.size

    def files(self, store: StoreId) -> Iterator[StoredFile]:
        for number in range(self.attached[store]):
            yield self.status(store, _file(str(number)))

    def uploads(self) -> Iterator[Upload]:
        for number in range(self.uploaded):
            yield Upload(_file(str(number)), self._rendered(number).filename)

    def search(self, store: StoreId, query: str, filters: Filter | None, limit: int) -> list[Hit]:
        raise AssertionError(f"nobody searches {store} for {query} ({filters}, {limit})")

    def _rendered(self, number: int) -> Rendered:
        return render(self.made_up.document(number), source=SOURCE, installation=self.installation)


def main() -> None:
    asked = _arguments()
    made_up = MadeUp(asked.size)
    print(f"{asked.size} documents\n{'phase':<26}{'seconds':>9}{'peak MB':>9}", flush=True)
    [held] = list(_phases(partial(hold_all, made_up)))
    phases = []
    with ExitStack() as stack:
        url = stack.enter_context(apart(partial(served, Manner()))) if asked.wire else ""
        for phase in _phases(partial(work, made_up, url)):
            phases.append(phase)
            print(f"{phase.name:<26}{phase.seconds:9.1f}{phase.peak / MEGABYTE:9.0f}", flush=True)
    idle, peak = phases[0].peak, max(phase.peak for phase in phases)
    print(f"{'baseline: hold them all':<26}{held.seconds:9.1f}{held.peak / MEGABYTE:9.0f}")
    print(f"\nhighest peak {peak / MEGABYTE:.0f} MB (at most {MAX_COUNT}), over idle {(peak - idle) / MEGABYTE:.0f} MB")
    print(f"ratio        {(peak - idle) / (held.peak - idle):.2f}")
    sys.exit(peak > MAX_COUNT * MEGABYTE)


def work(made_up: MadeUp, url: str, pipe: Connection) -> None:
    """The worker: the phases of a source's life, each told when it is done. Ends with an error if one went wrong."""
    with tempfile.TemporaryDirectory() as folder, Watch(pipe) as watch:
        state = State.open(f"sqlite:///{Path(folder, 'state.db')}")
        engine = Engine(
            state,
            _index(made_up, url, state.installation),
            [Source(SOURCE, SOURCE, made_up)],
            [KnowledgeIndex("public", frozenset({Audience.PUBLIC})), KnowledgeIndex("internal", frozenset(Audience))],
        )
        watch.passed("idle")
        _sync(engine, watch, "first sync", full=False, uploaded=made_up.size)
        _sync(engine, watch, "sync without a change", full=False, uploaded=0)
        _sync(engine, watch, "full snapshot", full=True, uploaded=0)
        findings = commands.audit(engine, repair=True)
        if not findings.ok:
            raise SystemExit(f"the audit found {findings}")
        watch.passed("audit")
        state.close()


def hold_all(made_up: MadeUp, pipe: Connection) -> None:
    with Watch(pipe) as watch:
        held = [made_up.document(number) for number in range(made_up.size)]
        watch.passed(f"hold {len(held)}")


class Watch:
    """Tells, phase after phase, how long it took and the most memory that was resident meanwhile."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()

    def passed(self, name: str) -> None:
        self._pipe.send(Phase(name, time.perf_counter() - self._started, _peak()))
        _forget_peak()
        self._started = time.perf_counter()


def _index(made_up: MadeUp, url: str, installation: str) -> Index:
    if not url:
        return Derived(made_up, installation)
    client = connect("sk-bench", base_url=f"{url}/v1")
    return OpenAIIndex(client, installation=installation, uploads=Unlimited(), attaches=Unlimited())


def _sync(engine: Engine, watch: Watch, phase: str, *, full: bool, uploaded: int) -> None:
    [summary] = converge.converge(engine, full=full)
    if not summary.converged or summary.counts.get("uploaded", 0) != uploaded:
        raise SystemExit(f"{phase}: expected {uploaded} uploads: {summary}")
    watch.passed(phase)


def _phases(worker: "partial[None]") -> Iterator[Phase]:
    """Run the worker in a process of its own and yield its phases as they pass."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=worker, args=(theirs,))
    process.start()
    theirs.close()
    try:
        while True:
            yield ours.recv()
    except EOFError:
        process.join()
        if process.exitcode:
            raise SystemExit(f"the worker ended with {process.exitcode}") from None


def _file(number: str) -> FileId:
    return FileId(f"file-{number}")


def _peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _forget_peak() -> None:
    """Have the system begin a new peak, see proc_pid_clear_refs(5); elsewhere the peak is of the whole life."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=20_000, help="documents in the source (20000; the promise: 100000)")
    parser.add_argument("--wire", action="store_true", help="through the real OpenAI client, to a fake in a process")
    return parser.parse_args()


if __name__ == "__main__":
    main()
