"""`answerwell up`: one command runs everything, says so, survives what dies below it, and leaves nothing behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from cli.listener import Address
from cli.supervise import NotStarted, Spec, Supervisor
from cli.up import BROKER_GRACE, WORKER_GRACE, Essentials, keep
from tests.cli.kit import Company, company
from tests.workers.kit import (
    PATIENCE,
    Running,
    alive,
    children,
    eventually,
    read,
    serve_on_a_free_port,
    started,
    up,
)

pytestmark = pytest.mark.processes

ARTICLES = {"Refunds": "You get your money back within thirty days.", "Shipping": "Parcels take two days."}


def test_it_is_ready_with_one_line_syncs_by_itself_and_listens_on_nothing_but_its_address(acme: Company) -> None:
    acme.write(ARTICLES)

    with up(acme, afresh=True) as running:
        eventually(lambda: acme.titles() == [sorted(ARTICLES)] * 2, running.story)
        listening = {port for pid in children(running.process.pid) for port in ports_of(pid)}
        ready = httpx2.get(f"{running.url}/readyz").json()

    assert len([line for line in running.said if "is ready" in line]) == 1
    assert running.url in next(line for line in running.said if "is ready" in line)
    assert ready == {"status": "ok", "checks": {"database": True, "broker": True}, "stores": {}}
    assert listening == {int(running.url.rpartition(":")[2])}
    assert (acme.folder / "data" / "broker").stat().st_mode & 0o777 == 0o700


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Running]]:
    """One that runs, for tests that leave it as it is."""
    with company(tmp_path_factory.mktemp("living")) as acme:
        serve_on_a_free_port(acme)
        with up(acme) as running:
            yield acme, running


def test_a_second_one_on_the_same_data_directory_refuses_and_says_who_holds_it(
    living: tuple[Company, Running],
) -> None:
    acme, running = living
    with started(acme, "up") as second:
        second.process.wait(60)
        second.stop()
        still = running.get("/api/admin/status")

    assert second.process.returncode == 1
    assert f"process {running.process.pid}" in "".join(second.said)
    assert running.url in "".join(second.said)
    assert still["sources"][0]["name"] == "help-center"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_during_a_turn_it_hands_the_turn_back_and_is_gone_in_ten_seconds(acme: Company, how: int) -> None:
    acme.openai.processing = 3600.0  # what is attached is never done: the turn waits
    acme.write(ARTICLES)

    with up(acme) as running:
        eventually(lambda: acme.openai_wire.count("file_batches") > 0)
        family = list(children(running.process.pid))
        seconds = running.stop(how)

    assert WORKER_GRACE + BROKER_GRACE < 10  # by then all that would not end has been killed
    assert seconds < PATIENCE
    assert running.process.returncode == 0
    assert not any(map(alive, family))
    acme.openai.processing = 0.0
    with up(acme) as again:
        eventually(lambda: acme.titles() == [sorted(ARTICLES)] * 2, lambda: "\n".join(again.said))
    assert len(acme.openai.files()) == len(ARTICLES)


def test_killed_it_takes_its_children_along_and_the_next_one_goes_on(acme: Company) -> None:
    acme.write(ARTICLES)

    with up(acme) as running:
        family = list(children(running.process.pid))
        running.process.kill()
        running.process.wait()
        eventually(lambda: not any(map(alive, family)), lambda: f"left behind: {family}")
        with up(acme) as again:
            eventually(lambda: acme.titles() == [sorted(ARTICLES)] * 2, lambda: "\n".join(again.said))


def test_a_mistake_in_the_configuration_is_said_once_and_nothing_is_started(acme: Company) -> None:
    acme.configure('nonsense = "x"\n')

    with started(acme, "up") as running:
        running.process.wait(60)
        running.stop()

    assert running.process.returncode == 1
    assert [line for line in running.said if "nonsense" in line] == running.said
    assert not (acme.folder / "data" / "broker").exists()


def test_an_address_that_is_taken_is_said_with_what_to_change(living: tuple[Company, Running]) -> None:
    acme, running = living
    elsewhere = acme.folder / "elsewhere.toml"
    text = acme.config.read_text("utf-8").replace('data_dir = "data"', 'data_dir = "other"')
    elsewhere.write_text(text, "utf-8")
    with started(acme, "up", "--config", str(elsewhere)) as second:
        second.process.wait(60)
        second.stop()

    assert second.process.returncode == 1
    assert "change host or port" in "".join(second.said)
    assert running.url


def test_a_changed_configuration_is_read_on_sighup_and_one_with_mistakes_is_refused(acme: Company) -> None:
    acme.write(ARTICLES)
    good = acme.config.read_text("utf-8")

    with up(acme) as running:
        eventually(lambda: acme.titles() == [sorted(ARTICLES)] * 2)
        acme.config.write_text(good.replace('every = "1h"', 'every = "often"'), "utf-8")
        os.kill(running.process.pid, signal.SIGHUP)
        refused = running.until_said("configuration_refused")
        second = good[good.index("[[source]]") : good.index("[admin]")].replace("help-center", "second")
        acme.config.write_text(good.replace("[admin]", f"{second}[admin]"), "utf-8")
        os.kill(running.process.pid, signal.SIGHUP)
        eventually(lambda: [s["state"] for s in running.get("/api/admin/status")["sources"]] == ["ok", "ok"])

    assert "every" in refused
    assert [len(titles) for titles in acme.titles()] == [4, 4]


def test_a_data_directory_with_a_long_path_has_its_socket_elsewhere(acme: Company) -> None:
    long = acme.folder / ("x" * 100)
    text = acme.config.read_text("utf-8").replace('data_dir = "data"', f'data_dir = "{long}"')
    acme.config.write_text(text, "utf-8")

    with up(acme) as running:
        ready = httpx2.get(f"{running.url}/readyz").json()

    assert ready["checks"]["broker"]


def test_a_broker_that_cannot_read_what_it_kept_starts_anew(acme: Company) -> None:
    acme.write(ARTICLES)
    with up(acme) as running:
        eventually(lambda: acme.titles() == [sorted(ARTICLES)] * 2)
    for kept in (acme.folder / "data" / "broker" / "appendonlydir").iterdir():
        kept.write_bytes(b"not what a broker writes\r\n" * 100)
    acme.write({"Later": "Written meanwhile."})

    with up(acme) as running:
        running.post("/api/admin/sources/help-center/sync")
        eventually(lambda: acme.titles() == [sorted([*ARTICLES, "Later"])] * 2)

    assert any("broker_started_anew" in line for line in running.said)


@pytest.mark.parametrize("name", ["api", "worker"])
def test_the_broker_keeps_what_it_has_where_another_process_does_not_start(
    tmp_path: Path, signals: None, name: str
) -> None:
    kept = tmp_path / "broker" / "kept"
    kept.parent.mkdir(mode=0o700)
    kept.write_text("", "utf-8")

    with pytest.raises(NotStarted, match=f"^{name} ended while starting"):
        keep(
            tmp_path / "answerwell.toml",
            Essentials(tmp_path, Address("127.0.0.1", 1), has_broker=False, sources=1),
            [Spec(name, lambda: ["sh", "-c", "exit 3"], 1)],
        )

    assert kept.exists()


def test_a_process_that_cannot_start_says_where_its_reason_is(signals: None) -> None:
    refusing = Spec("broker", lambda: ["sh", "-c", "exit 1"], 1, reason="its log is LOG")

    with pytest.raises(NotStarted, match="its log is LOG") as failed:
        Supervisor([refusing], []).run(lambda: None)

    assert failed.value.refused


@pytest.fixture
def signals() -> Iterator[None]:
    """What the supervisor hears of is as before afterwards."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, heard in before.items():
        signal.signal(number, heard)


def ports_of(pid: int) -> set[int]:
    """The TCP ports that the process listens on."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            continue
    rows = [line.split() for name in ("tcp", "tcp6") for line in read(Path(f"/proc/{pid}/net/{name}")).splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes}
