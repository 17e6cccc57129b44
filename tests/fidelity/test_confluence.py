"""Every construct of a Confluence body, as Markdown."""

from pathlib import Path

import pytest

from connectors.confluence import macros, rendered
from connectors.confluence.storage import Included, Named, StorageReader, StorageReading
from connectors.text import to_markdown
from tests.fidelity.kit import documents, recall

FOLDER = Path(__file__).parent / "confluence"
BASE = "https://acme.atlassian.net/wiki"
NAMES = {"557058:ines": "Ines Costa", "557058:sam": "Sam Agent"}
PAGES = {
    "shared terms": "<p>Shared terms apply to every order.</p>",
    "warranty": (
        '<p>left out</p><ac:structured-macro ac:name="excerpt"><ac:rich-text-body><p>Two years on all parts.</p>'
        "</ac:rich-text-body></ac:structured-macro>"
    ),
}


def converted(source: Path) -> str:
    text = source.read_text(encoding="utf-8").rstrip("\n")
    if source.suffix == ".html":
        return rendered.convert(text, f"{BASE}/spaces/HELP/pages/1").markdown

    def include(named: Named) -> Included | None:
        storage = PAGES.get(named.title.casefold())
        return Included("77", storage) if storage is not None else None

    reader = StorageReader(BASE, "HELP", "1", lambda account: NAMES.get(account, "somebody"), include, macros.macro)
    return to_markdown(
        StorageReading(reader, (("HELP", "this page", "page"),)).body(text), f"{BASE}/spaces/HELP/pages/1"
    )


SOURCES = [*documents(FOLDER, "storage"), *documents(FOLDER, "html")]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_document_comes_out_as_reviewed(source: Path) -> None:
    assert converted(source) == source.with_suffix(".md").read_text(encoding="utf-8").rstrip("\n")


def test_what_a_reader_sees_arrives() -> None:
    told = "\n".join(source.with_suffix(".txt").read_text(encoding="utf-8") for source in SOURCES)
    arrived = "\n".join(converted(source) for source in SOURCES)

    assert len(SOURCES) >= 12
    assert recall(told, arrived) >= 0.98
