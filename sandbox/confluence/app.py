"""The ASGI apps of a site: a table of endpoints for each flavour, and the checks that every request passes in order."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from sandbox.confluence import answers, v1, v2
from sandbox.confluence.answers import Answer, Problem
from sandbox.confluence.records import BOT, World
from sandbox.confluence.request import Request
from sandbox.confluence.visibility import VISITOR

PAGED = frozenset({"limit", "cursor"})
LISTED = PAGED | {"sort", "status", "title", "body-format"}
SINGLE = frozenset({"body-format", "get-draft", "status", "version", "include-labels", "include-version"})
BY_START = frozenset({"start", "limit"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path below the site's base, and every parameter that it knows; `open`: a visitor may ask it too."""

    path: str
    answer: Callable[[Request], Answer]
    params: frozenset[str] = frozenset()
    method: str = "GET"
    open: bool = False


def _found_on_both() -> list[Endpoint]:
    return [
        Endpoint("/rest/api/content/{id}/restriction/byOperation/read", v1.restriction, BY_START | {"expand"}),
        Endpoint(
            "/download/attachments/{id:int}/{name}",
            v1.download,
            frozenset({"version", "cacheVersion", "api"}),
            open=True,
        ),
    ]


def _cloud() -> list[Endpoint]:
    root = "/api/v2"
    found = [
        Endpoint(f"{root}/spaces", v2.spaces, PAGED | {"ids", "keys", "type", "status"}, open=True),
        Endpoint(f"{root}/attachments", v2.attachments, PAGED | {"sort", "status", "mediaType", "filename"}),
        Endpoint(
            f"{root}/attachments/{{id}}", v2.attachment, frozenset({"include-labels", "include-version"}), open=True
        ),
        Endpoint(f"{root}/folders/{{id:int}}", v2.folder),
        Endpoint(f"{root}/users-bulk", v2.users, method="POST"),
        Endpoint(f"{root}/footer-comments/{{id:int}}/children", v2.replies, PAGED | {"body-format", "sort"}),
        Endpoint(f"{root}/pages/{{id:int}}/ancestors", v2.ancestors, frozenset({"limit"})),
        Endpoint("/rest/api/content/search", v1.search, PAGED | {"cql", "expand", "start", "next"}),
    ]
    for name, listing, single in (("pages", v2.pages, v2.page), ("blogposts", v2.blog_posts, v2.blog_post)):
        below = f"{root}/{name}/{{id:int}}"
        comments = PAGED | {"body-format", "status", "sort"}
        found += [
            Endpoint(f"{root}/spaces/{{id:int}}/{name}", listing, LISTED | {"depth"}, open=True),
            Endpoint(f"{root}/{name}", listing, LISTED | {"id", "space-id"}, open=True),
            Endpoint(below, single, SINGLE, open=True),
            Endpoint(f"{below}/attachments", v2.attachments_of, PAGED | {"sort", "status", "mediaType", "filename"}),
            Endpoint(f"{below}/footer-comments", v2.footer_comments, comments),
            Endpoint(f"{below}/inline-comments", v2.inline_comments, comments),
        ]
    return found + _found_on_both()


def _data_center() -> list[Endpoint]:
    listed = frozenset({"type", "spaceKey", "status", "expand", "title"})
    return [
        Endpoint("/rest/api/space", v1.spaces, BY_START | {"spaceKey"}, open=True),
        Endpoint("/rest/api/content", v1.contents, BY_START | listed, open=True),
        Endpoint("/rest/api/content/scan", v1.scan, PAGED | listed, open=True),
        Endpoint("/rest/api/content/search", v1.search_by_start, BY_START | {"cql", "expand"}),
        Endpoint("/rest/api/content/{id}/child/{kind}", v1.children, BY_START | {"expand", "location", "depth"}),
        Endpoint("/rest/api/content/{id}", v1.content, frozenset({"expand", "status"}), open=True),
        *_found_on_both(),
    ]


@dataclass
class App:
    """Serves one flavour of the site below `prefix`. `accounts`: the Authorization headers that are somebody."""

    world: World
    prefix: str
    endpoints: list[Endpoint]
    accounts: dict[str, str]
    visitors: bool = True
    busy: int = 0
    busiest: int = 0
    table: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table = [(compile_path(endpoint.path)[0], endpoint) for endpoint in self.endpoints]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            answer = await self._answer(http)
        except Problem as problem:
            answer = problem.answer
        content = json.dumps(answer.body).encode() if answer.content is None else answer.content
        sent = {
            "content-type": "application/json",
            **answer.headers,
            "date": formatdate(self.world.clock(), usegmt=True),
        }
        await Response(content, answer.status, sent)(scope, receive, send)

    async def _answer(self, http: HttpRequest) -> Answer:
        if self.world.throttled:
            raise answers.too_many(self.world.throttled.pop(0))
        body = await http.body()
        path = http.url.path
        if path.startswith("/media/"):
            return v1.media(self.world, path)
        if self.world.disabled or not path.startswith(self.prefix):
            raise Problem(Answer(status=404, content=b"<html><body>Dead link</body></html>"))
        path = path.removeprefix(self.prefix)
        endpoint, place = self._endpoint(http.method, path)
        account = self._account(http.headers.get("authorization", ""), endpoint)
        site = f"{http.url.scheme}://{http.url.netloc}{'/wiki' if self.prefix.endswith('/wiki') else self.prefix}"
        params = _params(http, endpoint)
        return endpoint.answer(
            Request(self.world, account, site, path, place, params, json.loads(body) if body else None)
        )

    def _endpoint(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        for pattern, endpoint in self.table:
            match = pattern.match(path)
            if match and endpoint.method == method:
                return endpoint, match.groupdict()
        raise Problem(Answer({"message": f"no endpoint {method} {path}"}, 404))

    def _account(self, authorization: str, endpoint: Endpoint) -> str:
        if not authorization:
            if not self.visitors or not endpoint.open:
                raise answers.unauthorized()
            return VISITOR
        account = self.accounts.get(_told(authorization))
        if account is None:
            raise answers.unauthorized()
        return account


def cloud(world: World, prefix: str, email: str, token: str, *, visitors: bool) -> App:
    return App(world, prefix, _cloud(), {f"Basic {email}:{token}": BOT}, visitors)


def data_center(world: World, prefix: str, token: str, user: str, password: str) -> App:
    return App(world, prefix, _data_center(), {f"Bearer {token}": BOT, f"Basic {user}:{password}": BOT})


def _told(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme != "Basic":
        return authorization
    try:
        return f"Basic {base64.b64decode(value).decode()}"
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _params(http: HttpRequest, endpoint: Endpoint) -> dict[str, str]:
    found = http.query_params.multi_items()
    names = [name for name, _ in found]
    unknown = sorted(set(names) - endpoint.params)
    if unknown or len(set(names)) < len(names):
        raise answers.invalid(",".join(unknown or names), "Unknown or repeated parameter.")
    return dict(found)
