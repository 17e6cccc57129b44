"""Messages as Slack sends them, as Markdown."""

import json
from pathlib import Path

import pytest

from connectors.slack import messages
from tests.fidelity.kit import documents, recall

FOLDER = Path(__file__).with_name("slack")


class Acme:
    """The names of one small workspace."""

    def user(self, user: str, /) -> str:
        return {"U0SAM00001": "Sam", "U0DANA0001": "Dana"}.get(user, "")

    def channel(self, channel: str, /) -> str:
        return {"C0HELP0001": "help-billing"}.get(channel, "")

    def group(self, group: str, /) -> str:
        return {"S0BILLING1": "billing-team"}.get(group, "")


def markdown_of(source: Path) -> str:
    return messages.said(json.loads(source.read_text("utf-8")), Acme())


@pytest.mark.parametrize("source", documents(FOLDER, "json"), ids=lambda source: source.stem)
def test_a_message_comes_out_as_it_was_reviewed(source: Path) -> None:
    assert markdown_of(source) + "\n" == source.with_suffix(".md").read_text("utf-8")


def test_what_a_reader_sees_arrives() -> None:
    sources = documents(FOLDER, "json")
    expected = "\n".join(source.with_suffix(".txt").read_text("utf-8") for source in sources)
    markdown = "\n".join(map(markdown_of, sources))

    assert len(sources) >= 12
    assert recall(expected, markdown) >= 0.98
