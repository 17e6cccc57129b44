"""Google Docs keeps the connector contract."""

from collections.abc import Iterator

import pytest

from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import AudienceContract, ConnectorContract, ContainerContract, SocketContract


class TestGoogleDocs(ConnectorContract, ContainerContract, AudienceContract):
    @pytest.fixture
    def world(self) -> Iterator[GoogleWorld]:
        with google_world() as world:
            yield world


class TestGoogleDocsOverAConnection(SocketContract):
    @pytest.fixture
    def world(self) -> Iterator[GoogleWorld]:
        with google_world(socket=True) as world:
            yield world
