import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.text import Chunking, body_of, count_tokens, language_of, passages, stem, title_of, words_of


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns after very few steps."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@given(st.text(), st.integers(100, 200), st.floats(0, 0.5))
def test_every_word_of_any_text_is_in_some_passage_and_none_is_too_long(text: str, tokens: int, share: float) -> None:
    cut = passages(text, Chunking(tokens, int(tokens * share)))

    assert set(words_of(text)) <= {word for passage in cut for word in words_of(passage)}
    assert all(0 < count_tokens(passage) <= tokens for passage in cut if count_tokens(passage))


def test_passages_overlap_unless_a_heading_starts_the_next() -> None:
    lines = [f"line {n} of the text\n" for n in range(60)]

    running = passages("".join(lines), Chunking(100, 50))
    headed = passages("".join(lines[:18]) + "## Next\n" + "".join(lines[18:30]), Chunking(100, 50))

    assert running[0].splitlines()[-1] in running[1].splitlines()
    assert headed[1].startswith("## Next")
    assert headed[0].splitlines()[-1] not in headed[1]


def test_a_short_text_is_one_passage() -> None:
    assert passages("# One\n\ntext\n\n## Two\n\nmore", Chunking()) == ["# One\n\ntext\n\n## Two\n\nmore"]


@pytest.mark.parametrize(
    ("text", "title"),
    [("# Title\n\ntext", "Title"), ("x\n\n# Title #\n", "Title"), ("## Section\n", ""), ("", ""), ("#no", "")],
)
def test_the_title_is_the_first_top_heading(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [("How do I do this", "", "en"), ("Wie kann ich das machen", "", "de"), ("Wie", "en-US", "en"), ("x", "fr", "fr")],
)
def test_a_language_is_told_or_guessed(text: str, hint: str, language: str) -> None:
    assert language_of(words_of(text), hint) == language


@pytest.mark.parametrize(
    ("passage", "own"),
    [
        ("# Refunds\n\nHelp › Money\n\nhttps://help.example.com/1-Refunds\n\nText", "Help › Money Text"),
        ("# Refunds › Late\n\nText", "# Refunds › Late Text"),
        ("Text about\n\n# Refunds", "Text about # Refunds"),
        ("See https://help.example.com for\nmore", "See https://help.example.com for more"),
    ],
)
def test_a_passage_holds_neither_the_title_of_its_file_nor_bare_addresses(passage: str, own: str) -> None:
    assert body_of(passage, "Refunds").split() == own.split()


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_stem_at_once_do_not_disturb_each_other() -> None:
    words = [f"{root}{n}nationalizations" for root in ("generous", "relation", "hopping") for n in range(500)]

    with ThreadPoolExecutor(8) as pool:
        stems = list(pool.map(lambda word: stem(word, "en"), words))

    assert stems == [word.removesuffix("alizations") for word in words]
