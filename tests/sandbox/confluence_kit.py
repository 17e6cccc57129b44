"""A served Confluence site with a clock that the test moves, and a client that speaks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from sandbox.confluence import ConfluenceSandbox
from sandbox.wire import Wire, serve
from tests import loopback

START = 1_790_000_000.0
BOT = ("bot@acme.test", "confluence-token")


@dataclass
class Site:
    """One sandbox, served. `get` asks as the configured account, `visit` as nobody."""

    sandbox: ConfluenceSandbox
    now: list[float]
    url: str
    client: httpx2.Client
    base: str = "/wiki"

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.client.get(self._address(path), params=_named(params), auth=BOT)

    def visit(self, path: str, **params: Any) -> httpx2.Response:
        return self.client.get(self._address(path), params=_named(params))

    def post(self, path: str, body: object) -> httpx2.Response:
        return self.client.post(self._address(path), json=body, auth=BOT)

    def _address(self, path: str) -> str:
        return f"{self.url}{self.base}{path}"


@contextmanager
def site(*, data_center: bool = False) -> Iterator[Site]:
    now = [START]
    sandbox = ConfluenceSandbox(clock=lambda: now[0])
    wire = Wire(sandbox.data_center if data_center else sandbox.app)
    with serve(wire) as url, loopback.client() as client:
        yield Site(sandbox, now, url, client, "" if data_center else "/wiki")


def _named(params: dict[str, Any]) -> dict[str, Any] | None:
    """Parameters by keyword: `body_format` stands for `body-format`."""
    return {name.replace("_", "-"): value for name, value in params.items()} or None
