"""Intercom keeps the connector contract: its articles, those for teammates, and its conversations."""

from collections.abc import Iterator

import pytest

from sync.model import Connector
from tests.connectors.intercom_world import ConversationWorld, IntercomWorld, InternalWorld, intercom_world
from tests.contract.connector import (
    AudienceContract,
    ConnectorContract,
    ContainerContract,
    HtmlContract,
    LabelContract,
    SocketContract,
    drain,
    is_gone,
    listing,
)


class TestIntercomArticles(ConnectorContract, LabelContract, ContainerContract, AudienceContract, HtmlContract):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world() as world:
            world.sandbox.world.most_rows = 25
            yield world


class TestInternalArticles(ConnectorContract, HtmlContract):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world(InternalWorld) as world:
            world.sandbox.world.most_rows = 25
            yield world


class TestConversations(ConnectorContract, LabelContract, ContainerContract):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world(ConversationWorld) as world:
            world.sandbox.world.most_rows = 12
            yield world

    def test_what_leaves_is_gone_and_what_comes_back_is_listed(  # type: ignore[override]  # it does not come back
        self, world: IntercomWorld, connector: Connector
    ) -> None:
        stays, leaves = world.put("Stays", "<p>a</p>"), world.put("Leaves", "<p>b</p>")
        world.later()
        cursor = connector.head()
        world.delete(leaves)
        world.later()

        changed, cursor = drain(connector, cursor)

        assert is_gone(connector, leaves)
        assert {name: change.version for name, change in changed.items()} == {leaves: None}
        assert stays in listing(connector)
        assert drain(connector, cursor)[0] == {}


class TestIntercomOverAConnection(SocketContract):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world(socket=True) as world:
            yield world
