"""An application with an engine behind it whose source and index are in memory: what the admin API is tried on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from session_api.admin.dependencies import Operations
from session_api.app import Services, create_app
from sync.errors import Retryable
from sync.operations import requests
from tests import loopback
from tests.sync.world import Installation, installed

TOKEN = "operators-only"


@dataclass
class Queue:
    tasks: int | None = 3
    seconds: float = 4.5


@dataclass
class Site:
    """`woken` are the tasks that workers would get; `work` does what one does."""

    url: str
    installation: Installation
    woken: list[tuple[str, str]]
    queue: Queue
    http: httpx2.Client
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    def get(self, path: str, **asked: Any) -> httpx2.Response:
        return self.http.get(f"{self.url}{path}", headers=self.headers, **asked)

    def post(self, path: str, content: Any = None, **headers: str) -> httpx2.Response:
        return self.http.post(f"{self.url}{path}", headers={**self.headers, **headers}, json=content)

    def work(self) -> None:
        self.installation.engine.turn("s", ignore_backoff=True)
        requests.process_requests(self.installation.engine)


@contextmanager
def site(token: str | None = TOKEN, *, broker: bool = True) -> Iterator[Site]:
    installation, woken, queue = installed(), list[tuple[str, str]](), Queue()

    def wake(task: str, source: str) -> None:
        if not broker:
            raise Retryable("no broker")
        woken.append((task, source))

    tokens = [token] if token else []
    operations = Operations(installation.state, installation.engine.inventory, tokens, lambda: queue)
    services = Services(
        installation.state, wake, broker_answers=lambda: broker, operations=operations, refusals=100_000
    )
    app = create_app(services)
    with loopback.serve(app) as url, loopback.client() as http:
        yield Site(url, installation, woken, queue, http)
