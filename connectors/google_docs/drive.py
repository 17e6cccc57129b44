"""Drive's reading methods, as this connector calls them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from connectors.google_docs.errors import Withheld, reason_of
from connectors.google_docs.files import FIELDS, PERMISSION, DriveFile, file_of, grants_of
from connectors.google_docs.sdk import MAX_LENGTH, address
from connectors.http import client
from connectors.http.client import HttpClient
from connectors.http.transport import Json, Params, Request, Response
from sync.errors import CursorExpired, Misconfigured, Retryable

ROOT = "/drive/v3"
BUCKET = ("drive",)
PAGE = 1000
PAGE_OF_GRANTS = 100  # where each file may cost a call to see who may read it
EVERYWHERE: Params = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One change: of a file (`file` None where it was deleted, or is ours no more), or of a whole shared drive."""

    id: str
    file: DriveFile | None
    drive: bool = False
    removed: bool = False


class NotFound(Retryable):
    """What was just listed is not found any more; asking for it alone tells why."""


class Drive:
    """One account's Drive. `audiences`: listings also say who may read each file, where they can."""

    def __init__(self, calls: HttpClient, *, audiences: bool) -> None:
        self._api = calls
        grants = f",permissions({PERMISSION})" if audiences else ""
        self._fields = FIELDS + grants
        self._audiences = audiences

    def where(self, path: str) -> str:
        return self._api.where(f"{ROOT}{path}")

    def start(self) -> str:
        """Return the feed's token for whatever changes from now on."""
        path = f"{ROOT}/changes/startPageToken"
        token = self._api.get(path, {"supportsAllDrives": "true"}, buckets=BUCKET).json().get("startPageToken")
        if not isinstance(token, str) or not token:
            raise Retryable(f"{self._api.where(path)} answered without startPageToken")
        return token

    def changes(self, token: str) -> tuple[list[FeedEntry], str, bool]:
        """Return the changes from the token on, the next token, and whether there are more. Raises CursorExpired."""
        path = f"{ROOT}/changes"
        fields = f"nextPageToken,newStartPageToken,changes(changeType,removed,fileId,driveId,file({self._fields}))"
        params = {"pageToken": token, "pageSize": PAGE, "includeRemoved": "true", "fields": fields, **EVERYWHERE}
        answer = self._api.get(path, params, expect=(400, 404, 410), buckets=BUCKET)
        if answer.status != 200:
            self._refuse_unless_token(answer, path)
        found = answer.json()
        following = found.get("nextPageToken") or found.get("newStartPageToken")
        if not isinstance(following, str) or not isinstance(found.get("changes"), list):
            raise Retryable(f"{self._api.where(path)} answered without changes, or where to go on")
        where = self._api.where(path)
        return [_entry(row, where) for row in found["changes"]], following, bool(found.get("nextPageToken"))

    def files(self, query: str, drive: str = "", token: str = "") -> tuple[list[DriveFile], str]:
        """Return a page of files, of a shared drive or else of the account's own corpus, and the next page's token.

        Raises CursorExpired for a token that is known no more, NotFound for a query that names a missing folder.
        """
        path = f"{ROOT}/files"
        answer = self._api.get(path, self._listing(query, drive, token), expect=(400, 404, 410), buckets=BUCKET)
        if answer.status == 404 and reason_of(answer) == "notFound":
            raise NotFound(f"{self._api.where(path)}: a folder that was just there is not found (404)")
        if answer.status != 200:
            self._refuse_unless_token(answer, path, token=token)
        found, where = answer.json(), self._api.where(path)
        if not isinstance(found.get("files"), list):
            raise Retryable(f"{where} answered without files")
        if found.get("incompleteSearch"):
            raise Retryable(f"{where} says that it did not search everything")
        following = str(found.get("nextPageToken") or "")
        if following and following == token:
            raise Retryable(f"{where} repeats the same page")
        return [file_of(row, where) for row in found["files"]], following

    def fits(self, query: str, drive: str) -> bool:
        """Whether a listing by that query is short enough for one address, its later pages included."""
        params = self._listing(query, drive, "x" * 300)
        return len(address(Request("GET", self._api.where(f"{ROOT}/files"), params))) < MAX_LENGTH

    def file(self, external_id: str) -> DriveFile | None:
        """Return the file; None where Drive says, in its own words, that we have no such file."""
        path = f"{ROOT}/files/{external_id}"
        params = {"fields": self._fields, "supportsAllDrives": "true"}
        answer = self._api.get(path, params, expect=(404,), buckets=BUCKET)
        if answer.status == 404:
            if reason_of(answer) == "notFound":
                return None
            raise Misconfigured(f"{self._api.where(path)} is no address there (404); check drive_url")
        found = file_of(answer.json(), self._api.where(path))
        if found.id != external_id:
            raise Retryable(f"{self._api.where(path)} answered with another file")
        return found

    def with_grants(self, file: DriveFile) -> DriveFile:
        """Return the file with who may read it; a listing leaves that out where the file is in a shared drive."""
        if file.grants is not None or file.unreadable:
            return file
        path = f"{ROOT}/files/{file.id}/permissions"
        found: list[Json] = []
        token = ""
        try:
            while True:
                rows, token = self._permissions(path, token)
                found += rows
                if not token:
                    return replace(file, grants=grants_of(found))
        except Withheld:
            return replace(file, unreadable=True)

    def drives(self) -> dict[str, str]:
        """Return the names of the shared drives that the account is a member of."""
        path, token = f"{ROOT}/drives", ""
        names: dict[str, str] = {}
        while True:
            params: Params = {"pageSize": 100, "fields": "nextPageToken,drives(id,name)", **_at(token)}
            found = self._api.get(path, params, buckets=BUCKET).json()
            if not isinstance(found.get("drives"), list):
                raise Retryable(f"{self._api.where(path)} answered without drives")
            names |= {str(row.get("id")): str(row.get("name") or "") for row in found["drives"]}
            token = str(found.get("nextPageToken") or "")
            if not token:
                return names

    def exported(self, file: DriveFile, mime: str) -> bytes:
        """Return the document in another format. Raises Withheld where it is not given, Oversized, and NotFound."""
        path = f"{ROOT}/files/{file.id}/export?mimeType={quote(mime)}"
        answer = self._download(path, (400,))
        if answer.status == 400:
            raise Withheld(
                f"{self._api.where(path)}: not exported as that (400)", "it cannot be exported", "conversion"
            )
        return answer.body

    def export_link(self, file: DriveFile, mime: str) -> str:
        """Return the address of an export without a limit of size, '' where there is none."""
        params = {"fields": "id,exportLinks", "supportsAllDrives": "true"}
        found = self._api.get(f"{ROOT}/files/{file.id}", params, buckets=BUCKET).json()
        links = found.get("exportLinks")
        return str(links.get(mime) or "") if isinstance(links, dict) else ""

    def linked(self, url: str) -> bytes:
        return self._api.download(url, buckets=BUCKET).body

    def content(self, file: DriveFile) -> bytes:
        """Return an uploaded file's bytes. Raises Withheld where they are not given, Oversized, and NotFound."""
        return self._download(f"{ROOT}/files/{file.id}?alt=media&supportsAllDrives=true").body

    def watch(self, channel: Json) -> Json:
        """Open a channel on the change feed, from now on, and return it as Google sees it."""
        path = f"{ROOT}/changes/watch?{urlencode({'pageToken': self.start(), **EVERYWHERE})}"
        return self._api.post(path, channel, buckets=BUCKET).json()

    def stop(self, channel: str, resource: str) -> None:
        """Close a channel; one that is not open is closed."""
        self._api.post(f"{ROOT}/channels/stop", {"id": channel, "resourceId": resource}, expect=(404,), buckets=BUCKET)

    def _download(self, path: str, expect: tuple[int, ...] = ()) -> Response:
        answer = self._api.download(path, expect=(404, *expect), buckets=BUCKET)
        if answer.status == 404:
            raise NotFound(f"{self._api.where(path.partition('?')[0])} is not there (404), though Drive lists it")
        return answer

    def _listing(self, query: str, drive: str, token: str) -> Params:
        size = PAGE_OF_GRANTS if drive and self._audiences else PAGE
        fields = f"nextPageToken,incompleteSearch,files({self._fields})"
        corpus = {"corpora": "drive", "driveId": drive} if drive else {"corpora": "user"}
        return {"q": query, "fields": fields, "pageSize": size, **EVERYWHERE, **corpus, **_at(token)}

    def _permissions(self, path: str, token: str) -> tuple[list[Json], str]:
        fields = f"nextPageToken,permissions({PERMISSION})"
        params: Params = {"pageSize": 100, "fields": fields, "supportsAllDrives": "true", **_at(token)}
        answer = self._api.get(path, params, expect=(404,), buckets=BUCKET)
        found = answer.json()
        if answer.status == 404 and reason_of(answer) == "notFound":
            raise Withheld(f"{self._api.where(path)} is not there (404)", "its sharing cannot be read", "notFound")
        if not isinstance(found.get("permissions"), list):
            raise Retryable(f"{self._api.where(path)} answered without permissions")
        return found["permissions"], str(found.get("nextPageToken") or "")

    def _refuse_unless_token(self, answer: Response, path: str, *, token: str | None = None) -> None:
        """A page token that Google knows no more is refused as a bad request; so is much else."""
        refused = answer.status == 400 and (reason_of(answer) == "invalid" or b"pageToken" in answer.body)
        if token != "" and (refused or answer.status == 410):
            raise CursorExpired(f"{self._api.where(path)} does not know the page token any more")
        raise client.refusal(answer, self._api.where(path), "drive_url and credentials_file")


def children_of(folders: Sequence[str], *, trashed: bool) -> str:
    """Return the query for what is in the folders; `trashed`: also what is in the trash."""
    terms = [f"'{folder}' in parents" for folder in folders]
    parents = f"({' or '.join(terms)})" if len(terms) > 1 else terms[0]
    return parents if trashed else f"{parents} and trashed=false"


def _at(token: str) -> Params:
    return {"pageToken": token} if token else {}


def _entry(row: object, where: str) -> FeedEntry:
    if not isinstance(row, dict):
        raise Retryable(f"{where} answered with half a change")
    removed = bool(row.get("removed"))
    if row.get("changeType") == "drive" or not row.get("fileId"):
        return FeedEntry(str(row.get("driveId") or ""), None, drive=True, removed=removed)
    file = file_of(row["file"], where) if isinstance(row.get("file"), dict) and not removed else None
    return FeedEntry(str(row["fileId"]), file, removed=removed or file is None)
