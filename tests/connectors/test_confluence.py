"""Confluence keeps the connector contract: pages and blog posts, on Cloud and on a Data Center."""

from collections.abc import Iterator

import pytest

from tests.connectors.confluence_world import ConfluenceWorld, blog_world, confluence_world, data_center_world
from tests.contract.connector import AudienceContract, ConnectorContract, HtmlContract, SocketContract


class TestPages(ConnectorContract, AudienceContract, HtmlContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with confluence_world() as world:
            world.sandbox.world.page_cap = 10
            yield world


class TestBlogPosts(ConnectorContract, AudienceContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with blog_world() as world:
            world.sandbox.world.page_cap = 10
            yield world


class TestDataCenter(ConnectorContract, AudienceContract, HtmlContract):
    @pytest.fixture(params=["scan", "start"])
    def world(self, request: pytest.FixtureRequest) -> Iterator[ConfluenceWorld]:
        with data_center_world() as world:
            world.sandbox.world.scan = request.param == "scan"
            world.sandbox.world.page_cap = 10
            yield world


class TestCloudOverAConnection(SocketContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with confluence_world(socket=True) as world:
            world.sandbox.world.page_cap = 10
            yield world


class TestDataCenterOverAConnection(SocketContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with data_center_world(socket=True) as world:
            world.sandbox.world.page_cap = 10
            yield world
