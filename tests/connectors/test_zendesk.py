"""Zendesk keeps the connector contract: its articles, and its tickets."""

from collections.abc import Iterator

import pytest

from tests.connectors.zendesk_world import TicketWorld, ZendeskWorld, ticket_world, zendesk_world
from tests.contract.connector import (
    ConnectorContract,
    ContainerContract,
    HtmlContract,
    LabelContract,
    PublicListingContract,
    SocketContract,
)


class TestArticles(ConnectorContract, LabelContract, ContainerContract, PublicListingContract, HtmlContract):
    @pytest.fixture
    def world(self) -> Iterator[ZendeskWorld]:
        with zendesk_world() as world:
            yield world


class TestTickets(ConnectorContract, LabelContract, ContainerContract):
    @pytest.fixture
    def world(self) -> Iterator[TicketWorld]:
        with ticket_world() as world:
            yield world


class TestZendeskOverAConnection(SocketContract):
    @pytest.fixture
    def world(self) -> Iterator[ZendeskWorld]:
        with zendesk_world(socket=True) as world:
            yield world
