"""Public is what anyone may read *and* stands below a folder that is meant for the public; all else is internal."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.google.records import ANYONE, Permission
from sync.model import Audience
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import drain, listing, version


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        yield world


def audience(world: GoogleWorld, document: str, **settings: object) -> Audience:
    """Who may read it; a listing and a fetch agree on that."""
    connector = world.connect(**settings)
    listed = listing(connector)[document]
    fetched = connector.fetch(document)
    assert fetched == world.connect(**settings).fetch(document)
    assert listed.version == fetched.version
    return fetched.audience


def test_a_link_that_anyone_may_follow_is_not_enough(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")

    assert audience(world, document) is Audience.PUBLIC
    assert audience(world, document, public_folders=[]) is Audience.INTERNAL


def test_a_public_folder_is_not_enough(world: GoogleWorld) -> None:
    document = world.sandbox.put_doc("Doc", "text", world.folder)

    assert audience(world, document) is Audience.INTERNAL


def test_a_folder_below_may_be_the_public_one(world: GoogleWorld) -> None:
    open_folder = world.sandbox.put_folder("Open", world.folder, permissions=[ANYONE])
    inside, outside = world.sandbox.put_doc("In", "text", open_folder), world.put("Out", "text")

    assert audience(world, inside, public_folders=[open_folder]) is Audience.PUBLIC
    assert audience(world, outside, public_folders=[open_folder]) is Audience.INTERNAL


@pytest.mark.parametrize(
    "permission",
    [
        replace(ANYONE, type="domain", domain="acme.test"),
        Permission("p", "user", "writer", email="a@acme.test"),
        Permission("p", "group", "reader", email="all@acme.test"),
        replace(ANYONE, view="published"),
        replace(ANYONE, view="metadata"),
        replace(ANYONE, role="owner"),
        replace(ANYONE, expires=1_000_000_000.0),
    ],
    ids=lambda permission: f"{permission.type} {permission.role} {permission.view} {permission.expires}",
)
def test_other_permissions_make_nothing_public(world: GoogleWorld, permission: Permission) -> None:
    document = world.sandbox.put_doc("Doc", "text", world.folder)
    world.sandbox.share(document, permission)

    assert audience(world, document) is Audience.INTERNAL


@pytest.mark.parametrize("role", ["reader", "commenter"])
@pytest.mark.parametrize("name", ["anyone", "anyoneWithLink"])
def test_anyone_with_any_role_that_shows_the_content_is_everybody(world: GoogleWorld, role: str, name: str) -> None:
    document = world.sandbox.put_doc("Doc", "text", world.folder)
    world.sandbox.share(document, replace(ANYONE, id=name, role=role, expires=4_000_000_000.0))

    assert audience(world, document) is Audience.PUBLIC


@pytest.mark.parametrize("others", [(), ("reader",), ("commenter",)])
def test_what_anyone_may_edit_is_public_only_where_the_operator_says_so(
    world: GoogleWorld, others: tuple[str, ...]
) -> None:
    document = world.sandbox.put_doc("Doc", "text", world.folder)
    for role in (*others, "writer"):
        world.sandbox.share(document, replace(ANYONE, id=f"anyone-{role}", role=role))

    assert audience(world, document) is Audience.INTERNAL
    assert "public_editable = true" in world.connect().fetch(document).problem
    assert audience(world, document, public_editable=True) is Audience.PUBLIC
    assert not world.connect(public_editable=True).fetch(document).problem


def test_what_anyone_may_edit_by_the_folder_above_is_not_public(world: GoogleWorld) -> None:
    shared = world.sandbox.put_folder("Shared", world.folder, permissions=[replace(ANYONE, role="writer")])
    inside = world.sandbox.put_doc("In", "text", shared)

    assert audience(world, inside, public_folders=[shared]) is Audience.INTERNAL


def test_an_edit_link_that_has_expired_takes_nothing_from_the_public(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    world.sandbox.share(document, replace(ANYONE, id="old", role="writer", expires=1_000_000_000.0))

    assert audience(world, document) is Audience.PUBLIC


def test_what_readers_may_not_copy_is_not_public(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    world.sandbox.set(document, restricted=True)

    assert audience(world, document) is Audience.INTERNAL


def test_a_limited_folder_keeps_grants_from_above_away(world: GoogleWorld) -> None:
    drive = world.sandbox.put_drive("Team", permissions=[ANYONE])
    limited = world.sandbox.put_folder("Limited", drive)
    world.sandbox.set(limited, limited=True)
    kept = world.sandbox.put_doc("Kept", "text", limited)
    own = world.sandbox.put_doc("Own", "text", limited)
    world.sandbox.share(own)
    settings = {"folders": [], "drives": [drive], "public_folders": [drive]}

    assert audience(world, kept, **settings) is Audience.INTERNAL
    assert audience(world, own, **settings) is Audience.PUBLIC


def test_a_shortcut_in_a_public_folder_makes_nothing_public(world: GoogleWorld) -> None:
    target = world.sandbox.put_doc("Target", "text", world.outside)
    world.sandbox.share(target)
    foreign = world.sandbox.put_folder("Foreign", world.outside, permissions=[ANYONE])
    below = world.sandbox.put_doc("Below", "text", foreign)
    for name in (target, foreign):
        world.sandbox.put_shortcut(name, world.folder)

    assert audience(world, target) is Audience.INTERNAL
    assert audience(world, below) is Audience.INTERNAL


def test_a_single_file_is_never_public(world: GoogleWorld) -> None:
    document = world.sandbox.put_doc("Doc", "text", world.outside)
    world.sandbox.share(document)

    assert audience(world, document, files=[document]) is Audience.INTERNAL


def test_in_a_shared_drive_each_document_below_a_public_folder_costs_one_call(world: GoogleWorld) -> None:
    world.sandbox.world.page = 1000
    drive = world.sandbox.put_drive("Team")
    public = world.sandbox.put_folder("Public", drive, permissions=[ANYONE])
    inside = [world.sandbox.put_doc(f"In {n}", "text", public) for n in range(5)]
    outside = [world.sandbox.put_doc(f"Out {n}", "text", drive) for n in range(5)]
    connector = world.connect(folders=[], drives=[drive], public_folders=[public])

    listing(connector)
    documents = {name: connector.fetch(name) for name in (*inside, *outside)}

    assert {documents[name].audience for name in inside} == {Audience.PUBLIC}
    assert {documents[name].audience for name in outside} == {Audience.INTERNAL}
    assert world.wire.count("/permissions") == len(inside)


@pytest.mark.parametrize("shared", [True, False], ids=["shared drive", "My Drive"])
def test_permissions_that_cannot_be_read_are_a_problem_and_not_public(world: GoogleWorld, shared: bool) -> None:
    drive = world.sandbox.put_drive("Team", permissions=[ANYONE]) if shared else world.folder
    document = world.sandbox.put_doc("Doc", "text", drive)
    world.sandbox.share(document)
    world.sandbox.world.shares = False
    world.sandbox.world.unreadable.add(document)
    root = "drives" if shared else "folders"
    connector = world.connect(**{"folders": [], root: [drive], "public_folders": [drive]})

    fetched = connector.fetch(document)

    assert (fetched.audience, fetched.body) == (Audience.INTERNAL, "text")
    assert "who may read it cannot be seen" in fetched.problem
    assert listing(connector)[document].version == fetched.version


def test_an_expiry_that_passes_demotes_at_the_next_listing(world: GoogleWorld) -> None:
    document = world.sandbox.put_doc("Doc", "text", world.folder)
    world.sandbox.share(document, replace(ANYONE, expires=world.clock() + 60))
    before = version(world.connect(), document)
    world.later()

    assert version(world.connect(), document) != before
    assert audience(world, document) is Audience.INTERNAL


def test_a_move_out_of_the_public_folder_demotes_at_once(world: GoogleWorld) -> None:
    open_folder = world.sandbox.put_folder("Open", world.folder)
    document = world.sandbox.put_doc("Doc", "text", open_folder)
    world.sandbox.share(document)
    connector = world.connect(public_folders=[open_folder])
    cursor = connector.head()
    public = listing(connector)[document].version
    world.sandbox.move(document, world.folder)

    changed, _ = drain(connector, cursor)

    assert changed[document].version not in (None, public)
    assert connector.fetch(document).audience is Audience.INTERNAL
