"""What the change feed does not say by itself: moves, folders, whole drives, and views that change nothing."""

from collections.abc import Iterator

import pytest

from connectors.google_docs.connector import GoogleDocs
from sync.errors import CursorExpired, Gone, Misconfigured
from sync.model import Change, Cursor
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import drain, is_gone, listing, version


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        yield world


def started(world: GoogleWorld, **settings: object) -> tuple[GoogleDocs, Cursor, dict[str, Change]]:
    """A connector that has listed everything, and the cursor from before."""
    connector = world.connect(**settings)
    cursor = connector.head()
    return connector, cursor, listing(connector)


def told(connector: GoogleDocs, cursor: Cursor) -> dict[str, str | None]:
    return {name: change.version for name, change in drain(connector, cursor)[0].items()}


def test_a_view_is_a_change_without_a_new_version(world: GoogleWorld) -> None:
    seen = world.put("Title", "text")
    connector, cursor, listed = started(world)
    world.sandbox.view(seen)

    assert told(connector, cursor) == {seen: listed[seen].version}


def test_a_view_of_a_folder_lists_nothing(world: GoogleWorld) -> None:
    inner = world.sandbox.put_folder("Inner", world.folder)
    world.sandbox.put_doc("Doc", "text", inner)
    connector, cursor, _ = started(world)
    world.sandbox.view(inner)
    world.wire.forget()

    assert told(connector, cursor) == {}
    assert world.wire.count() == 1


def test_an_upload_that_is_older_than_what_it_replaces_is_seen(world: GoogleWorld) -> None:
    note = world.sandbox.put_file("note.md", b"first", "text/markdown", world.folder)
    connector, cursor, listed = started(world)
    world.sandbox.upload(note, b"second", modified=1_000_000_000.0)

    assert told(connector, cursor)[note] not in (None, listed[note].version)
    assert connector.fetch(note).body == "second"
    assert connector.fetch(note).updated_at.year == 2001


def test_an_upload_of_the_same_time_but_other_bytes_is_seen(world: GoogleWorld) -> None:
    note = world.sandbox.put_file("note.md", b"first", "text/markdown", world.folder)
    connector, cursor, listed = started(world)
    world.sandbox.upload(note, b"second", modified=world.clock())

    assert told(connector, cursor)[note] != listed[note].version


@pytest.mark.parametrize("known", [True, False], ids=["same process", "another process"])
@pytest.mark.parametrize("leave", ["trash", "move", "lose_access", "remove"])
def test_what_was_below_a_folder_leaves_with_it(world: GoogleWorld, leave: str, known: bool) -> None:
    inner = world.sandbox.put_folder("Inner", world.folder)
    deep = world.sandbox.put_folder("Deep", inner)
    below = [world.sandbox.put_doc(f"Doc {n}", "text", parent) for n, parent in enumerate((inner, deep, deep))]
    stays = world.put("Stays", "text")
    connector, cursor, _ = started(world)
    edit = getattr(world.sandbox, leave)
    edit(inner, world.outside) if leave == "move" else edit(inner)
    reader = connector if known else world.connect()

    if leave in ("trash", "move"):  # what is below can still be listed
        assert told(reader, cursor) == dict.fromkeys(below)
    else:  # nothing can: everything is listed anew, and what is missing is asked for one by one
        with pytest.raises(CursorExpired):
            drain(reader, cursor)

    assert set(listing(reader)) == {stays}
    for document in below:
        assert is_gone(world.connect(), document)


def test_a_folder_that_comes_back_brings_back_what_is_below(world: GoogleWorld) -> None:
    inner = world.sandbox.put_folder("Inner", world.folder)
    below = world.sandbox.put_doc("Doc", "text", inner)
    connector, cursor, listed = started(world)
    world.sandbox.trash(inner)
    _, cursor = drain(connector, cursor)
    world.sandbox.untrash(inner)
    assert told(connector, cursor) == {below: listed[below].version}
    _, cursor = drain(connector, cursor)
    world.sandbox.move(inner, world.outside)
    _, cursor = drain(connector, cursor)
    world.sandbox.move(inner, world.folder)

    assert told(connector, cursor) == {below: listed[below].version}


