"""The fake's change feed: one entry for each file, in the order of its latest change."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.google_kit import SHARED, Office, office

CHANGES = "/drive/v3/changes"
FIELDS = "nextPageToken,newStartPageToken,changes(changeType,time,removed,fileId,driveId,file(id,name,trashed,parents))"


@pytest.fixture
def drive() -> Iterator[Office]:
    with office() as served:
        yield served


def start(drive: Office) -> str:
    found = drive.read("StartPageToken", f"{CHANGES}/startPageToken", supportsAllDrives="true")
    return str(found["startPageToken"])


def changes(drive: Office, token: str, **params: str) -> Any:
    return drive.read("ChangeList", CHANGES, pageToken=token, fields=FIELDS, **SHARED, **params)


def test_a_file_appears_once_with_its_latest_state(drive: Office) -> None:
    folder = drive.sandbox.put_folder("Help")
    token = start(drive)
    first, second = (drive.sandbox.put_doc(name, "a", folder) for name in ("First", "Second"))
    drive.sandbox.trash(first)

    found = changes(drive, token)

    assert [(change["fileId"], change["file"]["trashed"]) for change in found["changes"]] == [
        (second, False),
        (first, True),
    ]
    assert "nextPageToken" not in found
    assert changes(drive, found["newStartPageToken"])["changes"] == []


def test_only_the_last_page_says_where_to_go_on_later(drive: Office) -> None:
    token = start(drive)
    put = [drive.sandbox.put_doc(f"Doc {n}", "a") for n in range(5)]
    seen = []
    while token:
        page = changes(drive, token, pageSize="2")
        seen += [change["fileId"] for change in page["changes"]]
        assert ("nextPageToken" in page) != ("newStartPageToken" in page)
        token = page.get("nextPageToken", "")

    assert seen == put


def test_what_goes_below_a_folder_is_not_told_file_by_file(drive: Office) -> None:
    folder = drive.sandbox.put_folder("Help")
    file = drive.sandbox.put_doc("Doc", "a", folder)
    token = start(drive)

    drive.sandbox.trash(folder)
    assert [change["fileId"] for change in changes(drive, token)["changes"]] == [folder]
    drive.sandbox.lose_access(folder)
    drive.sandbox.view(file)

    found = changes(drive, token)["changes"]
    assert [(change["fileId"], change["removed"]) for change in found] == [(folder, True), (file, True)]
    assert "file" not in found[0]


def test_a_shared_drive_that_is_gone_is_one_entry_without_a_file(drive: Office) -> None:
    shared = drive.sandbox.put_drive("Team")
    drive.sandbox.put_doc("Doc", "a", shared)
    token = start(drive)

    drive.sandbox.remove_drive(shared)

    [change] = changes(drive, token)["changes"]
    assert (change["changeType"], change["driveId"], change["removed"]) == ("drive", shared, True)
    assert "fileId" not in change


def test_looking_at_a_file_is_a_change_too(drive: Office) -> None:
    file = drive.sandbox.put_doc("Doc", "a")
    token = start(drive)

    drive.sandbox.view(file)

    assert [change["fileId"] for change in changes(drive, token)["changes"]] == [file]


@pytest.mark.parametrize("token", ["", "x", "0", "99999999"])
def test_a_token_that_never_was_is_refused(drive: Office, token: str) -> None:
    assert drive.get(CHANGES, pageToken=token).status_code == 400
