from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import Company, company
from tests.workers.kit import serve_on_a_free_port


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    """A company whose API has a port of its own."""
    with company(tmp_path) as made:
        serve_on_a_free_port(made)
        yield made
