"""What a model cites by number is a citation, however its text is cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from answering.completions import CitationMarks
from answering.model import FileCitation, Passage, TextDelta

PASSAGES = [Passage(f"file-{n}", f"{n}.md", 1.0, "") for n in (1, 2)]
MARKED = [
    ("A [1].", "A.", [("file-1", 1)]),
    ("A [1][2].", "A.", [("file-1", 1), ("file-2", 1)]),
    ("A [1, 2] b", "A b", [("file-1", 1), ("file-2", 1)]),
    ("A【2】 b", "A b", [("file-2", 1)]),
    ("A [9] b [x] [", "A [9] b [x] [", []),
    ("[1] A", " A", [("file-1", 0)]),
    ("A [1", "A [1", []),
    ("", "", []),
]


@given(st.sampled_from(MARKED), st.lists(st.integers(0, 12)))
def test_numbers_are_citations_wherever_the_text_is_cut(
    marked: tuple[str, str, list[tuple[str, int]]], cuts: list[int]
) -> None:
    text, shown, cited = marked
    marks = CitationMarks(PASSAGES)
    edges = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})

    told = [one for start, end in pairwise(edges) for one in marks.feed(text[start:end])]
    told += marks.close()

    assert "".join(one.text for one in told if isinstance(one, TextDelta)) == shown
    assert [(one.file, one.index) for one in told if isinstance(one, FileCitation)] == cited
