"""What is said of documents that repeat one another, or say nothing."""

from contextlib import closing
from dataclasses import replace

import pytest

from sync.config import Source
from sync.engine import Concurrency, Engine
from sync.pipeline.fingerprint import fingerprint, thin_content_problem
from sync.status.status import alike, problems
from tests.contract.memory_index import MemoryIndex
from tests.sync.world import INDEXES, Installation, SourceWorld, installed

TEXT = "You may send a device back within sixty days of its delivery, whatever the reason is."


@pytest.mark.parametrize("same", [TEXT.upper(), f"# {TEXT}", TEXT.replace(" ", "\n\n"), f"**{TEXT}**"])
def test_texts_of_the_same_words_are_alike(same: str) -> None:
    assert fingerprint(same) == fingerprint(TEXT) != ""


@pytest.mark.parametrize("other", [TEXT.replace("sixty", "ninety"), "", "See above.", TEXT[::-1]])
def test_other_words_and_short_texts_are_not(other: str) -> None:
    assert fingerprint(other) != fingerprint(TEXT)


@pytest.mark.parametrize("body", ["tbd", "![](https://help.test/picture-of-a-device.png)", "- \n- \n", "N/A\n\n---"])
def test_a_text_that_says_almost_nothing_is_told(body: str) -> None:
    assert "almost empty" in thin_content_problem(body)


@pytest.mark.parametrize("body", [TEXT, "退货政策：收到商品后六十天内可退货", "", "  \n"])
def test_a_text_that_says_something_or_nothing_at_all_is_not(body: str) -> None:
    assert thin_content_problem(body) == ""


def test_an_almost_empty_document_is_searchable_and_a_problem() -> None:
    installation = installed()
    installation.source.put("d01", "tbd")

    installation.turn()

    [problem] = problems(installation.engine.state)
    assert (problem["document"], "almost empty" in problem["error"]) == ("d01", True)
    assert "d01" in installation.searchable("public")


def test_a_document_that_is_not_whole_says_so_until_it_is() -> None:
    installation = installed()
    installation.source.put("d01", TEXT)
    whole = installation.source.documents["d01"]
    installation.source.documents["d01"] = replace(whole, problem="only the first 500 rows were read")
    installation.turn()

    [problem] = problems(installation.engine.state)
    assert problem["error"] == "only the first 500 rows were read"
    assert TEXT.encode() in installation.searchable("public")["d01"][0][0]

    installation.source.put("d01", TEXT)
    installation.turn()
    assert problems(installation.engine.state) == []


def test_a_document_without_a_body_is_one_problem_that_names_the_reason() -> None:
    installation = installed()
    installation.source.put("d01", "")
    empty = installation.source.documents["d01"]
    installation.source.documents["d01"] = replace(empty, problem="scanned PDF: no text in it")

    installation.turn()

    [problem] = problems(installation.engine.state)
    assert problem["error"] == "scanned PDF: no text in it"
    assert "d01" not in installation.searchable("public")


def test_the_same_text_in_two_sources_is_kept_twice_and_told() -> None:
    one, other = SourceWorld(), SourceWorld()
    one.put("a", TEXT)
    other.put("b", f"**{TEXT}**")
    other.put("c", "Something else altogether, which nobody has written anywhere.")
    installation = Installation("sqlite:///:memory:", one)
    sources = [Source("s", "made-up", one), Source("t", "made-up", other)]
    with closing(installation.state) as state:
        index = MemoryIndex(state.installation)
        engine = Engine(state, index, sources, INDEXES, concurrency=Concurrency(calls=1, batch_size=3))
        for source in sources:
            engine.turn(source.name)

        [group] = alike(engine.state)

        assert [(found["source"], found["document"]) for found in group] == [("s", "a"), ("t", "b")]
        assert problems(engine.state) == []
        other.delete("b")
        engine.turn("t")
        assert alike(engine.state) == []
