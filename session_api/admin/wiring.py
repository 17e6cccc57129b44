"""What operating the service needs beside serving it: the admin API and the metrics."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import FastAPI

from session_api import metrics
from session_api.admin import routes as admin
from session_api.metrics import Queue
from sync.engine import Engine


@dataclass(frozen=True)
class Operations:
    """`token` None: the admin API refuses everybody, and says how to set one."""

    engine: Engine
    token: str | None = field(repr=False)
    queue: Callable[[], Queue]

    def install(self, app: FastAPI, wake: Callable[[str, str], None]) -> None:
        """Add the endpoints to the application."""
        app.include_router(metrics.router(self.engine, self.queue))
        app.include_router(admin.router(self.engine, self.token, wake, self.queue))
