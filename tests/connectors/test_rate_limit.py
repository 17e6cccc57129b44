"""What a vendor still allows, kept in one process and in Redis: the same promises for both."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.http.rate_limit import LocalQuotas, QuotaStore, RedisQuotas, VendorLimits
from sync.rate_limit import Rate
from tests.valkey import client_of, valkey

MINUTE = timedelta(minutes=1)
Make = Callable[[], QuotaStore]


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    with valkey() as path:
        yield path


@pytest.fixture(params=["here", pytest.param("everywhere", marks=pytest.mark.processes)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes another view of the same allowances, as another connector or process has it."""
    if request.param == "here":
        allowances = LocalQuotas()
        yield lambda: allowances
        return
    client = client_of(request.getfixturevalue("socket"))
    client.flushdb()
    yield lambda: RedisQuotas(client)
    client.close()


def test_a_known_rate_is_kept_by_all_together(make: Make) -> None:
    one, other = (VendorLimits(make(), "slack:T1", {"history": Rate(3)}) for _ in range(2))

    waits = [pacing.admit(["history"]) for pacing in (one, other, one, other)]

    assert waits[:3] == [timedelta(0)] * 3
    assert timedelta(0) < waits[3] <= timedelta(seconds=61)


def test_accounts_and_methods_do_not_hold_each_other_up(make: Make) -> None:
    rates = {"history": Rate(1), "replies": Rate(1)}
    pacing = VendorLimits(make(), "slack:T1", rates)
    pacing.admit(["history"])

    assert pacing.admit(["history"])
    assert not pacing.admit(["replies"])
    assert not VendorLimits(make(), "slack:T2", rates).admit(["history"])


def test_what_one_was_refused_the_others_do_not_try(make: Make) -> None:
    one, other = VendorLimits(make(), "docs"), VendorLimits(make(), "docs")
    one.close("reads", MINUTE)

    assert timedelta(0) < other.admit(["reads"]) <= MINUTE
    assert not other.admit(["writes"])


def test_an_allowance_that_is_filled_again_is_used(make: Make) -> None:
    pacing = VendorLimits(make(), "zendesk")
    pacing.learn("support", {"ratelimit-remaining": "0", "ratelimit-reset": "41"})
    assert pacing.admit(["support"])

    pacing.learn("support", {"ratelimit-remaining": "5", "ratelimit-reset": "41"})

    assert not pacing.admit(["support"])


def test_a_closed_bucket_counts_nothing(make: Make) -> None:
    pacing = VendorLimits(make(), "slack", {"history": Rate(1)})
    pacing.learn("history", {"ratelimit-remaining": "0", "ratelimit-reset": "41"})
    assert pacing.admit(["history"])
    pacing.learn("history", {"ratelimit-remaining": "1"})

    assert not pacing.admit(["history"])


def test_a_wait_ends_by_the_clock_it_was_given() -> None:
    now = [datetime(2026, 11, 23, tzinfo=UTC)]
    pacing = VendorLimits(clock=lambda: now[0])
    pacing.close("", MINUTE)
    now[0] += timedelta(seconds=59)
    assert pacing.admit([""]) == timedelta(seconds=1)

    now[0] += timedelta(seconds=1)

    assert not pacing.admit([""])


@pytest.mark.processes
def test_a_broker_that_is_gone_leaves_each_process_to_itself() -> None:
    with valkey() as path:
        client = client_of(path)
        pacing = VendorLimits(RedisQuotas(client), "slack", {"history": Rate(1)})
        pacing.close("replies", MINUTE)
    client.close()

    assert pacing.admit(["replies"])
    assert not pacing.admit(["history"])
    assert pacing.admit(["history"])
