"""The limits hold in every window, are used nearly whole, and are shared by processes."""

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from sync.errors import Retryable
from sync.rate_limit import LocalLimiter, Rate, RateLimiter, RedisLimiter, Unlimited
from tests.contract.fake_time import FakeTime
from tests.valkey import client_of
from tests.valkey import valkey as server

UPLOADS = Rate(1000)


def fullest_window(passes: list[float]) -> int:
    """How many passes the fullest closed window of 60 seconds holds."""
    fullest, first = 0, 0
    for last, moment in enumerate(passes):
        while moment - passes[first] > 60:
            first += 1
        fullest = max(fullest, last - first + 1)
    return fullest


def passes_of(limiter: RateLimiter, time: FakeTime, count: int) -> list[float]:
    passes = []
    for _ in range(count):
        limiter.wait()
        passes.append(time.now)
    return passes


def test_no_window_holds_more_than_the_limit_and_the_limit_is_nearly_used() -> None:
    time = FakeTime()
    limiter = LocalLimiter(UPLOADS, clock=time.clock, sleep=time.sleep)

    passes = passes_of(limiter, time, 10_000)

    assert fullest_window(passes) <= 1000
    assert 10_000 / (passes[-1] - passes[0]) >= 0.95 * 1000 / 60


@given(
    limit=st.integers(1, 200),
    pauses=st.lists(st.floats(0, 90), min_size=1, max_size=40),
    calls=st.integers(1, 30),
)
def test_no_pattern_of_calls_and_pauses_breaks_the_limit(limit: int, pauses: list[float], calls: int) -> None:
    time = FakeTime()
    limiter = LocalLimiter(Rate(limit), clock=time.clock, sleep=time.sleep)

    passes = []
    for pause in pauses:
        time.sleep(pause)
        passes += passes_of(limiter, time, calls)

    assert fullest_window(passes) <= limit


def test_a_small_sync_never_waits_and_the_next_call_waits_for_the_first_to_be_a_minute_old() -> None:
    time = FakeTime()
    limiter = LocalLimiter(UPLOADS, clock=time.clock, sleep=time.sleep)

    passes = passes_of(limiter, time, 1001)

    assert passes[999] == passes[0]
    assert 60 < passes[1000] - passes[0] < 62


def test_a_cost_counts_as_that_many_calls() -> None:
    time = FakeTime()
    limiter = LocalLimiter(Rate(2000), clock=time.clock, sleep=time.sleep)

    for _ in range(4):
        limiter.wait(500)
    before = time.now
    limiter.wait(1)

    assert time.now - before > 60


def test_a_cost_above_the_limit_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        LocalLimiter(UPLOADS).wait(1001)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="lets nobody pass"):
        Rate(0)


def test_a_penalty_holds_everybody_back_and_then_lets_pass_one_after_the_other() -> None:
    time = FakeTime()
    limiter = LocalLimiter(UPLOADS, clock=time.clock, sleep=time.sleep)

    limiter.pause_all(timedelta(seconds=30))
    passes = passes_of(limiter, time, 3)

    assert passes[0] >= 1_030
    assert passes[1] > passes[0]
    assert passes[2] > passes[1]


def test_a_penalty_that_reaches_past_the_patience_is_handed_to_the_caller() -> None:
    time = FakeTime()
    limiter = LocalLimiter(UPLOADS, clock=time.clock, sleep=time.sleep)
    limiter.pause_all(timedelta(minutes=10))

    with pytest.raises(Retryable) as caught:
        limiter.wait()

    assert caught.value.after == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=2))
    assert time.slept == []


def test_a_shorter_penalty_does_not_shorten_a_longer_one() -> None:
    time = FakeTime()
    limiter = LocalLimiter(UPLOADS, clock=time.clock, sleep=time.sleep)

    limiter.pause_all(timedelta(seconds=30))
    limiter.pause_all(timedelta(seconds=1))

    assert passes_of(limiter, time, 1)[0] >= 1_030


