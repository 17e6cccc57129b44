"""Articles as Intercom's editor writes them, as Markdown."""

from pathlib import Path

import pytest

from connectors.intercom.article_document import shown_html
from connectors.text import to_markdown
from tests.fidelity.kit import documents, recall

FOLDER = Path(__file__).with_name("intercom")
PAGE = "https://help.acme.test/en/articles/1-title"


def converted(source: Path) -> str:
    return to_markdown(shown_html("", source.read_text("utf-8")), PAGE)


@pytest.mark.parametrize("source", documents(FOLDER, "html"), ids=lambda source: source.stem)
def test_an_article_comes_out_as_it_was_reviewed(source: Path) -> None:
    assert converted(source) + "\n" == source.with_suffix(".md").read_text("utf-8")


def test_what_a_reader_sees_arrives_and_no_address_that_expires() -> None:
    sources = documents(FOLDER, "html")
    expected = "\n".join(source.with_suffix(".txt").read_text("utf-8") for source in sources)
    markdown = "\n".join(map(converted, sources))

    assert len(sources) >= 6
    assert recall(expected, markdown) >= 0.98
    assert "intercomcdn" not in markdown
