"""Large files do not gather in memory: only so many are between their download and the end of their reading."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from connectors import apart
from connectors.files import IN_MEMORY
from sandbox.wire import Wire
from sandbox.zendesk.articles import NewAttachment
from sync.model import Document
from tests.connectors.confluence_world import confluence_world
from tests.connectors.google_docs_world import google_world
from tests.connectors.slack_world import slack_world
from tests.connectors.zendesk_world import zendesk_world
from tests.contract.connector import listing

Prepared = tuple[Wire, str, Callable[[], Document]]
"""The vendor's wire, what its downloads are asked at, and a fetch of a document with a file."""


@contextmanager
def zendesk() -> Iterator[Prepared]:
    with zendesk_world() as world:
        file = NewAttachment("prices.csv", b"F3;19.90", "text/csv")
        number = world.sandbox.put_article(title="Prices", body="<p>See the attached list.</p>", attachments=[file])
        yield world.wire, "/article_attachments/", lambda: world.connect().fetch(f"{number}:en-us")


@contextmanager
def confluence() -> Iterator[Prepared]:
    with confluence_world() as world:
        page = world.put("Manuals", "<p>a</p>")
        file = f"att{world.sandbox.attach(int(page), 'a.csv', b'F3;19.90', 'text/csv')}"
        yield world.wire, "/download/", lambda: world.connect(attachments=True).fetch(file)


@contextmanager
def slack() -> Iterator[Prepared]:
    with slack_world(page=None) as world:
        world.kind = "fresh"
        file = world.sandbox.file("a.csv", b"F3;19.90", "text/csv", world.url)
        world.sandbox.post(world.help, "see the file", files=[file], subtype="file_share")
        yield world.wire, "/files-pri/", lambda: world.connect().fetch(next(iter(listing(world.connect()))))


@contextmanager
def google_docs() -> Iterator[Prepared]:
    with google_world() as world:
        file = world.sandbox.put_file("a.csv", b"F3;19.90", "text/csv", world.folder)
        yield world.wire, "alt=media", lambda: world.connect().fetch(file)


@pytest.mark.parametrize("vendor", [zendesk, confluence, slack, google_docs])
def test_a_file_is_downloaded_only_when_it_may_be_held(vendor: Callable[[], AbstractContextManager[Prepared]]) -> None:
    found: list[Document] = []
    with vendor() as (wire, downloads, fetch):
        thread = threading.Thread(target=lambda: found.append(fetch()))
        for _ in range(apart.AT_ONCE):
            IN_MEMORY.acquire()
        try:
            thread.start()
            thread.join(0.3)  # it cannot end meanwhile, however long this takes
            assert thread.is_alive()
            assert wire.count(downloads) == 0
        finally:
            for _ in range(apart.AT_ONCE):
                IN_MEMORY.release()
        thread.join()
        assert wire.count(downloads) >= 1

    assert "19.90" in found[0].body
