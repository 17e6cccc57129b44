from collections.abc import Iterator

import pytest

from tests.session_api.kit import Shop, shop
from tests.sync.conftest import postgresql  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for the tests of a module: each of them is another visitor."""
    with shop(tmp_path_factory.mktemp("acme")) as opened:
        yield opened
