"""What goes wrong at night, done to real processes. After each: nothing lost, nothing twice, and somebody was told."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.wire import Fault, Wire
from tests.cli.killing import Truth
from tests.cli.kit import ROOT, Company, company
from tests.workers.kit import Running, children, eventually, serve_on_a_free_port, started, state_of, synced, up
from workers.app import create, sender
from workers.broker import broker

pytestmark = pytest.mark.processes

QUOTA = (
    '{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}'
)


@pytest.fixture
def truth(acme: Company) -> Truth:
    """Articles whose every sentence is known."""
    made = Truth(acme)
    made.grow(12)
    return made


@dataclass
class Site:
    """A company that is in step, and `answerwell up` beside it."""

    acme: Company
    truth: Truth
    running: Running


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with company(tmp_path_factory.mktemp("living")) as acme:
        serve_on_a_free_port(acme)
        truth = Truth(acme)
        truth.grow(12)
        with up(acme) as running:
            yield Site(acme, truth, running)


@pytest.fixture
def site(living: Site) -> Iterator[Site]:
    """One faultless day after another: what a test finds is in step and has said nothing yet."""
    synced(living.running, living.truth)
    living.running.said.clear()
    yield living
    living.acme.openai.processing = 0.0
    for wire in (living.acme.zendesk_wire, living.acme.openai_wire):
        wire.heal()


@pytest.mark.parametrize(
    ("wire", "path", "method"),
    [
        pytest.param("zendesk", r"/incremental/articles", "GET", id="while it reads changes"),
        pytest.param("zendesk", r"/oauth|/articles", "GET", id="while it asks the source"),
        pytest.param("openai", r"/v1/files\?", "POST", id="while it uploads"),
        pytest.param("openai", r"/file_batches\?", "POST", id="while it attaches"),
        pytest.param("openai", r"/file_batches/", "GET", id="while it waits for the store"),
        pytest.param("openai", r"/vector_stores/.*/files/", "DELETE", id="while it detaches"),
        pytest.param("openai", r"/v1/files/", "DELETE", id="while it deletes"),
    ],
)
def test_a_worker_killed_in_any_stage_is_followed_by_one_that_finishes(
    site: Site, wire: str, path: str, method: str
) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    acme.openai.processing = 0.5  # else a batch is done before anybody asks for it
    for article in list(truth.sentences):
        truth.rewrite(article)
    hanging = wire_of(acme, wire).fail(Fault(path=path, method=method, manner="hang", seconds=600))
    asked = running.post("/api/admin/sources/help-center/sync")
    eventually(lambda: hanging.seen > 0, running.story)

    running.kill_child("worker")
    wire_of(acme, wire).heal()
    done = running.followed(asked["id"])
    synced(running, truth)

    running.until_said("worker.*process_died")
    assert done["state"] == "done"
    assert audited(acme) == "ok: the stores hold exactly what was recorded"


@pytest.mark.parametrize("name", ["worker", "api", "broker"])
def test_a_child_that_dies_is_started_again_and_said(site: Site, name: str) -> None:
    truth, running = site.truth, site.running
    before = running.kill_child(name)
    said = running.until_said("process_restarted")
    eventually(lambda: before not in children(running.process.pid))
    truth.rewrite(min(truth.sentences))
    truth.grow(1)
    eventually(running.answers)
    done = running.followed(running.post("/api/admin/sources/help-center/sync")["id"])

    synced(running, truth)

    assert name in said
    assert (done["state"], done["error"]) == ("done", "")


def test_a_broker_that_is_emptied_delays_nothing_for_long(site: Site) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    truth.rewrite(min(truth.sentences))
    running.post("/api/admin/sources/help-center/pause")
    asked = running.post("/api/admin/sources/help-center/resume")
    with broker(f"unix://{acme.folder}/data/broker/valkey.sock").client() as client:
        client.flushall()

    synced(running, truth)

    assert asked["state"] == "done"


def test_openai_out_of_quota_is_told_and_work_goes_on_when_it_is_paid(site: Site) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    acme.openai_wire.fail(Fault(path=r"/v1/files\?", method="POST", times=None, status=429, body=QUOTA))
    truth.rewrite(min(truth.sentences))
    running.post("/api/admin/sources/help-center/sync")
    told = eventually_failing(running)
    acme.openai_wire.heal()
    running.post("/api/admin/sources/help-center/sync")

    synced(running, truth)

    assert "quota" in told or "billing" in told


def test_a_source_that_loses_its_token_is_told_with_the_setting_and_goes_on_with_another(site: Site) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    acme.zendesk_wire.fail(Fault(times=None, status=401, body='{"error":"invalid_token"}'))
    failed = running.followed(running.post("/api/admin/sources/help-center/sync")["id"])
    truth.rewrite(min(truth.sentences))
    acme.zendesk_wire.heal()
    done = running.followed(running.post("/api/admin/sources/help-center/sync")["id"])

    synced(running, truth)

    assert failed["state"] == "failed"
    assert "client_secret" in failed["error"]
    assert (done["state"], done["error"]) == ("done", "")


def test_a_source_that_answers_errors_is_waited_for_and_then_caught_up_with(site: Site) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    acme.zendesk_wire.fail(Fault(times=6, status=500))
    truth.rewrite(min(truth.sentences))
    running.post("/api/admin/sources/help-center/sync")
    told = eventually_failing(running)

    synced(running, truth)
    eventually(lambda: running.get("/api/admin/status")["sources"][0]["state"] == "ok")

    assert "500" in told


def test_a_store_deleted_behind_our_back_is_told_with_the_fix_and_the_fix_works(acme: Company, truth: Truth) -> None:
    with up(acme) as running:
        synced(running, truth)
        store = running.get("/api/admin/status")["indexes"][0]["store"]
        acme.delete_store(store)
        truth.rewrite(min(truth.sentences))
        failed = running.followed(running.post("/api/admin/sources/help-center/sync")["id"])
        rebuilt = running.followed(running.post("/api/admin/indexes/public/reindex")["id"])

        synced(running, truth)

    assert "answerwell reindex public" in failed["error"]
    assert (rebuilt["state"], rebuilt["error"]) == ("done", "")


def test_files_deleted_behind_our_back_are_put_back_by_the_audit(site: Site) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    store, files = next(iter(acme.openai.stores().items()))
    acme.delete_from_store(store, next(iter(files)))
    with state_of(acme) as state, state.transaction() as tx:
        tx.run("UPDATE sources SET stores_audited_at = 1")

    synced(running, truth)
    running.until_said("audit_found")


def test_a_second_schedule_and_a_task_of_a_later_version_do_no_harm(site: Site) -> None:
    acme, truth, running = site.acme, site.truth, site.running
    with started(acme, "schedule") as second:
        second.until_said("ready")
        private = broker(f"unix://{acme.folder}/data/broker/valkey.sock")
        sender(create(private))("of-a-later-version", "x")
        turns = last_run(acme)
        truth.rewrite(min(truth.sentences))
        done = running.followed(running.post("/api/admin/sources/help-center/sync")["id"])
        synced(running, truth)

    assert done["state"] == "done"
    assert last_run(acme) - turns <= 3


def test_searches_have_results_all_through_a_reindex(acme: Company, truth: Truth) -> None:
    acme.openai.processing = 0.3
    with up(acme) as running:
        synced(running, truth)
        before = running.get("/api/admin/status")["indexes"][0]["store"]
        asked = running.post("/api/admin/indexes/public/reindex")
        found, seen = [], set()
        while (run := running.get(f"/api/admin/runs/{asked['id']}"))["state"] not in {"done", "failed"}:
            store = running.get("/api/admin/status")["indexes"][0]["store"]
            seen.add(store)
            found.append(acme.search(store, "Question"))
        after = running.get("/api/admin/status")["indexes"][0]["store"]

    assert (run["state"], run["error"]) == ("done", "")
    assert before != after
    assert found
    assert all(found)
    assert seen <= {before, after}


def test_a_task_that_hangs_past_its_limit_ends_the_worker(acme: Company) -> None:
    script = """
