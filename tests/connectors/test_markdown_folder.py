"""A folder of Markdown keeps the contract of every source, and reads what such folders hold."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.check import Level
from connectors.markdown_folder.connector import MarkdownFolder, check
from connectors.markdown_folder.settings import MarkdownFolderSettings
from sync.errors import Gone, Misconfigured
from sync.model import Audience, Cursor
from tests.contract.connector import LabelContract, SourceContract, drain, listing


@dataclass
class FolderWorld:
    """A folder that the tests edit; ids are paths in it."""

    folder: Path
    never: str = "guides/never.md"
    several_pages: int = 250
    written: int = 0

    def connect(self, **settings: object) -> MarkdownFolder:
        return MarkdownFolder(MarkdownFolderSettings.model_validate({"folder": self.folder, **settings}))

    def later(self) -> None:
        pass

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        self.written += 1
        path = f"guides/{self.written:04}.md"
        self.write(path, f"---\ntitle: {title}\nlabels: [{', '.join(labels)}]\n---\n{html}\n")
        return path

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, external_id: str) -> str:
        return (self.folder / external_id).read_text(encoding="utf-8")

    def edit(self, external_id: str, html: str) -> None:
        head, _, _ = self.read(external_id).rpartition("---\n")
        self.write(external_id, f"{head}---\n{html}\n")

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        head, _, tail = self.read(external_id).partition("labels: ")
        self.write(external_id, f"{head}labels: [{', '.join(labels)}]\n{tail.partition(chr(10))[2]}")

    def touch(self, external_id: str) -> None:
        (self.folder / external_id).touch()

    def move(self, external_id: str) -> None:
        raise NotImplementedError("a moved file is another document")

    restrict = unrestrict = move

    def unpublish(self, external_id: str) -> None:
        self.write(external_id, self.read(external_id).replace("labels:", "draft: true\nlabels:", 1))

    def publish(self, external_id: str) -> None:
        self.write(external_id, self.read(external_id).replace("draft: true\n", ""))

    def delete(self, external_id: str) -> None:
        (self.folder / external_id).rename(self.folder / f"{external_id}.gone")

    def restore(self, external_id: str) -> None:
        (self.folder / f"{external_id}.gone").rename(self.folder / external_id)

    def close(self) -> None:
        raise NotImplementedError("the whole folder is public, or none of it")

    open = close

    def disable(self) -> None:
        self.folder.rename(self.folder.with_name("elsewhere"))


@pytest.fixture
def world(tmp_path: Path) -> FolderWorld:
    folder = tmp_path / "docs"
    folder.mkdir()
    return FolderWorld(folder)


class TestMarkdownFolder(SourceContract, LabelContract):
    """It keeps the contract; a file that moves is another document."""


def test_a_moved_file_is_another_document_and_seen_at_once(world: FolderWorld) -> None:
    connector = world.connect()
    put = world.put("Title", "text")
    cursor = connector.head()
    (world.folder / "moved").mkdir()
    (world.folder / put).rename(world.folder / "moved" / "there.md")

    changed, _ = drain(connector, cursor)

    assert changed[put].version is None
    assert changed["moved/there.md"].version is not None
    assert connector.fetch("moved/there.md").breadcrumb == ("moved",)


def test_an_old_file_that_comes_back_dated_is_seen(world: FolderWorld) -> None:
    connector = world.connect()
    put = world.put("Title", "text")
    cursor = connector.head()
    world.edit(put, "older text")
    os.utime(world.folder / put, (0, 0))

    assert set(drain(connector, cursor)[0]) == {put}


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Returns #\n\nSixty days.", "Returns", "Sixty days."),
        ('---\ntitle: "Returns"\n---\n# Something else\n\nSixty days.', "Returns", "# Something else\n\nSixty days."),
        ("Sixty days.\n", "page", "Sixty days."),
        ("a <b>bold</b> `<b>`\n\n```html\n<p>\n```\n", "page", "a &lt;b>bold&lt;/b> `<b>`\n\n```html\n<p>\n```"),
    ],
)
def test_a_file_says_its_title_and_text(world: FolderWorld, text: str, title: str, body: str) -> None:
    world.write("page.md", text)

    document = world.connect().fetch("page.md")

    assert (document.title, document.body) == (title, body)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("index.md", "https://docs.test/"),
        ("guides/README.md", "https://docs.test/guides"),
        ("guides/send back.mdx", "https://docs.test/guides/send%20back"),
    ],
)
def test_a_file_is_linked_to_where_it_is_published(world: FolderWorld, path: str, url: str) -> None:
    world.write(path, "text")

    assert world.connect(base_url="https://docs.test").fetch(path).url == url


@pytest.mark.parametrize(("public", "audience"), [(True, Audience.PUBLIC), (False, Audience.INTERNAL)])
def test_a_folder_is_public_only_when_it_says_so(world: FolderWorld, *, public: bool, audience: Audience) -> None:
    put = world.put("Title", "text")

    assert world.connect(public=public).fetch(put).audience is audience


def test_hidden_folders_other_files_and_links_out_of_the_folder_are_left_alone(world: FolderWorld) -> None:
    secret = world.folder.with_name("secret.md")
    secret.write_text("secret", encoding="utf-8")
    (world.folder / "link.md").symlink_to(secret)
    for path in (".git/notes.md", "node_modules/x/readme.md", "logo.svg", "kept.md"):
        world.write(path, "text")

    assert set(listing(world.connect())) == {"kept.md"}


@pytest.mark.parametrize(
    "target", [".git/config", ".env", "node_modules/x/readme.md", "drafts/.hidden/a.md", "keys.txt"]
)
def test_a_link_shows_nothing_that_is_hidden_or_no_page(world: FolderWorld, target: str) -> None:
    world.write(target, "password = 1")
    (world.folder / "guide.md").symlink_to(world.folder / target)
    (world.folder / "twice.md").symlink_to(world.folder / "guide.md")
    (world.folder / "beside").symlink_to((world.folder / target).parent)

    assert "password" not in str(listing(world.connect(public=True)).values())
    with pytest.raises(Gone):
        world.connect(public=True).fetch("guide.md")


def test_a_link_to_another_page_of_the_folder_is_a_page(world: FolderWorld) -> None:
    world.write("pages/kept.md", "text")
    (world.folder / "also.md").symlink_to(world.folder / "pages/kept.md")

    assert set(listing(world.connect())) == {"pages/kept.md", "also.md"}


def test_a_file_that_is_not_text_or_too_large_is_a_problem(world: FolderWorld) -> None:
    world.write("huge.md", "many words " * 600_000)
    (world.folder / "picture.md").write_bytes(b"\x89PNG\0\0\0")
    connector = world.connect()

    assert "5 MB" in connector.fetch("huge.md").problem
    picture = connector.fetch("picture.md")
    assert (picture.body, "is not" in picture.problem) == ("", True)


def test_a_cursor_of_the_one_listing_is_not_one_of_the_other(world: FolderWorld) -> None:
    world.put("Title", "text")
    connector = world.connect()

    for cursor, read in ((connector.head(), connector.snapshot), (connector.snapshot(None).cursor, connector.changes)):
        with pytest.raises(Exception, match="cursor"):
            read(Cursor(cursor))


def test_doctor_says_what_is_in_the_folder(world: FolderWorld) -> None:
    settings = MarkdownFolderSettings(folder=world.folder)
    [empty] = check(settings)
    world.put("Title", "text")
    [full] = check(settings)
    world.disable()
    [missing] = check(settings)

    assert (empty.level, full.level, missing.level) == (Level.WARNING, Level.OK, Level.PROBLEM)
    assert "1 file" in full.what
    assert "check folder" in missing.fix


def test_a_folder_that_is_not_there_stops_the_source(world: FolderWorld) -> None:
    world.disable()

    with pytest.raises(Misconfigured, match="check folder"):
        world.connect().snapshot(None)


def test_a_name_in_another_encoding_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\ntext")
    with open(os.path.join(os.fsencode(tmp_path), b"r\xfcckgabe.md"), "wb") as file:  # noqa: PTH118, PTH123  bytes
        file.write(b"sixty days")
    connector = MarkdownFolder(MarkdownFolderSettings(folder=tmp_path, base_url="https://docs.acme.test/"))

    listed = listing(connector)
    document = connector.fetch("r\\xfcckgabe.md")

    assert sorted(listed) == ["good.md", "r\\xfcckgabe.md"]
    assert document.body == "sixty days"
    assert document.url.encode().isascii()


@pytest.mark.parametrize("other", [b"r\\xfcckgabe.md", b"r\\x5cxfcckgabe.md", b"r\\\xfcckgabe.md"])
def test_no_name_can_be_chosen_that_equals_another_files(tmp_path: Path, other: bytes) -> None:
    for name, text in ((b"r\xfcckgabe.md", b"first"), (other, b"second")):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:  # noqa: PTH118, PTH123  bytes
            file.write(text)
    connector = MarkdownFolder(MarkdownFolderSettings(folder=tmp_path))

    listed = listing(connector)

    assert len(listed) == 2
    assert sorted(connector.fetch(name).body for name in listed) == ["first", "second"]


@pytest.mark.parametrize(
    ("content", "body", "problem"),
    [
        ("Größe".encode("cp1252"), "Größe", ""),
        ("Größe, Länge – 19 €".encode()[:-1], "Größe, Länge – 19 \ufffd", "some of its characters are broken"),
        ("Żółć".encode("cp1250"), "", "save it as UTF-8"),
        (b"```\nopen", "```\nopen\n```", ""),
    ],
)
def test_a_file_is_read_in_the_encoding_that_it_shows(tmp_path: Path, content: bytes, body: str, problem: str) -> None:
    (tmp_path / "a.md").write_bytes(content)

    document = MarkdownFolder(MarkdownFolderSettings(folder=tmp_path)).fetch("a.md")

    assert document.body == body
    assert problem in document.problem