@pytest.mark.parametrize("known", [True, False], ids=["same process", "another process"])
def test_a_folder_that_moves_in_brings_what_is_below(world: GoogleWorld, known: bool) -> None:
    foreign = world.sandbox.put_folder("Foreign", world.outside)
    below = [world.sandbox.put_doc(f"Doc {n}", "text", foreign) for n in range(12)]
    connector, cursor, _ = started(world)
    world.sandbox.move(foreign, world.folder)

    found = told(connector if known else world.connect(), cursor)

    assert set(found) == set(below)
    assert None not in found.values()


def test_a_renamed_folder_is_in_the_path_of_what_is_below(world: GoogleWorld) -> None:
    inner = world.sandbox.put_folder("Inner", world.folder)
    below = world.sandbox.put_doc("Doc", "text", inner)
    connector, cursor, listed = started(world)
    world.sandbox.rename(inner, "Renamed")

    assert told(connector, cursor)[below] not in (None, listed[below].version)
    assert connector.fetch(below).breadcrumb == ("Help", "Renamed")


@pytest.mark.parametrize("known", [True, False], ids=["same process", "another process"])
def test_a_folder_that_is_shared_opens_what_is_below(world: GoogleWorld, known: bool) -> None:
    inner = world.sandbox.put_folder("Inner", world.folder)
    below = world.sandbox.put_doc("Doc", "text", inner)
    connector, cursor, listed = started(world)
    reader = connector if known else world.connect()
    world.sandbox.share(inner)
    opened = told(reader, cursor)[below]
    assert opened not in (None, listed[below].version)
    assert reader.fetch(below).audience == "public"
    _, cursor = drain(reader, cursor)
    world.sandbox.unshare(inner)

    assert told(reader, cursor) == {below: listed[below].version}
    assert reader.fetch(below).audience == "internal"


def test_a_new_folder_costs_a_look_into_it_and_no_more(world: GoogleWorld) -> None:
    for n in range(15):
        world.put(f"Doc {n}", "text")
    connector, cursor, _ = started(world)
    inner = world.sandbox.put_folder("Inner", world.folder)
    new = world.sandbox.put_doc("Doc", "text", inner)
    world.wire.forget()

    assert set(told(connector, cursor)) == {new}
    assert world.wire.count() == 2


def test_what_happens_outside_of_the_scope_costs_next_to_nothing(world: GoogleWorld) -> None:
    world.put("Doc", "text")
    connector, cursor, _ = started(world)
    for n in range(8):
        world.sandbox.put_doc(f"Other {n}", "text", world.sandbox.put_folder(f"Folder {n}", world.outside))
    gone = world.sandbox.put_doc("Short", "text", world.outside)
    world.sandbox.remove(gone)
    world.wire.forget()

    assert set(told(connector, cursor).values()) == {None}
    assert world.wire.count() <= 5


def test_a_document_that_is_deleted_for_ever_is_gone_for_who_knows_the_folders(world: GoogleWorld) -> None:
    gone = world.put("Gone", "text")
    connector, cursor, _ = started(world)
    world.sandbox.remove(gone)

    assert told(connector, cursor) == {gone: None}
    with pytest.raises(Gone):
        connector.fetch(gone)


def test_who_does_not_know_what_a_deleted_id_was_lists_everything_anew(world: GoogleWorld) -> None:
    gone = world.put("Gone", "text")
    _, cursor, _ = started(world)
    world.sandbox.remove(gone)

    with pytest.raises(CursorExpired):
        drain(world.connect(), cursor)


@pytest.mark.parametrize("loss", ["trash", "lose_access", "remove"])
def test_a_root_that_is_not_there_stops_the_source_and_removes_nothing(world: GoogleWorld, loss: str) -> None:
    put = world.put("Doc", "text")
    connector, cursor, _ = started(world)
    getattr(world.sandbox, loss)(world.folder)

    with pytest.raises(CursorExpired):
        drain(connector, cursor)
    with pytest.raises(Misconfigured, match="folder"):
        connector.snapshot(None)
    if loss != "trash":
        with pytest.raises(Misconfigured, match="share it with the service account"):
            connector.fetch(put)


