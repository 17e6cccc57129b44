"""The sample wiki as the connector reads it."""

from sandbox import sample_confluence
from sandbox.wire import Wire, serve
from sync.model import Audience, Document
from tests.connectors.confluence_world import CLOUD, Clock, ConfluenceWorld
from tests.contract.connector import listing


def test_the_sample_wiki_shows_customers_what_is_theirs_and_colleagues_the_rest() -> None:
    clock = Clock()
    site = sample_confluence.acme(clock=clock)
    wire = Wire(site.app)
    with serve(wire) as url:
        world = ConfluenceWorld(site, clock, wire, url, login=dict(CLOUD))
        connector = world.connect(spaces=["HELP", "OPS"], public_spaces=["HELP"], comments=True)
        found = listing(connector)
        documents = [change.document or connector.fetch(external_id) for external_id, change in found.items()]

    by_title: dict[str, Document] = {document.title: document for document in documents}
    internal = {document.title for document in documents if document.audience is Audience.INTERNAL}
    assert len(documents) == len(by_title) == 15
    assert internal == {
        "Dealer prices",
        "Returns by dealers",
        "Comments on Getting a Breeze through the winter",
        "Support handbook",
        "Escalation",
        "Runbook: the app cannot reach the cloud",
        "Salary bands",
    }
    assert "It does not cover filters" in by_title["Buying the extended warranty"].body
    assert "ask @Sam Agent if it is empty" in by_title["Escalation"].body
    assert by_title["Moving house.md"].breadcrumb == ("Help", "Breeze handbook")
    assert by_title["Breeze handbook"].language == "en"
    assert all(document.body and not document.problem for document in documents)
