"""Nobody asks more than their share, whether one process counts or several do."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from structlog.testing import capture_logs

from session_api.access.rate_limit import LimitedCounter, LocalWindow, VisitorLimits, address_of
from session_api.access.settings import RateSettings
from session_api.errors import ApiError
from tests.awaiting import awaited
from tests.session_api.kit import CHAT, Shop, shop
from tests.valkey import valkey as server

FEW = CHAT.replace("visitor = 100000", "visitor = 3").replace("address = 100000", "address = 12")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("busy"), FEW) as opened:
        yield opened


def test_a_visitor_who_asks_too_much_waits_and_nobody_else_does(busy: Shop) -> None:
    widget, other = busy.widget(), busy.widget()
    for _ in range(3):
        assert widget.ask("Who pays for the parcel?").status == 200

    refused = widget.call("threads.create", input={"content": [{"type": "input_text", "text": "And now?"}],
                                                   "attachments": [], "inference_options": {}})  # fmt: skip

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "visitor" in refused.json()["error"]["fix"]
    assert widget.call("threads.list").status_code == 200
    assert other.ask("Who pays for the parcel?").status == 200


def test_an_address_that_makes_visitors_by_the_dozen_waits_too(busy: Shop) -> None:
    codes = [busy.widget().open().status_code for _ in range(14)]

    assert codes[-1] == 429
    refused = busy.widget().open()
    assert "address" in refused.json()["error"]["fix"]
    assert refused.headers["access-control-allow-origin"] == "https://www.acme.com"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_refused_call_counts_nowhere() -> None:
    clock = Clock()
    local = LocalWindow(clock)
    narrow, wide = LimitedCounter("visitor:a", 1), LimitedCounter("total", 2)
    assert local.take([narrow, wide]) == (0.0, "")

    assert local.take([narrow, wide]) == (60.0, "visitor:a")
    assert local.take([LimitedCounter("visitor:b", 1), wide]) == (0.0, "")
    assert local.take([LimitedCounter("visitor:c", 1), wide])[1] == "total"

    clock.now += 60
    assert local.take([narrow, wide]) == (0.0, "")


def test_counters_are_bounded() -> None:
    local = LocalWindow(Clock(), keys=50)
    for number in range(60):
        local.take([LimitedCounter(f"visitor:{number}", 1)])

    assert len(local._moments) == 50


async def _admitted(limits: VisitorLimits, times: int) -> int:
    admitted = 0
    for number in range(times):
        try:
            await limits.check(visitor=f"v{number}", address="192.0.2.1", origin="https://a.com")
            admitted += 1
        except ApiError:
            continue
    return admitted


@pytest.fixture
def valkey() -> Iterator[str]:
    with server() as path:
        yield f"unix://{path}"


RATES = RateSettings(visitor=5, address=10, origin=50, total=100)


@pytest.mark.processes
def test_two_processes_count_together_through_redis(valkey: str) -> None:
    async def main() -> tuple[int, int]:
        one, two = (VisitorLimits(RATES, redis.asyncio.Redis.from_url(valkey)) for _ in range(2))
        admitted = await asyncio.gather(_admitted(one, 8), _admitted(two, 8))
        await one.close()
        await two.close()
        return admitted[0], admitted[1]

    assert sum(awaited(main())) == RATES.address


def test_without_redis_each_process_counts_alone_and_says_so_once(tmp_path: Path) -> None:
    async def main() -> int:
        limits = VisitorLimits(RATES, redis.asyncio.Redis.from_url(f"unix://{tmp_path}/nobody.sock"))
        admitted = await _admitted(limits, 15)
        await limits.close()
        return admitted

    with capture_logs() as logs:
        assert awaited(main()) == RATES.address

    assert [entry["event"] for entry in logs] == ["limits_alone"]


@pytest.mark.parametrize(
    ("client", "forwarded", "trusted", "address"),
    [
        ("192.0.2.7", [], [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], [], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1"], ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.9.9.9"], ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", ["nonsense"], ["10.0.0.0/8"], "unknown"),
        ("10.0.0.1", [], ["10.0.0.0/8"], "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", [], [], "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", [], [], "192.0.2.7"),
    ],
)
def test_the_address_is_the_one_that_a_trusted_proxy_saw(
    client: str, forwarded: list[str], trusted: list[str], address: str
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope: dict[str, Any] = {"type": "http", "client": (client, 1234), "headers": headers}

    assert address_of(scope, trusted) == address
