"""Zendesk articles: the connector contract, and what is Zendesk's own."""

from collections.abc import Iterator

import pytest

from tests.connectors.zendesk_world import ZendeskWorld, zendesk_world
from tests.contract.connector import ConnectorContract


@pytest.fixture
def world() -> Iterator[ZendeskWorld]:
    with zendesk_world() as world:
        yield world


class TestZendesk(ConnectorContract):
    """The contract on articles; the `world` is the module's."""
