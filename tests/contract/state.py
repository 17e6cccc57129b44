"""What every database under the state must do. Subclasses give the `url` of an empty one."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from sync.errors import LeaseLost, SyncError
from sync.pipeline.heartbeat import heartbeat
from sync.state import documents, queries
from sync.state import lease as leases
from sync.state.database import State
from sync.state.lease import Holder, Lease
from sync.state.schema import STEPS
from tests.sync.world import Clock

WORDS = "my card is 4111"
WRONG = [
    "INSERT INTO sources (name, kind) VALUES (:word, :none)",  # PostgreSQL quotes the whole row
    "SELECT CAST(:word AS INTEGER)",  # … the value
    "INSERT INTO nowhere (word) VALUES (:word)",
    "UPDATE sources SET kind = :word, number = 1",
    "INSERT INTO sources (name, kind) SELECT name, :word FROM sources",
    "SELECT :word",
]


def opened_elsewhere(url: str) -> str:
    """Open the state as another process does, and return the installation it sees."""
    state = State.open(url)
    try:
        return state.installation
    finally:
        state.close()


class StateContract:
    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def state(self, url: str, clock: Clock) -> Iterator[State]:
        state = State.open(url, clock)
        with state.transaction() as tx:
            for name in ("s", "t"):
                tx.run("INSERT INTO sources (name, kind) VALUES (:name, 'made-up')", name=name)
        yield state
        state.close()

    @pytest.fixture
    def other(self, url: str, state: State, clock: Clock) -> Iterator[State]:
        """The same database, opened a second time."""
        other = State.open(url, clock)
        yield other
        other.close()

    @pytest.mark.parametrize("statement", WRONG)
    def test_an_error_quotes_nothing_that_was_to_be_written(self, state: State, statement: str) -> None:
        def write() -> None:
            with state.transaction() as tx:
                tx.run(statement, word=f"{WORDS}\x00" if "number" in statement else WORDS, none=None)
                tx.run("SELECT nothing FROM nowhere", word=WORDS)  # where a database took the statement before

        with pytest.raises((SQLAlchemyError, SyncError)) as failed:
            write()

        told = "".join(traceback.format_exception(failed.value))
        assert WORDS not in told
        assert repr(WORDS) not in told

    def test_the_tables_are_made_once_however_often_it_is_opened(self, state: State, other: State) -> None:
        steps = [row.step for row in other.ask("SELECT step FROM schema_steps ORDER BY step")]

        assert steps == sorted(STEPS)

    def test_an_installation_keeps_its_id(self, state: State, other: State) -> None:
        assert state.installation
        assert state.installation == other.installation

    def test_processes_that_open_an_empty_database_at_once_agree(self, url: str) -> None:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            seen = pool.map(opened_elsewhere, [url] * 4, chunksize=1)

        assert len(set(seen)) == 1

    def test_threads_that_open_an_empty_database_at_once_agree(self, url: str) -> None:
        with ThreadPoolExecutor(4) as pool:
            seen = list(pool.map(opened_elsewhere, [url] * 4))

        assert len(set(seen)) == 1

    def test_while_removals_are_held_what_a_folder_that_looks_empty_held_is_asked_for_once(self, state: State) -> None:
        folders = {"gone 1": "empty", "gone 2": "empty", "gone 3": "other", "shown": "other", "gone 4": ""}
        with state.transaction() as tx:
            for name, folder in folders.items():
                tx.run(
                    """INSERT INTO documents (source, external_id, version, epoch, breadcrumb)
                       VALUES ('s', :name, :version, 1, :breadcrumb)""",
                    name=name,
                    version=None if name.startswith("gone") else "1",
                    breadcrumb=json.dumps([folder] if folder else []),
                )

        def due(*, held: bool) -> list[str]:
            found = queries.unfetched(state, "s", held=held, after=0, limit=10)
            return [one.external_id for one in found if one.version is None]

        assert due(held=True) == ["gone 1", "gone 2"]
        with state.transaction() as tx:
            documents.confirm_gone(tx, queries.unfetched(state, "s", held=True, after=0, limit=1)[0].id)
        assert due(held=True) == ["gone 2"]
        assert due(held=False) == ["gone 1", "gone 2", "gone 3", "gone 4"]

    def test_a_lease_excludes_everybody_else(self, state: State, other: State) -> None:
        assert state.acquire("s") is not None

        assert other.acquire("s") is None
        assert state.acquire("s") is None

    def test_each_source_has_a_lease_of_its_own(self, state: State, other: State) -> None:
        assert state.acquire("s") is not None

        assert other.acquire("t") is not None

    def test_there_is_no_lease_on_a_source_nobody_knows(self, state: State) -> None:
        assert state.acquire("unheard of") is None

    def test_of_many_that_want_the_lease_at_once_one_gets_it(self, state: State, other: State) -> None:
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda one: one.acquire("s"), [state, other] * 8))

        assert len([lease for lease in taken if lease]) == 1

    def test_a_renewed_lease_lasts(self, state: State, other: State, clock: Clock) -> None:
        lease = taken(state)
        clock.forward(45)
        state.renew(lease)
        clock.forward(45)

        assert other.acquire("s") is None

    def test_a_commit_renews_the_lease(self, state: State, other: State, clock: Clock) -> None:
        lease = taken(state)
        clock.forward(45)
        with state.commit(lease):
            pass
        clock.forward(45)

        assert other.acquire("s") is None

    def test_an_expired_lease_is_superseded(self, state: State, other: State, clock: Clock) -> None:
        lease = taken(state)
        clock.forward(61)

        successor = other.acquire("s")

        assert successor is not None
        assert successor.token > lease.token

    def test_an_expired_lease_nobody_took_can_still_be_renewed(self, state: State, clock: Clock) -> None:
        lease = taken(state)
        clock.forward(61)

        state.renew(lease)

        assert state.acquire("s") is None

    def test_the_lease_of_a_process_that_ended_is_superseded_at_once(self, state: State) -> None:
        ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        holder = Holder(socket.gethostname(), leases.this_process().boot, ended.pid, leases._started(ended.pid))
        taken(state)
        held_by(state, holder)
        assert state.acquire("s") is None, "it is still alive"
        ended.communicate(b"\n")

        assert state.acquire("s") is not None

    def test_the_lease_of_another_process_with_the_same_number_is_superseded_at_once(self, state: State) -> None:
        mine = leases.this_process()
        taken(state)
        held_by(state, Holder(mine.host, mine.boot, os.getpid(), f"{mine.started}1"))

        assert state.acquire("s") is not None

    def test_the_lease_from_before_the_machine_started_anew_is_superseded_at_once(self, state: State) -> None:
        mine = leases.this_process()
        taken(state)
        held_by(state, Holder(mine.host, "an earlier boot", mine.process, mine.started))

        assert state.acquire("s") is not None

    def test_nobody_is_called_dead_who_runs_elsewhere_or_cannot_be_seen(self, state: State) -> None:
        mine = leases.this_process()
        taken(state)

        for holder in (
            Holder("another host", "another boot", 1, "1"),
            Holder(mine.host, "", mine.process, "1"),
            Holder(mine.host, mine.boot, mine.process, ""),
        ):
            held_by(state, holder)

            assert state.acquire("s") is None

    def test_a_commit_without_the_lease_is_refused_and_writes_nothing(
        self, state: State, other: State, clock: Clock
    ) -> None:
        lease = taken(state)
        clock.forward(61)
        taken(other)

        with pytest.raises(LeaseLost), state.commit(lease) as tx:
            tx.run("UPDATE sources SET error = 'written' WHERE name = 's'")

        assert errors(state) == ["", ""]

    def test_losing_the_lease_in_the_middle_cannot_happen(self, state: State, other: State, clock: Clock) -> None:
        """A commit that has begun holds the lease's row: whoever would take over waits for it, and comes too late."""
        lease = taken(state)
        with ThreadPoolExecutor(1) as pool:
            with state.commit(lease) as tx:
                clock.forward(59)
                successor = pool.submit(other.acquire, "s")
                tx.run("UPDATE sources SET error = 'written' WHERE name = 's'")

            assert successor.result(timeout=30) is None
        assert errors(state) == ["written", ""]

    def test_a_released_lease_is_free_and_fences_its_holder_out(self, state: State, other: State) -> None:
        lease = taken(state)
        state.release(lease)

        with pytest.raises(LeaseLost), state.commit(lease):
            pass
        with pytest.raises(LeaseLost):
            state.renew(lease)
        assert other.acquire("s") is not None

    def test_releasing_what_another_holds_by_now_changes_nothing(
        self, state: State, other: State, clock: Clock
    ) -> None:
        lease = taken(state)
        clock.forward(61)
        taken(other)

        state.release(lease)

        assert state.acquire("s") is None

    def test_check_lets_the_holder_pass_and_renews_in_time(self, state: State, other: State, clock: Clock) -> None:
        lease = taken(state)
        state.check(lease)
        clock.forward(40)
        state.check(lease)
        clock.forward(40)

        assert other.acquire("s") is None

    def test_check_stops_who_lost_the_lease(self, state: State, other: State, clock: Clock) -> None:
        lease = taken(state)
        clock.forward(61)
        taken(other)

        with pytest.raises(LeaseLost):
            state.check(lease)

    def test_a_heartbeat_keeps_the_lease_for_as_long_as_the_block_runs(
        self, state: State, other: State, clock: Clock
    ) -> None:
        lease = taken(state)
        with heartbeat(state, lease, every=timedelta(milliseconds=5)):
            clock.forward(50)
            until(lambda: lease_until(other) >= other.now() + 59)
            clock.forward(50)

            assert other.acquire("s") is None
        beating = [thread.name for thread in threading.enumerate() if thread.name == "heartbeat-s"]
        assert beating == []

    def test_a_transaction_that_fails_writes_nothing(self, state: State) -> None:
        lease = taken(state)

        with pytest.raises(ZeroDivisionError), state.commit(lease) as tx:  # noqa: PT012 - the block is the subject
            tx.run("UPDATE sources SET error = 'written'")
            raise ZeroDivisionError

        assert errors(state) == ["", ""]

    def test_a_statement_that_fails_undoes_those_before_it(self, state: State) -> None:
        lease = taken(state)

        with pytest.raises(IntegrityError), state.commit(lease) as tx:  # noqa: PT012 - the block is the subject
            tx.run("UPDATE sources SET error = 'written'")
            tx.run("INSERT INTO sources (name, kind) VALUES ('s', 'twice')")

        assert errors(state) == ["", ""]

    def test_commits_from_many_threads_all_count(self, state: State) -> None:
        lease = taken(state)

        def add(_: int) -> None:
            with state.commit(lease) as tx:
                [row] = tx.ask("SELECT epoch FROM sources WHERE name = 's'")
                tx.run("UPDATE sources SET epoch = :epoch WHERE name = 's'", epoch=row.epoch + 1)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(80)))

        assert state.ask("SELECT epoch FROM sources WHERE name = 's'")[0].epoch == 80

    def test_a_list_is_a_set_of_values_and_may_be_empty(self, state: State) -> None:
        asked = "SELECT name FROM sources WHERE name IN :names ORDER BY name"

        assert [row.name for row in state.ask(asked, names=["s", "t", "u"])] == ["s", "t"]
        assert state.ask(asked, names=[]) == []


def taken(state: State) -> Lease:
    lease = state.acquire("s")
    assert lease is not None
    return lease


def held_by(state: State, holder: Holder) -> None:
    with state.transaction() as tx:
        tx.run("UPDATE sources SET lease_holder = :holder WHERE name = 's'", holder=str(holder))


def errors(state: State) -> list[str]:
    return [row.error for row in state.ask("SELECT error FROM sources ORDER BY name")]


def lease_until(state: State) -> float:
    return float(state.ask("SELECT lease_until FROM sources WHERE name = 's'")[0].lease_until)


def until(condition: Callable[[], bool]) -> None:
    """Look again and again; the test session's own time limit ends what never comes."""
    tick = threading.Event()
    for _ in range(2000):
        if condition():
            return
        tick.wait(0.005)
    pytest.fail("it did not happen within ten seconds")
