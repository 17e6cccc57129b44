from collections.abc import Iterator

import pytest

from sandbox.wire import Wire, serve
from session_api.widget import bundle
from session_api.widget.appearance import Appearance
from tests.widget import kit
from tests.widget.kit import Chromium, Site
from tests.widget.scripted import Scripted, Stage

LOOK = Appearance(
    title="Ask Acme",
    starters=["How long do returns take?", "Where is my order?"],
    contact_email="help@acme.com",
    contact_url="https://www.acme.com/contact",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    with kit.browser() as started:
        yield started


@pytest.fixture
def words() -> dict[str, str]:
    return bundle.texts("en")


@pytest.fixture
def stage() -> Stage:
    return Stage(Scripted(), LOOK)


@pytest.fixture
def wire(stage: Stage) -> Wire:
    """The stage, where requests can be made to fail."""
    return Wire(stage.app)


@pytest.fixture
def server(wire: Wire) -> Iterator[str]:
    with serve(wire) as url:
        yield url


@pytest.fixture
def site() -> Iterator[Site]:
    with kit.site() as made:
        yield made
