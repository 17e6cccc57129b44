"""The index on a strict local server: the contract, and what only this one has to get right."""

from collections.abc import Iterator

import pytest

from sync.vector_store.index import OpenAIIndex
from tests.contract.index import IndexContract
from tests.contract.index_failures import IndexFailuresContract
from tests.contract.openai_world import OpenAITruth, OpenAIWorld, openai_world


@pytest.fixture
def world() -> Iterator[OpenAIWorld]:
    with openai_world() as world:
        yield world


class TestOpenAIIndex(IndexContract):
    @pytest.fixture
    def index(self, world: OpenAIWorld) -> OpenAIIndex:
        return world.index

    @pytest.fixture
    def truth(self, world: OpenAIWorld) -> OpenAITruth:
        return OpenAITruth(world.box, world.url)


class TestOpenAIIndexFailing(IndexFailuresContract):
    """Uses the fixture `world` above."""
