"""Reads a folder of text as a help center would hold it, and puts it into a fake one.

A folder is either a corpus (`corpus.jsonl` with `_id`, `title`, `text`) or Markdown files anywhere below it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt

from sandbox.zendesk import ZendeskSandbox

SUFFIXES = {".md", ".mdx", ".markdown"}
TITLE_WORDS = 8
AGE = 3600
"""How long ago, in seconds, the newest loaded article was edited."""

FRONT_MATTER = re.compile(r"\A---\s*\n(?P<fields>.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
TITLE_FIELD = re.compile(r"^title:\s*(?P<title>.+?)\s*$", re.MULTILINE)
HEADING = re.compile(r"\A\s*#\s+(?P<title>.+?)\s*#*\s*(?:\n|\Z)")
ADMONITION = re.compile(r"\[!\w+\]")
WORD = re.compile(r"\w[\w'’.-]*")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One text. `path` is its address in the folder (the `_id` of a corpus): what search results are mapped back to."""

    title: str
    body_html: str
    path: str


def load_folder(folder: Path) -> list[Loaded]:
    """Return every text of the folder, in a stable order. Raises ValueError where there is none."""
    corpus = folder / "corpus.jsonl"
    loaded = list(_corpus(corpus) if corpus.is_file() else _files(folder))
    if not loaded:
        raise ValueError(f"{folder} holds neither a corpus.jsonl nor Markdown files")
    return loaded


def fill(sandbox: ZendeskSandbox, loaded: Sequence[Loaded], *, locale: str = "en-us", brand: str = "main") -> None:
    """Put the texts in as articles, a section for each folder; `sandbox.article_of` then maps paths to article ids.

    The same texts in a fresh sandbox get the same ids. They are edited a second apart: no two share a timestamp.
    """
    sections: dict[PurePosixPath, int] = {}
    newest = sandbox.world.now() - AGE
    for number, text in enumerate(loaded):
        sandbox.article_of[text.path] = sandbox.put_article(
            title=text.title,
            body=text.body_html,
            locale=locale,
            section=_section(sandbox, sections, PurePosixPath(text.path).parent, locale, brand),
            updated_at=newest - len(loaded) + number,
            brand=brand,
        )


def _corpus(path: Path) -> Iterator[Loaded]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            title = record["title"].strip() or _first_words(record["text"]) or record["_id"]
            yield Loaded(title, html_of(record["text"]), record["_id"])


def _files(folder: Path) -> Iterator[Loaded]:
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.is_file():
            title, markdown = _titled(file.read_text(encoding="utf-8"))
            yield Loaded(
                title or _first_words(markdown) or file.stem, html_of(markdown), file.relative_to(folder).as_posix()
            )


def _titled(text: str) -> tuple[str, str]:
    """Return the title that the front matter or else the first heading gives, and the text without it."""
    front = FRONT_MATTER.match(text)
    body = text[front.end() :] if front else text
    named = TITLE_FIELD.search(front["fields"]) if front else None
    heading = HEADING.match(body)
    if named:
        return named["title"].strip("\"'"), body
    if heading:
        return heading["title"], body[heading.end() :]
    return "", body


def _first_words(markdown: str) -> str:
    return " ".join(WORD.findall(ADMONITION.sub(" ", markdown))[:TITLE_WORDS])


def html_of(markdown: str) -> str:
    """Return Markdown as HTML; HTML inside it stays visible text."""
    return str(_markdown().render(markdown))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _section(
    sandbox: ZendeskSandbox, sections: dict[PurePosixPath, int], folder: PurePosixPath, locale: str, brand: str
) -> int:
    """Return the folder's section: its first folder is the category, each further one a section in the one before."""
    if folder in sections:
        return sections[folder]
    name = _spoken(folder.name) or "General"
    if len(folder.parts) > 2:
        parent = _section(sandbox, sections, folder.parent, locale, brand)
        category = sandbox.world.brands[brand].sections[parent].category_id
    else:
        parent = None
        category = _category(sandbox, _spoken(folder.parts[0]) if folder.parts else "Help", locale, brand)
    sections[folder] = sandbox.put_section(name, category=category, parent=parent, locale=locale, brand=brand)
    return sections[folder]


def _category(sandbox: ZendeskSandbox, name: str, locale: str, brand: str) -> int:
    for category in sandbox.world.brands[brand].categories.values():
        if category.names.get(locale) == name:
            return category.id
    return sandbox.put_category(name, locale=locale, brand=brand)


def _spoken(folder: str) -> str:
    return re.sub(r"[-_]+", " ", folder).strip()
