"""A site on a Data Center, which has the first generation of the API only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

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
    time_of,
)
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Clients, Closed, ListPage, Unsearchable, query, titled_among
from connectors.http.client import HttpClient
from connectors.http.transport import Json, Oversized, TimedOut
from sync.errors import Misconfigured, Retryable

BARE, EXPANDED, BODIES = 1000, 200, 50  # rows of one answer; more is cut, and nothing says so
MIN_LENGTH = 5
PLACED = "version,ancestors,space"
RESTRICTIONS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"


@dataclass
class DataCenter:
    """Reads a Data Center. The position in a list is a number of rows, or a cursor where the release has such lists."""

    settings: ConfluenceSettings
    clients: Clients = field(repr=False)
    _scans: bool = True
    _limits: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.settings.url

    def spaces(self) -> list[Space]:
        rows = self._everything(self.clients.authenticated, "/rest/api/space", {"limit": BARE}, named="key")
        found = {str(row.get("key")): row for row in rows}
        where = self.clients.authenticated.where(f"{self.clients.base}/rest/api/space")
        missing = [key for key in self.settings.exact_keys if key not in found]
        if missing:
            raise Misconfigured(
                f"{where} does not list the space {missing[0]}; correct spaces, or let the user read it"
            )
        wanted = [row for key, row in found.items() if self.settings.includes(key, str(row.get("type") or ""))]
        if not wanted:
            raise Misconfigured(f"{where} lists no space that matches spaces")
        current = (row for row in wanted if str(row.get("status") or "current").lower() == "current")
        return sorted((self._space(row) for row in current), key=lambda space: in_order(space.id))

    def contents(self, space: Space, kind: Kind, after: str | None, *, bodies: bool) -> ListPage[Content]:
        if not bodies:
            return self._contents(self.clients.authenticated, space, kind, after, PLACED, EXPANDED)
        limit = self._limits.get(space.id, BODIES)
        while True:
            try:
                return self._contents(self.clients.bulk, space, kind, after, f"{PLACED},body.storage", limit)
            except (responses.Heavy, Oversized):
                smaller = self._limits[space.id] = max(MIN_LENGTH, limit // 2)
            except responses.Broken:
                smaller = max(MIN_LENGTH, limit // 8)
            except TimedOut:
                self._limits[space.id] = max(MIN_LENGTH, limit // 2)
                raise
            if limit == MIN_LENGTH:  # one body among these fails them all: each is then loaded alone
                return self._contents(self.clients.authenticated, space, kind, after, PLACED, MIN_LENGTH)
            limit = smaller

    def facts(self, space: Space, after: str | None, since: datetime | None = None) -> ListPage[tuple[str, Facts]]:
        expand = f"{RESTRICTIONS},metadata.labels"
        if since is not None:
            rows, following = self._search(query(("page", "blogpost"), space.key, since), expand, after, EXPANDED)
            return _facts(rows, following)
        kind, _, at = (after or "page ").partition(" ")
        rows, following = self._listed(self.clients.authenticated, space, kind, at or None, expand, EXPANDED)
        if following is not None:
            return _facts(rows, f"{kind} {following}")
        return _facts(rows, "blogpost " if kind == "page" and self.settings.blog_posts else None)

    def anonymous_ids(self, space: Space, kind: Kind, after: str | None) -> ListPage[str]:
        rows, following = self._listed(self.clients.anonymous, space, kind, after, "", BARE)
        return ListPage(tuple(str(row["id"]) for row in rows), following)

    def files(self, space: Space, contents: Collection[str]) -> list[Attachment]:
        found: list[Attachment] = []
        after: str | None = None
        while True:
            rows, after = self._search(query(("attachment",), space.key, None), "version,container", after, EXPANDED)
            found += [parse.file_of(row, self.address) for row in rows]
            if after is None:
                return [file for file in found if file.container in contents]

    def recent(self, spaces: list[Space], kind: Kind, after: str | None, limit: int) -> ListPage[Touched]:  # noqa: ARG002
        raise Unsearchable("a Data Center has no list of the latest edits but its search")

    def latest(self, space: Space, types: Iterable[str]) -> ListPage[Touched]:
        rows, following = self._search(
            query(types, space.key, None, newest_first=True), "version,container", None, EXPANDED
        )
        return ListPage(tuple(parse.touched_of(row) for row in rows), following)

    def edited(self, space: Space, types: Iterable[str], since: datetime, after: str | None) -> ListPage[Touched]:
        rows, following = self._search(query(types, space.key, since), "version,container", after, EXPANDED)
        return ListPage(tuple(parse.touched_of(row) for row in rows), following)

    def content(self, number: str, kind: Kind | None = None) -> Content | None:  # noqa: ARG002
        path = f"{self.clients.base}/rest/api/content/{number}"
        row = responses.record(self.clients.authenticated, path, {"expand": f"{PLACED},body.storage,metadata.labels"})
        if row is None or row.get("status", "current") != "current" or row.get("type") not in ("page", "blogpost"):
            return None
        content = self._content(row, responses.text_at(row, "_links", "base"))
        if content.id != number or content.storage is None:
            raise Retryable(f"{self.clients.authenticated.where(path)} answered without the content")
        return replace(content, labels=parse.labels_of(responses.objects_at(row, "metadata", "labels", "results")))

    def contents_by_id(self, kind: Kind, numbers: list[str]) -> list[Content]:
        return [content for content in (self.content(number, kind) for number in numbers) if content is not None]

    def content_by_title(self, space_key: str, title: str, kind: Kind, day: str) -> Content | None:
        params: Json = {"type": kind, "spaceKey": space_key, "title": title, "expand": f"{PLACED},body.storage"}
        path = f"{self.clients.base}/rest/api/content"
        answer = self.clients.authenticated.get(path, params, expect=(404,))
        if answer.status == 404:
            return None
        rows = responses.rows(answer.json(), self.clients.authenticated.where(path))
        contents = [self._content(row, responses.text_at(answer.json(), "_links", "base")) for row in rows]
        return titled_among(contents, title, day)

    def node(self, number: str, kind: str) -> Node | None:  # noqa: ARG002
        path = f"{self.clients.base}/rest/api/content/{number}"
        row = responses.record(self.clients.authenticated, path, {"expand": "ancestors", "status": "any"})
        if row is None:
            return None
        parent = _parent(row)
        return Node(one_line(row.get("title")), parent, "page" if parent else "")

    def restricted(self, number: str) -> bool | None:
        return responses.restriction(self.clients.authenticated, f"{self.clients.base}/rest/api/content/{number}")

    def anonymous_can_read(self, content: Content) -> bool:
        path = f"{self.clients.base}/rest/api/content/{content.id}"
        try:
            row = self.clients.anonymous.get(path).json()
        except Closed:
            return False
        if str(row.get("id")) != content.id:
            raise Retryable(f"{self.clients.anonymous.where(path)} answered without the content")
        return bool(row.get("status", "current") == "current")

    def anonymous_among(self, kind: Kind, numbers: list[str]) -> set[str]:
        nowhere = Content("", kind, "", "", "", "", 0, time_of(""), "")
        return {number for number in numbers if self.anonymous_can_read(replace(nowhere, id=number))}

    def file(self, number: str) -> Attachment | None:
        path = f"{self.clients.base}/rest/api/content/{number}"
        row = responses.record(self.clients.authenticated, path, {"expand": "version,container"})
        if row is None or row.get("type") != "attachment" or row.get("status", "current") != "current":
            return None
        return parse.file_of(row, self.address)

    def files_of(self, content: Content) -> list[Attachment]:
        path = f"/rest/api/content/{content.id}/child/attachment"
        rows = self._everything(self.clients.authenticated, path, {"expand": "version,container", "limit": EXPANDED})
        return [parse.file_of(row, self.address, content.id) for row in rows]

    def read(self, file: Attachment, most: int) -> bytes | None:
        link = file.download if file.download.startswith("/") else f"/{file.download}"
        answer = self.clients.files.download(self.clients.base + link, most=most, expect=(404,))
        return answer.body if answer.status == 200 else None

    def comments(self, content: Content) -> list[PageComment]:
        path = f"/rest/api/content/{content.id}/child/comment"
        params: Json = {"expand": "body.storage,version", "location": "footer", "depth": "all", "limit": BODIES}
        return [parse.comment_of(row) for row in self._everything(self.clients.authenticated, path, params)]

    def rendered(self, content: Content, *, public: bool) -> str:
        api = self.clients.anonymous if public else self.clients.authenticated
        path = f"{self.clients.base}/rest/api/content/{content.id}"
        body = responses.text_at(api.get(path, {"expand": "body.export_view"}).json(), "body", "export_view", "value")
        if body is None:
            raise Retryable(f"{api.where(path)} answered without body.export_view")
        return body

    def names(self, accounts: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for account in accounts:
            answer = self.clients.authenticated.get(
                f"{self.clients.base}/rest/api/user", {"key": account}, expect=(403, 404)
            )
            name = one_line(answer.json().get("displayName"))
            if answer.status == 200 and name:
                found[account] = name
        return found

    def check_lists(self) -> None:
        self.spaces()

    def forget(self) -> None:
        self._limits.clear()

    def _contents(
        self, api: HttpClient, space: Space, kind: Kind, after: str | None, expand: str, limit: int
    ) -> ListPage[Content]:
        rows, following = self._listed(api, space, kind, after, expand, limit)
        contents = [self._content(row, None, space) for row in rows if row.get("status", "current") == "current"]
        if "body" in expand and len(contents) > 1 and all(content.storage is None for content in contents):
            raise Retryable(f"{api.where(self.clients.base)}/rest/api/content answered without body.storage")
        return ListPage(tuple(contents), following)

    def _listed(
        self, api: HttpClient, space: Space, kind: str, after: str | None, expand: str, limit: int
    ) -> tuple[list[Json], str | None]:
        """Return one page of what is published in a space; the position says in which manner it is read."""
        params: Json = {"type": kind, "spaceKey": space.key, "status": "current", "limit": limit}
        params |= {"expand": expand} if expand else {}
        if self._scans and api is not self.clients.anonymous and (after is None or not after.isdecimal()):
            path = f"{self.clients.base}/rest/api/content/scan"
            answer, rows, following = responses.listed(api, path, params, after, expect=() if after else (404, 501))
            if answer.status == 200:
                return rows, following
            self._scans = False
        return self._by_start(api, f"{self.clients.base}/rest/api/content", params, after)

    def _by_start(self, api: HttpClient, path: str, params: Json, after: str | None) -> tuple[list[Json], str | None]:
        """Return one page of a list that goes on by number; the number in its own `next` passes over what was cut."""
        start = int(after or 0)
        envelope = api.get(path, params | {"start": start}).json()
        rows = responses.rows(envelope, api.where(path))
        more = bool(rows) and bool(responses.at(envelope, "_links", "next"))
        return rows, str(start + len(rows)) if more else None

    def _everything(self, api: HttpClient, path: str, params: Json, *, named: str = "id") -> list[Json]:
        found: dict[str, Json] = {}
        after: str | None = None
        while True:
            rows, after = self._by_start(api, self.clients.base + path, params, after)
            found.update((str(row.get(named)), row) for row in rows)
            if after is None:
                return list(found.values())

    def _search(self, cql: str, expand: str, after: str | None, limit: int) -> tuple[list[Json], str | None]:
        params: Json = {"cql": cql, "expand": expand, "limit": limit}
        return self._by_start(self.clients.authenticated, f"{self.clients.base}/rest/api/content/search", params, after)

    def _space(self, row: Json) -> Space:
        key = str(row["key"])
        return Space(key, key, one_line(row.get("name")) or key, self.settings.may_be_public(key))

    def _content(self, row: Json, base: str | None, space: Space | None = None) -> Content:  # noqa: ARG002
        number, parent = responses.at(row, "version", "number"), _parent(row)
        return Content(
            id=str(row["id"]),
            kind="blogpost" if row.get("type") == "blogpost" else "page",
            space=responses.text_at(row, "space", "key") or (space.key if space else ""),
            title=one_line(row.get("title")),
            parent=parent,
            parent_kind="page" if parent else "",
            number=number if isinstance(number, int) else 0,
            edited_at=time_of(responses.at(row, "version", "when")),
            url=self.address
            + (responses.text_at(row, "_links", "webui") or f"/pages/viewpage.action?pageId={row['id']}"),
            storage=responses.text_at(row, "body", "storage", "value"),
        )


def _parent(row: Json) -> str:
    ancestors = responses.objects_at(row, "ancestors")
    return str(ancestors[-1].get("id") or "") if ancestors else ""


def _facts(rows: list[Json], following: str | None) -> ListPage[tuple[str, Facts]]:
    told = ((str(row["id"]), parse.facts_of(row)) for row in rows)
    return ListPage(tuple((number, facts) for number, facts in told if facts is not None), following)
