"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.cli.forks import FORK_SERVER

pytest_plugins = ["tests.cpu_report"]

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _fork_server() -> Iterator[None]:
    """It ends with the tests, so that what it used is counted."""
    yield
    FORK_SERVER.stop()
