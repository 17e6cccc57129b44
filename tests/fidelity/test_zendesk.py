"""Articles as Zendesk's editor writes them, as Markdown."""

from pathlib import Path

import pytest

from connectors.text import to_markdown
from tests.fidelity.kit import documents, recall

FOLDER = Path(__file__).with_name("zendesk")
PAGE = "https://acme.zendesk.test/hc/en-us/articles/1"


@pytest.mark.parametrize("source", documents(FOLDER, "html"), ids=lambda source: source.stem)
def test_an_article_comes_out_as_it_was_reviewed(source: Path) -> None:
    markdown = to_markdown(source.read_text("utf-8"), PAGE)

    assert markdown + "\n" == source.with_suffix(".md").read_text("utf-8")


def test_what_a_reader_sees_arrives() -> None:
    sources = documents(FOLDER, "html")
    expected = "\n".join(source.with_suffix(".txt").read_text("utf-8") for source in sources)
    markdown = "\n".join(to_markdown(source.read_text("utf-8"), PAGE) for source in sources)

    assert len(sources) >= 12
    assert recall(expected, markdown) >= 0.98
