"""Which files are documents: below folders, through shortcuts, in shared drives, or named one by one."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from connectors.google_docs.settings import GoogleDocsSettings
from sync.errors import Gone, Misconfigured
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import drain, listing, pages, version


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        yield world


def test_folders_are_read_to_their_depths(world: GoogleWorld) -> None:
    parent, put = world.folder, []
    for depth in range(6):
        put.append(world.sandbox.put_doc(f"Doc {depth}", "text", parent))
        parent = world.sandbox.put_folder(f"Folder {depth}", parent)
    world.sandbox.put_doc("Elsewhere", "text", world.outside)
    connector = world.connect()

    assert set(listing(connector)) == set(put)
    assert connector.fetch(put[3]).breadcrumb == ("Help", "Folder 0", "Folder 1", "Folder 2")


def test_many_folders_take_few_listings(world: GoogleWorld) -> None:
    folders = [world.sandbox.put_folder(f"Folder {n}", world.folder) for n in range(60)]
    put = [world.sandbox.put_doc(f"Doc {n}", "text", folder) for n, folder in enumerate(folders)]
    world.sandbox.world.page = 1000

    assert set(listing(world.connect())) == set(put)
    assert world.wire.count("/drive/v3/files[?]") <= 5
    assert max(len(f"{call.path}?{call.query}") for call in world.wire.calls) < 2048


def test_a_shortcut_shows_its_target_once(world: GoogleWorld) -> None:
    inside = world.put("Inside", "text")
    target = world.sandbox.put_doc("Target", "text", world.outside)
    for name in (inside, target, target):
        world.sandbox.put_shortcut(name, world.folder)
    connector = world.connect()

    listed = [change.external_id for page in pages(connector) for change in page.changes]

    assert sorted(listed) == sorted([inside, target])
    assert version(world.connect(), target) == connector.fetch(target).version
    assert connector.fetch(target).breadcrumb == ("Help",)


def test_shortcuts_to_folders_may_go_in_circles(world: GoogleWorld) -> None:
    first, second = world.sandbox.put_folder("First", world.outside), world.sandbox.put_folder("Second", world.outside)
    world.sandbox.put_shortcut(first, world.folder)
    world.sandbox.put_shortcut(second, first)
    world.sandbox.put_shortcut(first, second)
    world.sandbox.put_shortcut(world.folder, second)
    put = [world.sandbox.put_doc(name, "text", parent) for name, parent in (("a", first), ("b", second))]
    own = world.put("Own", "text")
    connector = world.connect()

    listed = [change.external_id for page in pages(connector) for change in page.changes]

    assert sorted(listed) == sorted([*put, own])
    for name in put:
        assert version(world.connect(), name) == listing(connector)[name].version
    assert connector.fetch(put[1]).breadcrumb == ("Help", "First", "Second")


def test_what_a_shortcut_led_to_comes_and_goes_with_it(world: GoogleWorld) -> None:
    foreign = world.sandbox.put_folder("Foreign", world.outside)
    below = world.sandbox.put_doc("Below", "text", foreign)
    target = world.sandbox.put_doc("Target", "text", world.outside)
    connector = world.connect()
    cursor = connector.head()
    listing(connector)

    shortcuts = [world.sandbox.put_shortcut(name, world.folder) for name in (foreign, target)]
    found, cursor = drain(connector, cursor)
    assert {name: change.version for name, change in found.items()} == {
        name: connector.fetch(name).version for name in (below, target)
    }
    world.sandbox.edit(target, "second")
    world.later()
    found, cursor = drain(connector, cursor)
    assert found[target].version == connector.fetch(target).version

    world.sandbox.trash(shortcuts[0])
    world.sandbox.remove(shortcuts[1])
    found, _ = drain(connector, cursor)
    assert {name: found[name].version for name in (below, target)} == {below: None, target: None}
    for name in (below, target):
        with pytest.raises(Gone):
            connector.fetch(name)


def test_folders_in_each_other_and_in_a_drive_are_read_once(world: GoogleWorld) -> None:
    inner = world.sandbox.put_folder("Inner", world.folder)
    drive = world.sandbox.put_drive("Team")
    shared = world.sandbox.put_folder("Shared", drive)
    put = [world.sandbox.put_doc("Doc", "text", parent) for parent in (world.folder, inner, shared)]
    connector = world.connect(folders=[inner, world.folder, shared], drives=[drive])

    listed = [change.external_id for page in pages(connector) for change in page.changes]

    assert sorted(listed) == sorted(put)
    assert connector.fetch(put[1]).breadcrumb == ("Help", "Inner")
    assert connector.fetch(put[2]).breadcrumb == ("Team", "Shared")


def test_a_folder_of_a_shared_drive_is_read_by_members_and_by_others(world: GoogleWorld) -> None:
    drive = world.sandbox.put_drive("Team")
    folder = world.sandbox.put_folder("Shared", drive)
    put = [world.sandbox.put_doc(f"Doc {n}", "text", folder) for n in range(12)]
    world.sandbox.put_doc("Not ours", "text", drive)

    assert set(listing(world.connect(folders=[folder], public_folders=[]))) == set(put)
    assert world.wire.count(rf"corpora=drive&driveId={drive}")


def test_single_files_are_read_and_may_go(world: GoogleWorld) -> None:
    one, two = (world.sandbox.put_doc(name, "text", world.outside) for name in ("One", "Two"))
    connector = world.connect(folders=[], files=[one, two], public_folders=[])
    cursor = connector.head()
    assert set(listing(connector)) == {one, two}
    world.sandbox.edit(one, "second")
    world.sandbox.lose_access(two)
    world.later()

    assert drain(connector, cursor)[0].keys() == {one, two}
    assert connector.fetch(one).body == "second"
    assert set(listing(connector)) == {one}
    with pytest.raises(Gone):
        connector.fetch(two)


def test_only_files_with_text_are_documents(world: GoogleWorld) -> None:
    readable = [
        world.sandbox.put_file(name, b"text", mime, world.folder)
        for name, mime in (("a.md", "text/markdown"), ("b.md", "application/octet-stream"), ("c.txt", "text/plain"))
    ]
    for name, mime in (("p.png", "image/png"), ("v.mp4", "video/mp4"), ("x.bin", "application/octet-stream")):
        world.sandbox.put_file(name, b"\x00", mime, world.folder)
    form = world.sandbox.put_file("Form", b"", "application/vnd.google-apps.form", world.folder)
    connector = world.connect()

    assert set(listing(connector)) == set(readable)
    with pytest.raises(Gone):
        connector.fetch(form)


def test_a_folder_that_goes_away_while_it_is_listed_is_left_out(world: GoogleWorld) -> None:
    stays, goes = (world.sandbox.put_folder(name, world.folder) for name in ("Stays", "Goes"))
    kept = world.sandbox.put_doc("Kept", "text", stays)
    world.sandbox.put_doc("Lost", "text", goes)
    first = world.put("First", "text")
    connector = world.connect()
    page = connector.snapshot(None)
    world.sandbox.remove(goes)

    rest = pages(connector, page.cursor)

    assert {change.external_id for each in (page, *rest) for change in each.changes} == {first, kept}


@pytest.mark.parametrize("root", ["missing", "document"])
def test_a_root_that_is_no_folder_names_the_setting(world: GoogleWorld, root: str) -> None:
    folder = world.put("Doc", "text") if root == "document" else "1Missing"

    with pytest.raises(Misconfigured, match="folders" if root == "missing" else "files"):
        world.connect(folders=[folder], public_folders=[]).snapshot(None)


def test_a_listing_that_says_it_is_not_whole_raises(world: GoogleWorld) -> None:
    world.put("Doc", "text")
    world.sandbox.world.incomplete = True

    with pytest.raises(Exception, match="did not search everything"):
        world.connect().snapshot(None)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "folders, drives or files"),
        ({"files": ["1A"], "public_folders": ["1B"]}, "public_folders"),
        ({"folders": ["not an id!"]}, "neither an id nor a link"),
        ({"folders": ["1A"], "drive_url": "http://example.com"}, "https"),
        ({"folders": ["1A"], "webhook_url": "https://a.test"}, "webhook_token"),
        ({"folders": ["1A"], "webhook_url": "http://a.test", "webhook_token": "a-hook-secret"}, "https"),
        ({"folders": ["1A"], "colour": "red"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        GoogleDocsSettings.model_validate({"credentials_file": "key.json", **settings})


def test_a_link_does_for_an_id() -> None:
    links = ["https://drive.google.com/drive/u/0/folders/1AbC_d-E?usp=sharing", " 1F "]
    files = ["https://docs.google.com/document/d/1Doc/edit?tab=t.0#heading=h.x"]

    settings = GoogleDocsSettings.model_validate({"credentials_file": "key.json", "folders": links, "files": files})

    assert (settings.folders, settings.files) == (("1AbC_d-E", "1F"), ("1Doc",))
