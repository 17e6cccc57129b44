"""The sample Drive, read as the demo reads it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.settings import GoogleDocsSettings
from sandbox import sample_google
from sandbox.google import GoogleSandbox
from sandbox.wire import Wire, serve
from sync.model import Audience, Document
from tests.contract.connector import listing


@pytest.fixture
def office() -> GoogleSandbox:
    return sample_google.acme()


@pytest.fixture
def documents(office: GoogleSandbox) -> Iterator[dict[str, Document]]:
    with serve(Wire(office.app)) as url, tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key.json"
        key.write_text(office.credentials.key_file(f"{url}/token"), encoding="utf-8")
        settings = GoogleDocsSettings(
            credentials_file=key,
            folders=(office.folder_of["knowledge"],),
            public_folders=(office.folder_of["guides"],),
            drive_url=url,
            docs_url=url,
        )
        connector = GoogleDocs(settings)
        read = [connector.fetch(name) for name in listing(connector)]
        yield {
            key: document
            for document in read
            for key, name in office.document_of.items()
            if name == document.external_id
        }


def test_guides_are_public_and_the_teams_documents_are_not(documents: dict[str, Document]) -> None:
    public = {key for key, document in documents.items() if document.audience is Audience.PUBLIC}

    assert public == {"mounting", "night", "integrations", "travel", "allergy", "parts"}
    assert len(documents) == 12
    assert "recall" not in documents


def test_every_sample_has_text_and_no_problem(documents: dict[str, Document]) -> None:
    assert all(document.body for document in documents.values())
    assert not any(document.problem for document in documents.values())
    assert documents["allergy"].language == "de"


def test_the_samples_show_what_is_hard_to_read(documents: dict[str, Document]) -> None:
    handbook = documents["handbook"].body

    assert "## Damaged parcels" in handbook
    assert "- [ ] Look up the order" in handbook
    assert "| amber | sensor | send F3 |" in handbook
    assert "Or nobody" not in handbook
    assert "| F3 Carbon | Breeze 300, Breeze 300 Pro | 44.9 |" in documents["parts"].body
    assert "## Shifts" in documents["onboarding"].body
    assert "```\ncurl http://breeze.local/v1/state" in documents["integrations"].body