import threading, types
from sync.pipeline.turn import Stop
from workers import process
process.watchdog(types.SimpleNamespace(longest=process.TASK_LIMIT + 1), Stop(), lambda: None)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 70
    assert "task_hangs" in done.stdout + done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a disk that is full")
def test_a_disk_that_is_full_is_told_and_work_goes_on_when_there_is_room(acme: Company, truth: Truth) -> None:
    data = acme.folder / "data"
    data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(data)], check=False)
    if mounted.returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        with up(acme) as running:
            synced(running, truth)
            filler = data / "filler"
            fill(filler)
            for article in list(truth.sentences):
                truth.rewrite(article)
            acme.zendesk_wire.forget()
            wake_without_api(acme)
            running.until_said("disk is full|database or disk")
            filler.unlink()
            running.post("/api/admin/sources/help-center/sync")

            synced(running, truth)
    finally:
        subprocess.run(["umount", "-l", str(data)], check=False)


def fill(file: Path) -> None:
    """Write until the disk takes no more."""
    with file.open("wb", buffering=0) as filler:
        for size in (65536, 4096, 512, 1):
            with suppress(OSError):
                while True:
                    filler.write(b"x" * size)


def wake_without_api(acme: Company) -> None:
    """A turn although nothing can be written: the message says that none began since the last one."""
    private = broker(f"unix://{acme.folder}/data/broker/valkey.sock")
    sender(create(private))("sync", "help-center", last_run(acme))


def last_run(acme: Company) -> int:
    """The number of the newest turn; read without writing."""
    file = f"file:{acme.folder}/data/answerwell.db?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as connection:
        return int(connection.execute("SELECT max(id) FROM runs").fetchone()[0])


def eventually_failing(running: Running) -> str:
    told: list[str] = []

    def failing() -> bool:
        [source] = running.get("/api/admin/status")["sources"]
        told.append(source["error"])
        return bool(source["state"] == "failing")

    eventually(failing, running.story)
    return told[-1]


def wire_of(acme: Company, name: str) -> Wire:
    return {"zendesk": acme.zendesk_wire, "openai": acme.openai_wire}[name]


def audited(acme: Company) -> str:
    with started(acme, "audit") as auditing:
        assert auditing.process.stdout is not None
        said = auditing.process.stdout.read()
        auditing.process.wait(60)
    return said.strip()