def test_a_shared_drive_is_listed_whole_and_followed(world: GoogleWorld) -> None:
    drive = world.sandbox.put_drive("Team")
    top = world.sandbox.put_doc("Top", "text", drive)
    inner = world.sandbox.put_folder("Inner", drive)
    deep = [world.sandbox.put_doc(f"Doc {n}", "text", inner) for n in range(15)]
    connector, cursor, listed = started(world, folders=[], drives=[drive], public_folders=[])

    assert set(listed) == {top, *deep}
    assert connector.fetch(deep[0]).breadcrumb == ("Team", "Inner")
    new = world.sandbox.put_doc("New", "text", inner)
    world.sandbox.trash(top)
    found = told(connector, cursor)
    assert found[top] is None
    assert found[new] == connector.fetch(new).version


def test_a_shared_drive_that_is_gone_stops_the_source_and_removes_nothing(world: GoogleWorld) -> None:
    drive = world.sandbox.put_drive("Team")
    put = world.sandbox.put_doc("Doc", "text", drive)
    connector, cursor, _ = started(world, folders=[], drives=[drive], public_folders=[])
    world.sandbox.remove_drive(drive)

    with pytest.raises(CursorExpired):
        drain(connector, cursor)
    for read in (lambda: connector.snapshot(None), lambda: connector.fetch(put)):
        with pytest.raises(Misconfigured, match="member"):
            read()


def test_documents_of_a_drive_that_only_a_shortcut_led_to_leave_with_it(world: GoogleWorld) -> None:
    drive = world.sandbox.put_drive("Team")
    shared = world.sandbox.put_folder("Shared", drive)
    put = world.sandbox.put_doc("Doc", "text", shared)
    world.sandbox.put_shortcut(shared, world.folder)
    connector, cursor, listed = started(world)
    assert set(listed) == {put}
    world.sandbox.remove_drive(drive)

    with pytest.raises(CursorExpired):
        drain(connector, cursor)
    assert is_gone(connector, put)


def test_another_processs_turn_is_not_missed(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    inner = world.sandbox.put_folder("Inner", world.folder)
    moved = world.sandbox.put_doc("Moved", "text", inner)
    mine, cursor, _ = started(world)
    other, _, _ = started(world)
    world.sandbox.trash(document)
    world.sandbox.move(inner, world.outside)
    _, cursor = drain(other, cursor)

    assert drain(mine, cursor)[0] == {}
    for name in (document, moved):
        with pytest.raises(Gone):
            mine.fetch(name)


def test_what_a_listing_showed_is_used_once_and_only_while_it_is_true(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    connector = world.connect()
    listed = listing(connector)[document].version
    world.restrict(document)

    fetched = connector.fetch(document)

    assert fetched.audience == "internal"
    assert fetched.version != listed
    assert fetched.version == version(world.connect(), document)


def test_a_second_fetch_asks_again(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    connector = world.connect()
    listing(connector)
    assert connector.fetch(document).audience == "public"
    world.restrict(document)

    assert connector.fetch(document).audience == "internal"


def test_the_feed_goes_on_after_a_walk_over_several_pages(world: GoogleWorld) -> None:
    foreign = world.sandbox.put_folder("Foreign", world.outside)
    below = [world.sandbox.put_doc(f"Doc {n}", "text", foreign) for n in range(25)]
    connector, cursor, _ = started(world)
    world.sandbox.move(foreign, world.folder)
    new = [world.put(f"New {n}", "text") for n in range(25)]
    pages = []
    more = True
    while more:
        page = connector.changes(cursor)
        pages.append(page)
        cursor, more = page.cursor, page.more

    assert {change.external_id for page in pages for change in page.changes} == {*below, *new}
    assert connector.changes(cursor).changes == ()


def test_a_page_token_that_google_forgot_starts_the_snapshot_anew(world: GoogleWorld) -> None:
    for n in range(25):
        world.put(f"Doc {n}", "text")
    connector = world.connect()
    first = connector.snapshot(None)
    world.clock.now += 7 * 3600

    with pytest.raises(CursorExpired):
        connector.snapshot(first.cursor)


def test_other_settings_start_anew(world: GoogleWorld) -> None:
    cursor = world.connect().head()

    with pytest.raises(CursorExpired):
        world.connect(folders=[world.folder, world.outside]).changes(cursor)
    with pytest.raises(CursorExpired):
        world.connect(public_folders=[]).changes(cursor)
