"""The fake Drive: listings, queries, partial answers, permissions and errors, as the vendor describes them."""

from collections.abc import Iterator

import pytest

from sandbox.google.records import ANYONE
from tests.sandbox.google_kit import SHARED, Office, check, office

FILES = "/drive/v3/files"
ALL = "nextPageToken,incompleteSearch,files"


@pytest.fixture
def drive() -> Iterator[Office]:
    with office() as served:
        yield served


def test_every_kind_of_file_fits_the_schema(drive: Office) -> None:
    shared = drive.sandbox.put_drive("Team", permissions=[ANYONE])
    folder = drive.sandbox.put_folder("Help", permissions=[ANYONE])
    for parent in (folder, shared):
        document = drive.sandbox.put_doc("Doc", "# Hi", parent)
        drive.sandbox.put_sheet("Sheet", {"One": [["a", 1]]}, parent)
        drive.sandbox.put_slides("Slides", "text", parent=parent)
        drive.sandbox.put_file("a.md", b"# Hi", "text/markdown", parent)
        drive.sandbox.put_shortcut(document, parent)
        drive.sandbox.set(drive.sandbox.put_folder("Limited", parent), limited=True)

    files = drive.read("FileList", FILES, fields=ALL, **SHARED)["files"]

    assert len(files) == 13
    for file in files:
        drive.read("File", f"{FILES}/{file['id']}", fields="*", supportsAllDrives="true")
        permissions = drive.read(
            "PermissionList", f"{FILES}/{file['id']}/permissions", fields="*", supportsAllDrives="true"
        )
        assert ("permissions" in file) == ("driveId" not in file)
        given = [each["type"] for each in permissions["permissions"]]
        assert given == ([] if file["name"] == "Limited" else ["anyone"])


def test_trashed_files_are_listed_unless_the_query_says_otherwise(drive: Office) -> None:
    folder = drive.sandbox.put_folder("Help")
    drive.sandbox.put_doc("Below", "a", folder)
    drive.sandbox.trash(folder)

    assert set(drive.listed("")) == {"Help", "Below"}
    assert drive.listed("trashed=false") == []


def test_queries(drive: Office) -> None:
    one, two = drive.sandbox.put_folder("One"), drive.sandbox.put_folder("Two")
    for name, parent in (("a", one), ("b", two), ("it's", None)):
        drive.sandbox.put_doc(name, "text", parent)

    assert drive.listed(f"('{one}' in parents or '{two}' in parents) and trashed=false") == ["a", "b"]
    assert drive.listed("mimeType='application/vnd.google-apps.folder' and trashed = false") == ["One", "Two"]
    assert drive.listed(r"name = 'it\'s'") == ["it's"]
    assert drive.listed("modifiedTime > '2026-01-01T00:00:00Z' and not name='a'") == ["One", "Two", "b", "it's"]
    assert drive.listed("modifiedTime > '2036-01-01T00:00:00Z'") == []


@pytest.mark.parametrize(
    "q", ["fullText contains 'x'", "'x' in owners", "trashed", "name ~ 'x'", "(trashed=false", "é"]
)
def test_a_query_that_is_not_understood_is_refused(drive: Office, q: str) -> None:
    assert drive.reason(drive.get(FILES, q=q)) == (400, "invalid")


def test_children_of_a_folder_that_is_not_there_are_an_error_not_an_empty_list(drive: Office) -> None:
    assert drive.reason(drive.get(FILES, q="'nowhere' in parents")) == (404, "notFound")


@pytest.mark.parametrize(
    ("path", "params"),
    [(FILES, {"corpus": "user"}), (FILES, {"limit": "3"}), (f"{FILES}/x", {"includeItemsFromAllDrives": "true"})],
)
def test_a_parameter_that_the_vendor_does_not_describe_is_refused(
    drive: Office, path: str, params: dict[str, str]
) -> None:
    assert drive.reason(drive.get(path, **params)) == (400, "invalidParameter")


def test_a_field_that_the_resource_has_not_is_refused(drive: Office) -> None:
    drive.sandbox.put_doc("Doc", "a")

    assert drive.reason(drive.get(FILES, fields="files(id,titel)")) == (400, "invalidParameter")
    assert drive.reason(drive.get(FILES, fields="files(id")) == (400, "invalidParameter")
    [file] = drive.read("FileList", FILES, fields="files(name,capabilities/canDownload)")["files"]
    assert file == {"name": "Doc", "capabilities": {"canDownload": True}}


def test_pages_continue_only_the_query_they_belong_to(drive: Office) -> None:
    for number in range(5):
        drive.sandbox.put_doc(f"Doc {number}", "a")
    first = drive.read("FileList", FILES, pageSize="2", q="trashed=false")
    token = first["nextPageToken"]

    second = drive.read("FileList", FILES, pageSize="2", q="trashed=false", pageToken=token)

    assert len({file["id"] for page in (first, second) for file in page["files"]}) == 4
    assert drive.reason(drive.get(FILES, q="trashed=true", pageToken=token)) == (400, "invalid")
    assert drive.reason(drive.get(FILES, pageSize="1001")) == (400, "invalid")
    drive.clock.pass_time(7 * 3600)
    drive.sandbox.credentials.tokens[drive.token] = drive.clock() + 60
    assert drive.reason(drive.get(FILES, q="trashed=false", pageToken=token)) == (400, "invalid")


