"""What operating the service needs beside serving it: the admin API and the metrics."""

from collections.abc import Sequence

from fastapi import FastAPI

from session_api import metrics
from session_api.access.lockout import Lockout
from session_api.admin import ask, evaluation, questions, routes, verified, visitors, watch
from session_api.admin.dependencies import Operations
from session_api.admin.gate import AdminGate


def install(app: FastAPI, operations: Operations, trusted_proxies: Sequence[str] = ()) -> None:
    """Add the endpoints to the application; `app.state.wake` tells its workers."""
    app.state.operations = operations
    app.add_middleware(AdminGate, tokens=operations.tokens, lockout=Lockout(), trusted_proxies=trusted_proxies)
    metrics.install(app, operations.state, operations.inventory, operations.queue)
    for endpoints in (routes, questions, ask, evaluation, verified, visitors, watch):
        app.include_router(endpoints.routes)
