"""What `answerwell doctor` says about a Drive."""

from collections.abc import Iterator

import pytest

from connectors.check import Finding, Level
from connectors.google_docs.check import check
from tests.connectors.google_docs_world import GoogleWorld, google_world


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world(socket=True) as world:
        world.clock.now = 1_790_000_000.0
        yield world


def said(world: GoogleWorld, level: Level, **settings: object) -> list[Finding]:
    return [finding for finding in check(world.settings(**settings)) if finding.level is level]


def test_a_drive_that_is_set_up_well_has_no_problem(world: GoogleWorld) -> None:
    drive = world.sandbox.put_drive("Team")
    file = world.sandbox.put_doc("Single", "text", world.outside)

    found = list(check(world.settings(drives=[drive], files=[file], public_folders=[world.folder, drive])))

    assert {finding.level for finding in found} == {Level.OK}
    told = "\n".join(finding.what for finding in found)
    for piece in ("answerwell@acme-docs", "folder Help", "file Single", "shared drive Team", "public"):
        assert piece in told


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ({"folders": ["1Missing"], "public_folders": []}, "share it with answerwell@acme-docs"),
        ({"drives": ["0Missing"]}, "as a member"),
        ({"files": ["1Missing"]}, "share it with"),
    ],
)
def test_what_is_not_found_is_a_problem(world: GoogleWorld, settings: dict[str, object], fix: str) -> None:
    [problem] = said(world, Level.PROBLEM, **settings)

    assert "Missing is not found" in problem.what
    assert fix in problem.fix


def test_what_is_something_else_is_a_problem(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    world.sandbox.trash(trashed := world.sandbox.put_folder("Trashed"))

    settings = {"folders": [document, trashed], "files": [world.outside], "public_folders": []}
    assert [finding.fix for finding in said(world, Level.PROBLEM, **settings)] == [
        "move it to files",
        "restore it, or correct folders",
        "move it to folders",
    ]


def test_a_public_folder_outside_of_the_scope_is_a_problem(world: GoogleWorld) -> None:
    [problem] = said(world, Level.PROBLEM, public_folders=[world.outside])

    assert "nothing in it is public" in problem.fix


def test_a_public_folder_whose_sharing_cannot_be_seen_is_a_problem(world: GoogleWorld) -> None:
    world.sandbox.world.shares = False

    [problem] = said(world, Level.PROBLEM)

    assert "editor" in problem.fix


def test_an_api_that_is_switched_off_is_a_problem(world: GoogleWorld) -> None:
    world.sandbox.world.docs_disabled = True

    [problem] = said(world, Level.PROBLEM)

    assert "enable" in problem.fix


def test_a_missing_key_file_is_a_problem(world: GoogleWorld) -> None:
    world.key_file.unlink()

    [problem] = said(world, Level.PROBLEM)

    assert "is not there" in problem.fix


def test_a_file_without_text_is_a_warning(world: GoogleWorld) -> None:
    picture = world.sandbox.put_file("p.png", b"", "image/png", world.outside)

    [warning] = said(world, Level.WARNING, files=[picture])

    assert "no text" in warning.what