def test_a_shared_drive_is_invisible_to_whoever_does_not_ask_for_it(drive: Office) -> None:
    shared = drive.sandbox.put_drive("Team")
    file = drive.sandbox.put_doc("Doc", "a", shared)

    assert drive.listed() == []
    assert drive.listed(**SHARED) == drive.listed(corpora="drive", driveId=shared, **SHARED) == ["Doc"]
    assert drive.reason(drive.get(f"{FILES}/{file}")) == (404, "notFound")
    assert drive.reason(drive.get(FILES, corpora="drive", driveId="0Ax", **SHARED)) == (404, "notFound")
    assert drive.reason(drive.get(FILES, corpora="drive", driveId=shared)) == (403, "teamDrivesNotSupported")
    assert [each["name"] for each in drive.read("DriveList", "/drive/v3/drives")["drives"]] == ["Team"]


def test_permissions_are_inherited_until_a_folder_is_limited(drive: Office) -> None:
    folder = drive.sandbox.put_folder("Help", permissions=[ANYONE])
    inner = drive.sandbox.put_folder("Inner", folder)
    file = drive.sandbox.put_doc("Doc", "a", inner)
    [shown] = drive.read("FileList", FILES, q="name='Doc'", fields="files(permissions(type,role))")["files"]
    assert shown["permissions"] == [{"type": "anyone", "role": "reader"}]

    drive.sandbox.set(inner, limited=True)

    assert drive.read("File", f"{FILES}/{file}", fields="permissionIds")["permissionIds"] == []
    drive.sandbox.world.shares = False
    assert "permissions" not in drive.read("File", f"{FILES}/{file}", fields="*")
    assert drive.reason(drive.get(f"{FILES}/{file}/permissions")) == (403, "insufficientFilePermissions")


def test_bytes_and_exports(drive: Office) -> None:
    sheet = drive.sandbox.put_sheet("Sheet", {"One": [["a", 1]], "Two": [["b", 2]]})
    note = drive.sandbox.put_file("a.txt", b"hello", "text/plain")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    assert drive.get(f"{FILES}/{note}", alt="media").content == b"hello"
    assert drive.get(f"{FILES}/{sheet}/export", mimeType=kind).content.startswith(b"PK")
    assert drive.get(f"{FILES}/{sheet}/export", mimeType="text/csv").content == b"a,1"
    assert drive.reason(drive.get(f"{FILES}/{sheet}", alt="media")) == (403, "fileNotDownloadable")
    assert drive.reason(drive.get(f"{FILES}/{sheet}/export", mimeType="text/html")) == (400, "badRequest")
    drive.sandbox.set(note, downloadable=False)
    assert drive.reason(drive.get(f"{FILES}/{note}", alt="media")) == (403, "cannotDownloadFile")


def test_a_large_export_is_refused_but_its_link_leads_there(drive: Office) -> None:
    sheet = drive.sandbox.put_sheet("Sheet", {"One": [["a"]]})
    drive.sandbox.world.export_limit = 10
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    assert drive.reason(drive.get(f"{FILES}/{sheet}/export", mimeType=kind)) == (403, "exportSizeLimitExceeded")
    link = drive.read("File", f"{FILES}/{sheet}", fields="exportLinks")["exportLinks"][kind]
    assert drive.client.get(link).status_code == 403
    led = drive.get(link.removeprefix(drive.url))
    assert led.status_code == 302
    assert drive.client.get(led.headers["location"]).content.startswith(b"PK")


def test_who_does_not_say_who_they_are_is_refused(drive: Office) -> None:
    anonymous = drive.client.get(f"{drive.url}{FILES}")
    wrong = drive.client.get(f"{drive.url}{FILES}", headers={"Authorization": "Bearer other"})
    drive.clock.pass_time(3601)

    assert (anonymous.status_code, anonymous.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert (wrong.status_code, wrong.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert drive.get(FILES).status_code == 401


def test_limits_refuse_in_either_manner_and_never_say_how_long(drive: Office) -> None:
    drive.sandbox.limits.drive = 1
    answers = [drive.get(FILES) for _ in range(2)]
    drive.sandbox.limits.manner = "429"
    answers.append(drive.get(FILES))
    drive.clock.pass_time(60)

    assert drive.reason(answers[1]) == (403, "userRateLimitExceeded")
    assert drive.reason(answers[2]) == (429, "rateLimitExceeded")
    assert not any("retry-after" in answer.headers for answer in answers)
    assert drive.get(FILES).status_code == 200


def test_a_channel_rings_until_it_ends(drive: Office) -> None:
    start = drive.read("StartPageToken", "/drive/v3/changes/startPageToken")["startPageToken"]
    week = int((drive.clock() + 30 * 24 * 3600) * 1000)
    asked = {"id": "c1", "type": "web_hook", "address": "https://a.test/hook", "token": "t", "expiration": str(week)}

    opened = drive.post("/drive/v3/changes/watch", asked, pageToken=start)

    check(opened.json(), "Channel")
    assert int(opened.json()["expiration"]) / 1000 == drive.clock() + 7 * 24 * 3600
    [delivery] = drive.sandbox.channels.ring()
    assert (delivery.headers["X-Goog-Channel-Token"], delivery.body) == ("t", b"")
    assert drive.reason(drive.post("/drive/v3/changes/watch", asked, pageToken=start)) == (400, "channelIdNotUnique")
    plain = asked | {"id": "c2", "address": "http://a.test/hook"}
    assert drive.post("/drive/v3/changes/watch", plain, pageToken=start).status_code == 400
    assert drive.post("/drive/v3/channels/stop", {"id": "c1", "resourceId": "x"}).status_code == 404
    assert drive.post("/drive/v3/channels/stop", opened.json()).status_code == 204
    assert drive.sandbox.channels.ring() == []
