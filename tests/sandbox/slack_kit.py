"""A served workspace with a clock that the test moves, and a client that speaks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from sandbox.slack import SlackSandbox
from sandbox.wire import Wire, serve
from tests import loopback
from tests.sandbox.zendesk_kit import Clock

TOKEN = "xoxb-slack-token"


@dataclass
class Workspace:
    """One sandbox, served. `call` asks as the installed app, by GET; `submit` posts a form."""

    sandbox: SlackSandbox
    clock: Clock
    url: str
    client: httpx2.Client

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return dict(self.answer(method, **arguments).json())

    def answer(self, method: str, **arguments: Any) -> httpx2.Response:
        return self.client.get(f"{self.url}/api/{method}", params=arguments, headers=self.signed_in)

    def submit(self, method: str, **arguments: Any) -> dict[str, Any]:
        return dict(self.client.post(f"{self.url}/api/{method}", data=arguments, headers=self.signed_in).json())

    def everything(self, method: str, name: str, **arguments: Any) -> tuple[list[dict[str, Any]], list[int]]:
        """What all pages hold, and how many objects each had."""
        found: list[dict[str, Any]] = []
        sizes: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.call(method, **arguments, **cursor)
            found += page[name]
            sizes.append(len(page[name]))
            following = page.get("response_metadata", {}).get("next_cursor")
            if not following:
                return found, sizes
            cursor = {"cursor": following}

    @property
    def signed_in(self) -> dict[str, str]:
        return {"authorization": f"Bearer {TOKEN}"}


@contextmanager
def serving_slack() -> Iterator[Workspace]:
    clock = Clock()
    sandbox = SlackSandbox(clock=clock)
    with serve(Wire(sandbox.app)) as url, loopback.client() as client:
        yield Workspace(sandbox, clock, url, client)
