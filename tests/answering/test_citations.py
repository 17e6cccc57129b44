"""Only what the state says to be public may be cited, and where the operator says so, files of nobody."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from answering import citations
from answering.model import Passage
from answering.scope import SearchScope
from sync.state.database import State


@pytest.fixture
def state() -> Iterator[State]:
    with closing(State.open("sqlite://")) as opened:
        yield opened


def test_a_passage_of_an_unknown_file_is_no_source(state: State) -> None:
    ours = {
        "managed_by": f"answerwell:{state.installation}",
        "audience": "public",
        "title": "T",
        "url": "https://x",
    }
    passages = [
        Passage("file-1", "a.md", 1.0, "text", ours),
        Passage("file-2", "b.md", 1.0, "text", {**ours, "audience": "internal"}),
        Passage("file-3", "c.md", 1.0, "text", {**ours, "managed_by": "answerwell:other"}),
        Passage("file-4", "d.md", 1.0, "text", {}),
    ]

    assert list(citations.pages(state, passages, SearchScope("vs", {}))) == []
    assert list(citations.pages(state, passages, SearchScope("vs", {}, search_unmanaged=True))) == ["file-4"]
    assert citations.pages(state, [], None) == {}
