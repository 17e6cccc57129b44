from collections.abc import Iterator

import httpx2
import pytest

from sandbox.wire import Wire
from tests.sandbox.zendesk_kit import Desk, fresh, serving


@pytest.fixture(scope="session")
def served_zendesk() -> Iterator[tuple[Wire, str, httpx2.Client]]:
    with serving() as served:
        yield served


@pytest.fixture
def desk(served_zendesk: tuple[Wire, str, httpx2.Client]) -> Desk:
    return fresh(*served_zendesk)
