from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import Company, company


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as made:
        yield made
