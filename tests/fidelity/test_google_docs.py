"""What a reader of a Google Doc sees arrives in Markdown, construct by construct."""

import json
from pathlib import Path

import pytest

from connectors.google_docs.document import to_markdown
from connectors.http.transport import Json
from tests.fidelity import kit
from tests.sandbox.google_kit import check

DOCUMENTS = kit.documents(Path(__file__).parent / "google_docs", "json")


def read(path: Path) -> Json:
    parsed: Json = json.loads(path.read_text(encoding="utf-8"))
    return parsed


def markdown_of(path: Path) -> str:
    document = read(path)
    return to_markdown(document, f"https://docs.google.com/document/d/{document['documentId']}/edit") + "\n"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_becomes_the_markdown_that_was_agreed_on(path: Path) -> None:
    assert markdown_of(path) == path.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_document_is_one_that_the_vendor_could_send(path: Path) -> None:
    check(read(path), "Document")


def test_the_words_of_all_documents_arrive() -> None:
    words = " ".join(path.with_suffix(".txt").read_text(encoding="utf-8") for path in DOCUMENTS)
    markdown = " ".join(markdown_of(path) for path in DOCUMENTS)

    assert len(DOCUMENTS) >= 12
    assert kit.recall(words, markdown) >= 0.98


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_nothing_arrives_that_a_reader_does_not_see(path: Path) -> None:
    for hidden in ("Proposed", "proved", "Secret plan", "googleusercontent", "javascript:", "Nobody refers"):
        assert hidden not in markdown_of(path)
