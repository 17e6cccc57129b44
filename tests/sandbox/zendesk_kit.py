"""A served account with a clock that the test moves, and a client that speaks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from sandbox.wire import Wire, serve
from sandbox.zendesk import ZendeskSandbox
from tests import loopback

START = 1_790_000_000.0
AGENT = ("bot@acme.test/token", "zendesk-token")


@dataclass
class Clock:
    """The account's clock; it moves only when told."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Desk:
    """One sandbox, served. `get` asks as the configured agent, `visit` as nobody."""

    sandbox: ZendeskSandbox
    clock: Clock
    wire: Wire
    url: str
    client: httpx2.Client

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.client.get(self._address(path), params=params or None, auth=AGENT)

    def visit(self, path: str, **params: Any) -> httpx2.Response:
        return self.client.get(self._address(path), params=params or None)

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.url}{path}"


@contextmanager
def serving() -> Iterator[tuple[Wire, str, httpx2.Client]]:
    """A wire and its address, for many sandboxes one after the other."""
    wire = Wire(ZendeskSandbox().app)
    with serve(wire) as url, loopback.client() as client:
        yield wire, url, client


def fresh(wire: Wire, url: str, client: httpx2.Client) -> Desk:
    """A new account behind the wire."""
    clock = Clock()
    sandbox = ZendeskSandbox(clock=clock)
    wire.app = sandbox.app
    wire.heal()
    wire.forget()
    return Desk(sandbox, clock, wire, url, client)
