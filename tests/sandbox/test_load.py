"""Folders of text become help center articles whose ids lead back to the text."""

import json
from pathlib import Path

import pytest

from sandbox.load import Loaded, fill, html_of, load_folder
from sandbox.zendesk import ZendeskSandbox
from tests.sandbox.zendesk_kit import START, Desk


def write_corpus(folder: Path, *records: tuple[str, str, str]) -> None:
    lines = [json.dumps({"_id": number, "title": title, "text": text}) for number, title, text in records]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_corpus_keeps_its_order_and_ids(tmp_path: Path) -> None:
    write_corpus(tmp_path, ("b/two.md", "Two", "*second*"), ("a/one.md", "One", "first"))

    assert load_folder(tmp_path) == [
        Loaded("Two", "<p><em>second</em></p>\n", "b/two.md"),
        Loaded("One", "<p>first</p>\n", "a/one.md"),
    ]


def test_a_text_without_title_is_named_by_its_first_words(tmp_path: Path) -> None:
    text = "\n> [!NOTE]\n> **Outlook** can't open the file you've sent me yesterday, sorry"
    write_corpus(tmp_path, ("d0", "", text), ("d1", "", "  "))

    assert [loaded.title for loaded in load_folder(tmp_path)] == [
        "Outlook can't open the file you've sent me",
        "d1",
    ]


def test_markdown_files_are_named_by_front_matter_heading_words_or_file(tmp_path: Path) -> None:
    write(tmp_path, "a.md", '---\nlayout: x\ntitle: "From: front"\n---\n# Kept\n')
    write(tmp_path, "b.md", "\n# From heading #\n\nText\n\n# Second\n")
    write(tmp_path, "sub/c.mdx", "Just some words")
    write(tmp_path, "d.markdown", "")
    write(tmp_path, "ignored.txt", "no")

    loaded = {text.path: (text.title, text.body_html) for text in load_folder(tmp_path)}

    assert loaded == {
        "a.md": ("From: front", "<h1>Kept</h1>\n"),
        "b.md": ("From heading", "<p>Text</p>\n<h1>Second</h1>\n"),
        "d.markdown": ("d", ""),
        "sub/c.mdx": ("Just some words", "<p>Just some words</p>\n"),
    }


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"neither a corpus\.jsonl nor Markdown"):
        load_folder(tmp_path)


def test_tables_become_tables_and_html_stays_text() -> None:
    html = html_of("| a | b |\n|---|---|\n| 1 | <i>2</i> |\n\n<script>alert(1)</script>\n")

    assert "<td>1</td>" in html
    assert "<td>&lt;i&gt;2&lt;/i&gt;</td>" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_folders_become_categories_and_nested_sections(desk: Desk) -> None:
    paths = ["top.md", "office/a.md", "office/word/crash-fixes/b.md", "office/word/c.md"]

    fill(desk.sandbox, [Loaded(path, "", path) for path in paths])

    include = "sections,categories"
    trails = {}
    for path, article in desk.sandbox.article_of.items():
        body = desk.get(f"/api/v2/help_center/articles/{article}.json", include=include).json()
        trails[path] = (body["categories"][0]["name"], body["sections"][0]["name"])
    parents = {
        section["name"]: section["parent_section_id"]
        for section in desk.get("/api/v2/help_center/sections.json").json()["sections"]
    }
    word = next(
        s["id"] for s in desk.get("/api/v2/help_center/sections.json").json()["sections"] if s["name"] == "word"
    )
    assert trails == {
        "top.md": ("Help", "General"),
        "office/a.md": ("office", "office"),
        "office/word/crash-fixes/b.md": ("office", "crash fixes"),
        "office/word/c.md": ("office", "word"),
    }
    assert (parents["crash fixes"], parents["word"]) == (word, None)


def test_loaded_articles_are_numbered_in_order_and_share_no_timestamp(desk: Desk) -> None:
    fill(desk.sandbox, [Loaded(str(number), "", f"d{number}") for number in range(250)])

    feed = desk.get("/api/v2/help_center/incremental/articles.json", start_time=1).json()

    assert [a["id"] for a in feed["articles"]] == list(desk.sandbox.article_of.values())
    assert len({a["updated_at"] for a in feed["articles"]}) == 250
    assert feed["end_time"] == START - 3601
    assert list(desk.sandbox.article_of) == [f"d{number}" for number in range(250)]


def test_the_same_texts_get_the_same_ids_in_every_fresh_sandbox() -> None:
    texts = [Loaded(str(number), "", f"folder{number % 3}/d{number}") for number in range(10)]
    one, other = ZendeskSandbox(), ZendeskSandbox()

    fill(one, texts)
    fill(other, texts)

    assert one.article_of == other.article_of
    assert len(set(one.article_of.values())) == 10


def test_articles_can_be_loaded_in_another_language(desk: Desk) -> None:
    fill(desk.sandbox, [Loaded("Hallo", "<p>Welt</p>", "d0")], locale="de")

    shown = desk.visit("/api/v2/help_center/de/articles.json").json()["articles"]

    assert [(a["title"], a["source_locale"]) for a in shown] == [("Hallo", "de")]