def test_threads_share_one_allowance() -> None:
    time = FakeTime()
    limiter = LocalLimiter(UPLOADS, clock=time.clock, sleep=time.sleep)

    threads = [threading.Thread(target=passes_of, args=(limiter, time, 125)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.now == 1_000
    limiter.wait()
    assert time.now > 1_060


def test_without_limits_nobody_waits() -> None:
    limiter = Unlimited()

    limiter.pause_all(timedelta(days=1))
    limiter.wait(1_000_000)


def test_a_dead_redis_leaves_each_process_to_pace_itself_and_is_logged_once(tmp_path: Path) -> None:
    time = FakeTime()
    limiter = RedisLimiter(client_of(tmp_path / "nobody.sock"), "pace", UPLOADS, clock=time.clock, sleep=time.sleep)

    with capture_logs() as logs:
        passes = passes_of(limiter, time, 3000)
        limiter.pause_all(timedelta(seconds=30))
        limiter.wait()

    assert fullest_window(passes) <= 1000
    assert passes[-1] - passes[0] >= 60
    assert time.now - passes[-1] >= 30
    assert [entry["event"] for entry in logs] == ["pacing_alone"]


@pytest.mark.processes
def test_shared_pacing_lets_the_limit_pass_and_then_asks_for_the_wait_that_is_left(valkey: Path) -> None:
    limiter = RedisLimiter(client_of(valkey), "pace", Rate(10), sleep=Stop().sleep)

    for _ in range(10):
        limiter.wait()

    with pytest.raises(StoppedError) as stopped:
        limiter.wait()
    assert 59 < stopped.value.seconds <= 61


@pytest.mark.processes
def test_a_penalty_reaches_the_other_processes(valkey: Path) -> None:
    mine = RedisLimiter(client_of(valkey), "pace", UPLOADS)
    theirs = RedisLimiter(client_of(valkey), "pace", UPLOADS, sleep=Stop().sleep)

    mine.pause_all(timedelta(seconds=30))

    with pytest.raises(StoppedError) as stopped:
        theirs.wait()
    assert 29 < stopped.value.seconds <= 31
    mine.pause_all(timedelta(minutes=10))
    with pytest.raises(Retryable):
        theirs.wait()


@pytest.mark.processes
def test_keys_are_paced_apart(valkey: Path) -> None:
    RedisLimiter(client_of(valkey), "one", UPLOADS).pause_all(timedelta(minutes=10))

    RedisLimiter(client_of(valkey), "two", UPLOADS, sleep=Stop().sleep).wait()


@pytest.mark.processes
def test_processes_share_one_allowance(valkey: Path) -> None:
    rate = Rate(60, window=timedelta(seconds=1))

    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        passes = sorted(chain.from_iterable(pool.starmap(wait_often, [(valkey, rate, 60)] * 3)))

    assert all(passes[n + 60] - passes[n] > 0.98 for n in range(120))
    assert passes[-1] - passes[0] < 4


@pytest.mark.processes
def test_a_redis_that_comes_back_is_used_again(valkey: Path) -> None:
    time = FakeTime()
    client = client_of(valkey)
    limiter = RedisLimiter(client, "pace", UPLOADS, clock=time.clock, sleep=time.sleep)
    client.set("pace", "not a number")
    with capture_logs() as logs:
        limiter.wait()
        client.delete("pace")
        limiter.wait()
        assert client.exists("pace") == 0
        time.sleep(31)
        limiter.wait()

    assert client.exists("pace") == 1
    assert [entry["event"] for entry in logs] == ["pacing_alone", "pacing_shared_again"]


@pytest.mark.processes
def test_the_key_goes_when_nobody_calls(valkey: Path) -> None:
    client = client_of(valkey)

    RedisLimiter(client, "pace", UPLOADS).wait()

    assert 0 < int(str(client.pttl("pace"))) <= 63_000


class StoppedError(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Stop:
    """Ends the test's call where it would have slept."""

    def sleep(self, seconds: float) -> None:
        raise StoppedError(seconds)


def wait_often(path: Path, rate: Rate, count: int) -> list[float]:
    """Return the moments of the passes, by the server's clock, which all processes share."""
    client = client_of(path)
    limiter = RedisLimiter(client, "pace", rate)
    passes = []
    for _ in range(count):
        limiter.wait()
        seconds, micros = client.time()
        passes.append(seconds + micros / 1e6)
    client.close()
    return passes


@pytest.fixture
def valkey() -> Iterator[Path]:
    with server() as path:
        yield path
