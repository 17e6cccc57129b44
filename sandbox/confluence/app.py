"""The apps of a site: a table of endpoints for each flavour, and the checks that every request passes in order."""

from collections.abc import Mapping

from starlette.requests import Request as HttpRequest

from sandbox import http
from sandbox.confluence import answers, v1, v2
from sandbox.confluence.records import BOT, Site
from sandbox.confluence.request import Request, invalid
from sandbox.confluence.visibility import VISITOR
from sandbox.http import Answer, App, Endpoint, Endpoints, Problem

PAGED = frozenset({"limit", "cursor"})
LISTED = PAGED | {"sort", "status", "title", "body-format"}
SINGLE = frozenset({"body-format", "get-draft", "status", "version", "include-labels", "include-version"})
BY_START = frozenset({"start", "limit"})
FILES = PAGED | {"sort", "status", "mediaType", "filename"}
OPEN, CLOSED = True, False
"""Whether a visitor may ask it too."""

Row = Endpoint[Request, Answer, bool]


def _found_on_both() -> list[Row]:
    file = frozenset({"version", "cacheVersion", "api"})
    return [
        Row("/rest/api/content/{id}/restriction/byOperation/read", v1.restriction, CLOSED, BY_START | {"expand"}),
        Row("/download/attachments/{id:int}/{name}", v1.download, OPEN, file),
    ]


def _cloud() -> list[Row]:
    root = "/api/v2"
    found = [
        Row(f"{root}/spaces", v2.spaces, OPEN, PAGED | {"ids", "keys", "type", "status"}),
        Row(f"{root}/attachments", v2.attachments, CLOSED, FILES),
        Row(f"{root}/attachments/{{id}}", v2.attachment, OPEN, frozenset({"include-labels", "include-version"})),
        Row(f"{root}/folders/{{id:int}}", v2.folder, CLOSED),
        Row(f"{root}/users-bulk", v2.users, CLOSED, method="POST"),
        Row(f"{root}/footer-comments/{{id:int}}/children", v2.replies, CLOSED, PAGED | {"body-format", "sort"}),
        Row(f"{root}/pages/{{id:int}}/ancestors", v2.ancestors, CLOSED, frozenset({"limit"})),
        Row("/rest/api/content/search", v1.search, CLOSED, PAGED | {"cql", "expand", "start", "next"}),
    ]
    for name, listing, single in (("pages", v2.pages, v2.page), ("blogposts", v2.blog_posts, v2.blog_post)):
        below = f"{root}/{name}/{{id:int}}"
        comments = PAGED | {"body-format", "status", "sort"}
        found += [
            Row(f"{root}/spaces/{{id:int}}/{name}", listing, OPEN, LISTED | {"depth"}),
            Row(f"{root}/{name}", listing, OPEN, LISTED | {"id", "space-id"}),
            Row(below, single, OPEN, SINGLE),
            Row(f"{below}/attachments", v2.attachments_of, CLOSED, FILES),
            Row(f"{below}/footer-comments", v2.footer_comments, CLOSED, comments),
            Row(f"{below}/inline-comments", v2.inline_comments, CLOSED, comments),
        ]
    return found + _found_on_both()


def _data_center() -> list[Row]:
    listed = frozenset({"type", "spaceKey", "status", "expand", "title"})
    return [
        Row("/rest/api/space", v1.spaces, OPEN, BY_START | {"spaceKey"}),
        Row("/rest/api/content", v1.contents, OPEN, BY_START | listed),
        Row("/rest/api/content/scan", v1.scan, OPEN, PAGED | listed),
        Row("/rest/api/content/search", v1.search_by_start, CLOSED, BY_START | {"cql", "expand"}),
        Row("/rest/api/content/{id}/child/{kind}", v1.children, CLOSED, BY_START | {"expand", "location", "depth"}),
        Row("/rest/api/content/{id}", v1.content, OPEN, frozenset({"expand", "status"})),
        *_found_on_both(),
    ]


CLOUD, DATA_CENTER = Endpoints(_cloud()), Endpoints(_data_center())


def cloud(world: Site, prefix: str, email: str, token: str, *, visitors: bool) -> App:
    return _app(SiteHost(world, prefix, CLOUD, {f"Basic {email}:{token}": BOT}, visitors))


def data_center(world: Site, prefix: str, token: str, user: str, password: str) -> App:
    accounts = {f"Bearer {token}": BOT, f"Basic {user}:{password}": BOT}
    return _app(SiteHost(world, prefix, DATA_CENTER, accounts, visitors=True))


class SiteHost:
    """Serves one flavour of the site below `prefix`. `accounts`: an account id for each valid Authorization."""

    def __init__(
        self,
        world: Site,
        prefix: str,
        endpoints: Endpoints[Request, Answer, bool],
        accounts: Mapping[str, str],
        visitors: bool,
    ) -> None:
        self._world = world
        self._prefix = prefix
        self._endpoints = endpoints
        self._accounts = accounts
        self._visitors = visitors

    def headers(self, _: HttpRequest) -> Mapping[str, str]:
        return {"content-type": "application/json", **http.date_header(self._world.clock)}

    async def answer(self, asked: HttpRequest) -> Answer:
        if self._world.throttled:
            raise answers.too_many(self._world.throttled.pop(0))
        body = await asked.body()
        path = asked.url.path
        if path.startswith("/media/"):
            return v1.media(self._world, path)
        if self._world.disabled or not path.startswith(self._prefix):
            raise Problem(404, content=b"<html><body>Dead link</body></html>")
        path = path.removeprefix(self._prefix)
        found = self._endpoints.find(asked.method, path)
        if found is None:
            raise Problem(404, {"message": f"no endpoint {asked.method} {path}"})
        endpoint, place = found
        account = self._account(asked, is_open=endpoint.needs)
        params = http.known_params(asked.query_params.multi_items(), endpoint.params, _unknown)
        site = f"{http.origin_of(asked)}{'/wiki' if self._prefix.endswith('/wiki') else self._prefix}"
        return endpoint.answer(Request(self._world, account, site, path, place, params, invalid, body))

    def _account(self, asked: HttpRequest, *, is_open: bool) -> str:
        if "authorization" not in asked.headers and self._visitors and is_open:
            return VISITOR
        account = self._accounts.get(" ".join(http.credentials(asked)))
        if account is None:
            raise answers.unauthorized()
        return account


def _app(host: SiteHost) -> App:
    return App(host.answer, host.headers)


def _unknown(names: list[str]) -> Problem:
    return answers.invalid(",".join(names), "Unknown or repeated parameter.")
