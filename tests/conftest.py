"""What holds for every test."""

import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from sync.log_redaction import redact_exceptions
from tests.cli.forks import FORK_SERVER

pytest_plugins = ["tests.cpu_report", "tests.fast_core"]

structlog.configure(  # as the command line does: an exception in full, with its variables, costs half a second
    processors=[structlog.contextvars.merge_contextvars, redact_exceptions, structlog.dev.ConsoleRenderer(colors=False)]
)
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _fork_server() -> Iterator[None]:
    """It ends with the tests, so that what it used is counted."""
    yield
    FORK_SERVER.stop()


@pytest.fixture(autouse=True)
def _tasks_of_this_test_alone() -> None:
    """Celery gives every application the tasks of all that a process has made, under their names."""
    state = sys.modules.get("celery._state")
    if state is not None:
        finalizers = state._on_app_finalizers
        finalizers.difference_update({one for one in finalizers if one.__module__ == "celery.app.base"})
