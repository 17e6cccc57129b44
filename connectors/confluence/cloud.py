"""A site on Cloud: lists by the second generation of the API; restrictions, labels and searches by the first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from connectors.confluence import parse, responses
from connectors.confluence.records import (
    Attachment,
    Content,
    Facts,
    Kind,
    Node,
    PageComment,
    Space,
    Touched,
    in_order,
    one_line,
)
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Clients, Closed, ListPage, Unsearchable, query, titled_among
from connectors.http.transport import Json, Oversized, TimedOut
from sync.errors import Misconfigured, Retryable

PAGE = 250
SAME_TITLE = 25  # blog posts of one title
MIN_LENGTH = 5
FOUND = 200  # rows of a search that expand something
NAMES = 100
PATHS: Final[dict[str, str]] = {
    "page": "pages",
    "blogpost": "blogposts",
    "folder": "folders",
    "whiteboard": "whiteboards",
    "database": "databases",
    "embed": "embeds",
}
RESTRICTIONS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"


@dataclass
class Cloud:
    """Reads a Cloud site. What is remembered saves calls: page sizes that proved too large, kinds, ids of spaces."""

    settings: ConfluenceSettings
    clients: Clients = field(repr=False)
    _limits: dict[str, int] = field(default_factory=dict)
    _kinds: dict[str, Kind] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.settings.origin}/wiki"

    def spaces(self) -> list[Space]:
        found = {str(row.get("key")): row for row in self._space_rows()}
        missing = [key for key in self.settings.exact_keys if key not in found]
        if missing:
            raise Misconfigured(
                f"{self._where('/api/v2/spaces')} does not list the space {missing[0]}; correct spaces, or let the"
                " account read it"
            )
        self._keys = {key: str(row["id"]) for key, row in found.items()}
        wanted = [row for key, row in found.items() if self.settings.includes(key, str(row.get("type") or ""))]
        if not wanted:
            raise Misconfigured(f"{self._where('/api/v2/spaces')} lists no space that matches spaces")
        return sorted(
            (self._space(row) for row in wanted if row.get("status", "current") == "current"),
            key=lambda space: in_order(space.id),
        )

    def contents(self, space: Space, kind: Kind, after: str | None, *, bodies: bool) -> ListPage[Content]:
        if not bodies:
            return self._contents(space, kind, after, PAGE, bodies=False)
        limit = self._limits.get(space.id, PAGE)
        while True:
            try:
                return self._contents(space, kind, after, limit, bodies=True)
            except (responses.Heavy, Oversized):
                smaller = self._limits[space.id] = max(MIN_LENGTH, limit // 2)
            except responses.Broken:
                smaller = max(MIN_LENGTH, limit // 8)
            except TimedOut:
                self._limits[space.id] = max(MIN_LENGTH, limit // 2)
                raise
            if limit == MIN_LENGTH:  # one body among these fails them all: each is then loaded alone
                return self._contents(space, kind, after, MIN_LENGTH, bodies=False)
            limit = smaller

    def facts(self, space: Space, after: str | None, since: datetime | None = None) -> ListPage[tuple[str, Facts]]:
        asked = query(("page", "blogpost"), space.key, since)
        found, following = self._search(asked, f"{RESTRICTIONS},metadata.labels", after)
        told = ((str(row["id"]), parse.facts_of(row)) for row in found)
        return ListPage(tuple((number, facts) for number, facts in told if facts is not None), following)

    def anonymous_ids(self, space: Space, kind: Kind, after: str | None) -> ListPage[str]:
        path = f"{self.clients.anonymous_base}/api/v2/spaces/{space.id}/{PATHS[kind]}"
        params: Json = {"limit": PAGE, "status": "current"}
        _, found, following = responses.listed(self.clients.anonymous, path, params, after)
        return ListPage(tuple(str(row["id"]) for row in found), following)

    def files(self, space: Space, contents: Collection[str]) -> list[Attachment]:
        few = self._all_files_if_few()
        if few is not None:
            return [file for file in few if file.container in contents]
        try:
            return [file for file in self._found_files(space) if file.container in contents]
        except Unsearchable:
            below = (self._files_below(self._kinds.get(number, "page"), number) for number in sorted(contents, key=int))
            return [file for files in below for file in files]

    def recent(self, spaces: list[Space], kind: Kind, after: str | None, limit: int) -> ListPage[Touched]:
        path = f"{self.clients.base}/api/v2/{PATHS[kind]}"
        params: Json = {"sort": "-modified-date", "status": "current", "limit": limit}
        if len(spaces) == 1:
            path = f"{self.clients.base}/api/v2/spaces/{spaces[0].id}/{PATHS[kind]}"
        else:
            params["space-id"] = ",".join(space.id for space in spaces)
        answer, found, following = responses.listed(self.clients.authenticated, path, params, after)
        rows = (self._content(row, kind, answer.json()) for row in found)
        return ListPage(tuple(Touched(kind, row.id, "", row.number, row.edited_at) for row in rows), following)

    def latest(self, space: Space, types: Iterable[str]) -> ListPage[Touched]:
        asked = query(types, space.key, None, newest_first=True)
        found, following = self._search(asked, "version,container", None)
        return ListPage(tuple(parse.touched_of(row) for row in found), following)

    def edited(self, space: Space, types: Iterable[str], since: datetime, after: str | None) -> ListPage[Touched]:
        found, following = self._search(query(types, space.key, since), "version,container", after)
        return ListPage(tuple(parse.touched_of(row) for row in found), following)

    def content(self, number: str, kind: Kind | None = None) -> Content | None:
        first = kind or self._kinds.get(number, "page")
        kinds: list[Kind] = [first] if kind else [first, "blogpost" if first == "page" else "page"]
        for asked in kinds:
            path = f"{self.clients.base}/api/v2/{PATHS[asked]}/{number}"
            row = responses.record(
                self.clients.authenticated, path, {"body-format": "storage", "include-labels": "true"}
            )
            if row is not None:
                self._check_id(row, number, path)
                if asked == "blogpost":
                    self._kinds[number] = asked
                return self._labelled(row, asked, path) if row.get("status") == "current" else None
        return None

    def contents_by_id(self, kind: Kind, numbers: list[str]) -> list[Content]:
        path = f"{self.clients.base}/api/v2/{PATHS[kind]}"
        found: list[Content] = []
        for batch in _batches(numbers, PAGE // 5):  # bodies weigh: five small pages rather than one that times out
            params: Json = {"id": ",".join(batch), "status": "current", "body-format": "storage", "limit": PAGE}
            answer, listed = responses.everything(self.clients.authenticated, path, params)
            found += [self._content(row, kind, answer.json()) for row in listed]
        return found

    def content_by_title(self, space_key: str, title: str, kind: Kind, day: str) -> Content | None:
        space = self._keys.get(space_key) or self._space_id(space_key)
        if space is None:
            return None
        path = f"{self.clients.base}/api/v2/spaces/{space}/{PATHS[kind]}"
        params: Json = {"title": title, "status": "current", "body-format": "storage", "limit": SAME_TITLE}
        answer, found, _ = responses.listed(self.clients.authenticated, path, params, None)
        return titled_among([self._content(row, kind, answer.json()) for row in found], title, day)

    def node(self, number: str, kind: str) -> Node | None:
        name = PATHS.get(kind)
        if name is None:
            return None
        row = responses.record(self.clients.authenticated, f"{self.clients.base}/api/v2/{name}/{number}", {})
        if row is None:
            return None
        parent = str(row.get("parentId") or "")
        return Node(one_line(row.get("title")), parent, str(row.get("parentType") or "") if parent else "")

    def restricted(self, number: str) -> bool | None:
        return responses.restriction(self.clients.authenticated, f"{self.clients.base}/rest/api/content/{number}")

    def anonymous_can_read(self, content: Content) -> bool:
        path = f"{self.clients.anonymous_base}/api/v2/{PATHS[content.kind]}/{content.id}"
        try:
            row = self.clients.anonymous.get(path).json()
        except Closed:
            return False
        self._check_id(row, content.id, path)
        return row.get("status") == "current"

    def anonymous_among(self, kind: Kind, numbers: list[str]) -> set[str]:
        path = f"{self.clients.anonymous_base}/api/v2/{PATHS[kind]}"
        found: set[str] = set()
        for batch in _batches(numbers, PAGE):
            params: Json = {"id": ",".join(batch), "status": "current", "limit": PAGE}
            _, listed = responses.everything(self.clients.anonymous, path, params)
            found.update(str(row["id"]) for row in listed)
        return found

    def file(self, number: str) -> Attachment | None:
        path = f"{self.clients.base}/api/v2/attachments/{number}"
        row = responses.record(self.clients.authenticated, path, {})
        if row is None or row.get("status", "current") != "current":
            return None
        if not row.get("id"):
            raise Retryable(f"{self.clients.authenticated.where(path)} answered without the attachment")
        return parse.file_of(row, self._site(row))

    def files_of(self, content: Content) -> list[Attachment]:
        return self._files_below(content.kind, content.id)

    def read(self, file: Attachment, most: int) -> bytes | None:
        link = file.download if file.download.startswith("/") else f"/{file.download}"
        answer = self.clients.files.download(self.clients.base + link, most=most, expect=(404,))
        if answer.status == 404 and self.settings.cloud_id:  # the gateway may serve the API's own address only
            number = file.id.removeprefix("att")
            path = f"{self.clients.base}/rest/api/content/{file.container}/child/attachment/att{number}/download"
            answer = self.clients.files.download(path, most=most, expect=(404,))
        return answer.body if answer.status == 200 else None

    def comments(self, content: Content) -> list[PageComment]:
        roots = f"{self.clients.base}/api/v2/{PATHS[content.kind]}/{content.id}/footer-comments"
        params: Json = {"body-format": "storage", "limit": PAGE}
        found: list[PageComment] = []
        answer, rows = responses.everything(self.clients.authenticated, roots, params, expect=(404,))
        if answer.status == 404 and not responses.says_not_found(answer):
            raise Misconfigured(f"{self.clients.authenticated.where(roots)} is no address there (404); check url")
        waiting = rows
        while waiting:
            row = waiting.pop(0)
            found.append(parse.comment_of(row))
            below = f"{self.clients.base}/api/v2/footer-comments/{row['id']}/children"
            waiting = [*responses.everything(self.clients.authenticated, below, params)[1], *waiting]
        return found

    def rendered(self, content: Content, *, public: bool) -> str:
        form = "anonymous_export_view" if public else "export_view"
        path = f"{self.clients.base}/api/v2/{PATHS[content.kind]}/{content.id}"
        body = responses.text_at(
            self.clients.authenticated.get(path, {"body-format": form}).json(), "body", form, "value"
        )
        if body is None:
            raise Retryable(f"{self.clients.authenticated.where(path)} answered without {form}")
        return body

    def names(self, accounts: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for batch in _batches(sorted(accounts), NAMES):
            answer = self.clients.authenticated.post(
                f"{self.clients.base}/api/v2/users-bulk", {"accountIds": batch}, expect=(403, 404)
            )
            for row in responses.objects_at(answer.json(), "results"):
                name = one_line(row.get("displayName") or row.get("publicName"))
                if name:
                    found[str(row.get("accountId"))] = name
        return found

    def check_lists(self) -> None:
        self.spaces()

    def forget(self) -> None:
        """Try large pages again."""
        self._limits.clear()

    def _space_rows(self) -> list[Json]:
        path, lookup = f"{self.clients.base}/api/v2/spaces", self.settings.exact_keys
        if len(lookup) == len(self.settings.spaces) <= PAGE:
            params: Json = {"keys": ",".join(lookup), "limit": PAGE}
            answer, found = responses.everything(self.clients.authenticated, path, params, expect=(400,))
            if answer.status == 200:
                return found
        return responses.everything(self.clients.authenticated, path, {"limit": PAGE})[1]

    def _space_id(self, key: str) -> str | None:
        path = f"{self.clients.base}/api/v2/spaces"
        found = responses.everything(self.clients.authenticated, path, {"keys": key, "limit": PAGE})[1]
        return next((str(row["id"]) for row in found if row.get("key") == key), None)

    def _space(self, row: Json) -> Space:
        key = str(row["key"])
        return Space(str(row["id"]), key, one_line(row.get("name")) or key, self.settings.may_be_public(key))

    def _contents(self, space: Space, kind: Kind, after: str | None, limit: int, *, bodies: bool) -> ListPage[Content]:
        path = f"{self.clients.base}/api/v2/spaces/{space.id}/{PATHS[kind]}"
        params: Json = {"limit": limit, "status": "current"} | ({"body-format": "storage"} if bodies else {})
        api = self.clients.bulk if bodies else self.clients.authenticated
        answer, found, following = responses.listed(api, path, params, after)
        rows = [self._content(row, kind, answer.json()) for row in found if row.get("status", "current") == "current"]
        if bodies and len(rows) > 1 and all(row.storage is None for row in rows):  # one alone is that page's own matter
            raise Retryable(f"{api.where(path)} answered without body.storage")
        if kind == "blogpost":
            self._kinds.update((row.id, kind) for row in rows)
        return ListPage(tuple(rows), following)

    def _content(self, row: Json, kind: Kind, envelope: Json) -> Content:
        return parse.content_of(row, kind, self._site(envelope))

    def _labelled(self, row: Json, kind: Kind, path: str) -> Content:
        labels = responses.objects_at(row, "labels", "results")
        if responses.at(row, "labels", "results") is None or responses.at(row, "labels", "meta", "hasMore") is True:
            asked: Json = {"limit": PAGE}
            answer, labels = responses.everything(self.clients.authenticated, f"{path}/labels", asked, expect=(404,))
            if not answer.ok:
                raise Retryable(f"{self.clients.authenticated.where(path)} left while its labels were read")
        content = self._content(row, kind, row)
        if content.storage is None:
            raise Retryable(f"{self.clients.authenticated.where(path)} answered without body.storage")
        return replace(content, labels=parse.labels_of(labels))

    def _site(self, envelope: Json) -> str:
        """The address that links are relative to, as the answer says it."""
        said = responses.text_at(envelope, "_links", "base") or ""
        return said.rstrip("/") if said.startswith(("https://", "http://")) else self.address

    def _search(self, cql: str, expand: str, after: str | None, *, limit: int = FOUND) -> tuple[list[Json], str | None]:
        path = f"{self.clients.base}/rest/api/content/search"
        params: Json = {"cql": cql, "expand": expand, "limit": limit}
        answer, found, following = responses.listed(self.clients.authenticated, path, params, after, expect=(400,))
        if answer.status == 400:
            raise Unsearchable(f"{self.clients.authenticated.where(path)} does not take the query {cql}")
        return found, following if found else None  # a link to a page beyond the last may come with nothing on it

    def _all_files_if_few(self) -> list[Attachment] | None:
        """Every attachment of the site, where they fit on one page and this release lists them."""
        path = f"{self.clients.base}/api/v2/attachments"
        params: Json = {"limit": PAGE, "status": "current"}
        answer, found, following = responses.listed(self.clients.authenticated, path, params, None, expect=(400, 404))
        if answer.status != 200 or following is not None:
            return None
        return [parse.file_of(row, self._site(answer.json())) for row in found]

    def _found_files(self, space: Space) -> list[Attachment]:
        files: list[Attachment] = []
        after: str | None = None
        asked = query(("attachment",), space.key, None)
        while True:
            found, after = self._search(asked, "version,container", after)
            files += [parse.file_of(row, self._site({})) for row in found]
            if after is None:
                return files

    def _files_below(self, kind: Kind, number: str) -> list[Attachment]:
        path = f"{self.clients.base}/api/v2/{PATHS[kind]}/{number}/attachments"
        answer, found = responses.everything(
            self.clients.authenticated, path, {"limit": PAGE, "status": "current"}, expect=(404,)
        )
        if answer.status == 404 and not responses.says_not_found(answer):
            raise Misconfigured(f"{self.clients.authenticated.where(path)} is no address there (404); check url")
        return [parse.file_of(row, self._site(answer.json()), number) for row in found]

    def _check_id(self, row: Json, number: str, path: str) -> None:
        if str(row.get("id")) != number:
            raise Retryable(f"{self.clients.authenticated.where(path)} answered without the content")

    def _where(self, path: str) -> str:
        return self.clients.authenticated.where(self.clients.base + path)


def _batches(values: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(values[start : start + size]) for start in range(0, len(values), size))
