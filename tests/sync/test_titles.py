"""Titles: one line, of at most 300 characters as a reader counts them, without what no reader sees."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from answering.events import CitedPage
from sync.invisible import cut
from sync.model import MAX_TITLE, Audience, Document
from sync.rendering import render

DOCUMENT = Document("1", "1", "Title", "Text", "https://acme.test/1", datetime(2026, 1, 1, tzinfo=UTC), Audience.PUBLIC)
WHOLE = {
    "accent": "e\u0301",
    "family": "👨\u200d👩\u200d👧",
    "skin": "👍🏽",
    "flag": "🇩🇪",
    "england": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "hangul": "\u1112\u1161\u11ab",
    "devanagari": "कि",
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_a_long_title_is_cut_between_characters_as_a_reader_counts_them(kind: str, before: int) -> None:
    letter = WHOLE[kind]
    title = replace(DOCUMENT, title="x" * before + letter * 400).title

    assert len(title) <= MAX_TITLE
    assert title.endswith("…")
    assert title[before:-1] == letter * ((len(title) - before - 1) // len(letter))


def test_a_cut_is_bounded_whatever_is_joined() -> None:
    assert len(cut("a" + "\u0301" * 10_000, 300)) == 300
    assert len(replace(DOCUMENT, title="\u200d" * 10_000_000 + "end").title) <= MAX_TITLE


def test_what_is_shown_cited_and_stored_of_a_document_is_one_line_that_is_seen() -> None:
    poison = "a\x1b[31m\u202eb\nc\u2066 \u200b d"
    document = replace(
        DOCUMENT, title=poison, breadcrumb=(poison, "\u202e"), labels=(poison,), url="https://a.test/\u202ex"
    )
    page = CitedPage("file", poison, "https://a.test/\x1b[0m\u202ex", None)

    for shown in (document.title, *document.breadcrumb, *document.labels, page.title):
        assert shown == "a[31mb c d"
    assert document.url == "https://a.test/x"
    assert page.link == "https://a.test/[0mx"
    assert CitedPage("file", "t", "https://[broken", None).link == ""
    assert CitedPage("file", "t", "https://acme.test@evil.test/", None).link == ""


def test_an_attribute_is_cut_between_characters_too() -> None:
    document = replace(DOCUMENT, title="x" + "👨\u200d👩\u200d👧" * 80)

    kept = str(render(document, source="s", installation="i").attributes["title"])

    assert len(kept) <= 256
    assert kept.removeprefix("x") == "👨\u200d👩\u200d👧" * ((len(kept) - 1) // 5)
