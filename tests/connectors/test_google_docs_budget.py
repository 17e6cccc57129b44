"""What a Drive costs in calls. Each of these fails when a change makes it more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.google_docs.connector import GoogleDocs
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import drain, listing

DOCUMENTS = 200
BUDGET = 206


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        world.sandbox.world.page = 1000
        yield world


def sync(connector: GoogleDocs) -> int:
    """List everything, and fetch it with as many threads as a sync uses at most."""
    connector.head()
    listed = list(listing(connector))
    with ThreadPoolExecutor(32) as threads:
        bodies = [document.body for document in threads.map(connector.fetch, listed)]
    assert set(bodies) == {"text"}
    return len(bodies)


def test_a_folder_of_200_internal_documents(world: GoogleWorld) -> None:
    for n in range(DOCUMENTS):
        world.sandbox.put_doc(f"Doc {n}", "text", world.folder)

    assert sync(world.connect(public_folders=[])) == DOCUMENTS
    assert world.wire.count("/token") == 1
    assert world.wire.count() <= BUDGET


def test_a_folder_of_200_public_documents_whose_listing_says_who_may_read_them(world: GoogleWorld) -> None:
    for n in range(DOCUMENTS):
        world.put(f"Doc {n}", "text")

    assert sync(world.connect()) == DOCUMENTS
    assert world.wire.count("/permissions") == 0
    assert world.wire.count() <= BUDGET


def test_a_folder_of_200_public_documents_whose_listing_does_not(world: GoogleWorld) -> None:
    folder = world.sandbox.put_folder("Shared", world.sandbox.put_drive("Team"))
    for n in range(DOCUMENTS):
        world.sandbox.share(world.sandbox.put_doc(f"Doc {n}", "text", folder))

    assert sync(world.connect(folders=[folder], public_folders=[folder])) == DOCUMENTS
    assert world.wire.count("/permissions") == DOCUMENTS
    assert world.wire.count() <= BUDGET + DOCUMENTS + 2


@pytest.mark.parametrize("known", [True, False], ids=["same process", "another process"])
def test_nothing_changed_is_one_call(world: GoogleWorld, known: bool) -> None:
    for n in range(5):
        world.put(f"Doc {n}", "text")
    connector = world.connect()
    cursor = connector.head()
    listing(connector)
    reader = connector if known else world.connect()
    if not known:
        reader.head()  # signs in
    world.wire.forget()

    assert drain(reader, cursor)[0] == {}
    assert world.wire.count() == 1


def test_one_changed_document_is_three_calls(world: GoogleWorld) -> None:
    documents = [world.put(f"Doc {n}", "text") for n in range(50)]
    connector = world.connect()
    cursor = connector.head()
    listing(connector)
    world.sandbox.edit(documents[7], "second")
    world.wire.forget()

    assert set(drain(connector, cursor)[0]) == {documents[7]}
    assert connector.fetch(documents[7]).body == "second"
    assert world.wire.count() == 3


def test_a_token_serves_every_thread_for_an_hour(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    connector = world.connect()
    for _ in range(2):
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda _: connector.fetch(document), range(32)))
        world.clock.now += 40 * 60

    assert world.wire.count("/token") == 1
    world.clock.now += 40 * 60
    connector.fetch(document)
    assert world.wire.count("/token") == 2


def test_a_token_that_is_refused_is_renewed_once(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    connector = world.connect()
    connector.fetch(document)
    world.sandbox.credentials.expire()

    assert connector.fetch(document).body == "text"
    assert world.wire.count("/token") == 2
