"""Slack's connector on the contract: for threads that people are at, for quiet ones, and for days."""

from collections.abc import Iterator

import pytest

from sync.model import Connector
from tests.connectors.slack_world import SlackWorld, slack_world
from tests.contract.connector import ConnectorContract, SocketContract, World, version


class SlackContract(ConnectorContract):
    """What holds for every kind of document; messages have no labels, and a channel's name is their container."""

    def test_a_label_and_a_container_change_the_version(self, world: World, connector: Connector) -> None:
        put = world.put("Title", "<p>text</p>")
        before = version(connector, put)

        world.move(put)

        assert version(connector, put) != before
        assert connector.fetch(put).breadcrumb == ("#help-elsewhere",)


class TestQuietThreads(SlackContract):
    @pytest.fixture
    def world(self) -> Iterator[SlackWorld]:
        with slack_world("quiet") as world:
            yield world


class TestFreshThreads(SlackContract):
    @pytest.fixture
    def world(self) -> Iterator[SlackWorld]:
        with slack_world("fresh", page=5, several_pages=12) as world:
            yield world


class TestDays(SlackContract):
    @pytest.fixture
    def world(self) -> Iterator[SlackWorld]:
        with slack_world("day") as world:
            yield world


class TestSlackOverAConnection(SocketContract):
    @pytest.fixture
    def world(self) -> Iterator[SlackWorld]:
        with slack_world(socket=True) as world:
            yield world
