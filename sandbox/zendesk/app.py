"""The ASGI app of one brand: a table of endpoints, and the checks that every request passes in order."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from sandbox.zendesk import answers, exports, help_center, pages, paging, support
from sandbox.zendesk.answers import Answer, Problem
from sandbox.zendesk.limits import Bucket, Limits
from sandbox.zendesk.oauth import Caller, Credentials
from sandbox.zendesk.records import MAIN, Brand, Role, World
from sandbox.zendesk.request import Request

HELP_CENTER = "/api/v2/help_center"
TICKETS = "tickets:read"
ACCOUNT: tuple[Bucket, ...] = ("account",)
SORTED = frozenset({"sort_by", "sort_order"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path, who may ask (`least`, with a token for `scope`), and every parameter that it knows.

    `forgiving`: wrong Basic credentials make the caller anonymous here, where every other path answers 401.
    """

    path: str
    answer: Callable[[Request], Answer]
    params: frozenset[str] = frozenset()
    least: Role = Role.ANONYMOUS
    scope: str = "hc:read"
    buckets: tuple[Bucket, ...] = ("help_center",)
    forgiving: bool = False


def _help_center() -> list[Endpoint]:
    lists = paging.PARAMS | SORTED
    found = [
        Endpoint(
            f"{HELP_CENTER}/incremental/articles.json", help_center.incremental, frozenset({"start_time"}), Role.AGENT
        ),
        Endpoint(f"{HELP_CENTER}/locales.json", help_center.locales),
        Endpoint(
            f"{HELP_CENTER}/user_segments.json", help_center.user_segments, paging.PARAMS | {"built_in"}, Role.AGENT
        ),
        Endpoint("/api/v2/guide/content_tags", help_center.content_tags, paging.CURSOR, Role.AGENT),
    ]
    for root in (HELP_CENTER, f"{HELP_CENTER}/{{locale}}"):
        one = f"{root}/articles/{{id:int}}"
        found += [
            Endpoint(f"{root}/categories.json", help_center.categories, lists),
            Endpoint(f"{root}/sections.json", help_center.sections, lists),
            Endpoint(f"{root}/categories/{{id:int}}/sections", help_center.sections, lists),
            Endpoint(f"{root}/categories/{{id:int}}/sections.json", help_center.sections, lists),
            Endpoint(f"{root}/articles.json", help_center.articles, lists | {"include"}),
            Endpoint(f"{one}.json", help_center.article, frozenset({"include"})),
            Endpoint(f"{one}/attachments.json", help_center.attachments, paging.PARAMS),
            Endpoint(f"{one}/attachments/{{kind}}.json", help_center.attachments, paging.PARAMS),
        ]
    known = paging.PARAMS | {"locales", "draft", "outdated"}
    found.append(Endpoint(f"{HELP_CENTER}/articles/{{id:int}}/translations.json", help_center.translations, known))
    return found


def _support() -> list[Endpoint]:
    lists = paging.PARAMS | SORTED | {"sort"}
    root, shown = "/api/v2", frozenset({"ids"})
    export: tuple[Bucket, ...] = ("account", "incremental_exports")
    return [
        Endpoint(f"{root}/users/me.json", support.me, scope="users:read", buckets=ACCOUNT, forgiving=True),
        Endpoint(f"{root}/users/show_many.json", support.show_many_users, shown, Role.AGENT, "users:read", ACCOUNT),
        Endpoint(f"{root}/tickets.json", support.tickets, lists, Role.AGENT, TICKETS, ("account", "tickets_index")),
        Endpoint(f"{root}/tickets/show_many.json", support.show_many_tickets, shown, Role.AGENT, TICKETS, ACCOUNT),
        Endpoint(f"{root}/tickets/{{id:int}}.json", support.ticket, frozenset(), Role.AGENT, TICKETS, ACCOUNT),
        Endpoint(
            f"{root}/tickets/{{id:int}}/comments.json",
            support.comments,
            lists | {"include", "include_inline_images"},
            Role.AGENT,
            TICKETS,
            ACCOUNT,
        ),
        Endpoint(
            f"{root}/deleted_tickets.json",
            support.deleted_tickets,
            paging.PARAMS,
            Role.AGENT,
            TICKETS,
            ("account", "deleted_tickets"),
        ),
        Endpoint(
            f"{root}/incremental/tickets/cursor.json",
            exports.tickets,
            frozenset({"start_time", "cursor", "per_page", "include", "exclude_deleted", "support_type_scope"}),
            Role.ADMIN,
            TICKETS,
            export,
        ),
        Endpoint(
            f"{root}/incremental/ticket_events.json",
            exports.ticket_events,
            frozenset({"start_time", "include"}),
            Role.ADMIN,
            TICKETS,
            export,
        ),
    ]


ENDPOINTS = [(compile_path(endpoint.path), endpoint) for endpoint in (*_help_center(), *_support())]


class App:
    """Serves one brand; the main brand's app also serves the account: tickets, users and tokens."""

    def __init__(self, world: World, brand: Brand, credentials: Credentials, limits: Limits) -> None:
        self.world = world
        self.brand = brand
        self.credentials = credentials
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        headers: dict[str, str] = {}
        try:
            answer = await self._answer(http, headers)
        except Problem as problem:
            answer = problem.answer
        content = json.dumps(answer.body).encode() if answer.content is None else answer.content
        sent = {"content-type": "application/json; charset=utf-8", **headers, **answer.headers}
        if self.world.dated:
            sent["date"] = formatdate(self.world.clock(), usegmt=True)
        await Response(content, answer.status, sent)(scope, receive, send)

    async def _answer(self, http: HttpRequest, headers: dict[str, str]) -> Answer:
        path = http.url.path
        if path == "/oauth/tokens" and http.method == "POST" and self.brand.name == MAIN:
            return self.credentials.exchange(http.headers.get("content-type", ""), await http.body())
        if path.startswith("/hc/") and http.method == "GET":
            return pages.page(self._visit(http))
        endpoint, place = self._endpoint(http.method, path)
        headers |= self.limits.take(endpoint.buckets, self.world.clock)
        caller = self._caller(endpoint, http.headers.get("authorization", ""))
        self._admit(endpoint, caller)
        return endpoint.answer(self._read(http, endpoint, place, caller.role))

    def _endpoint(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """Return the endpoint of the path. Raises 404 for a path nobody serves, 415 for one without its `.json`."""
        for candidate in (path, f"{path}.json"):
            for (pattern, _, _), endpoint in ENDPOINTS:
                match = pattern.match(candidate)
                if match and method == "GET" and self._serves(endpoint):
                    if candidate != path:
                        raise answers.unsupported_media_type()
                    return endpoint, match.groupdict()
        raise answers.invalid_endpoint()

    def _serves(self, endpoint: Endpoint) -> bool:
        if "help_center" in endpoint.buckets:
            return self.brand.enabled
        return self.brand.name == MAIN

    def _caller(self, endpoint: Endpoint, authorization: str) -> Caller:
        try:
            return self.credentials.identify(authorization)
        except Problem:
            if endpoint.forgiving and authorization.startswith("Basic "):
                return Caller(Role.ANONYMOUS)
            raise

    def _admit(self, endpoint: Endpoint, caller: Caller) -> None:
        """Raise 401 or 403 unless the caller may ask this."""
        if caller.role is Role.ANONYMOUS and (endpoint.least > Role.ANONYMOUS or self.brand.access == "refused"):
            raise answers.unauthenticated()
        if caller.role < endpoint.least or not caller.may(endpoint.scope):
            raise answers.forbidden()
        if self.world.guide_only and endpoint.scope == TICKETS:
            raise Problem(403, {"error": "SupportProductInactive"})

    def _read(self, http: HttpRequest, endpoint: Endpoint, place: dict[str, str], role: Role) -> Request:
        params = http.query_params.multi_items()
        names = [name for name, _ in params]
        unknown = sorted(set(names) - endpoint.params)
        if unknown or len(set(names)) < len(names):
            raise answers.bad_request("InvalidParameter", f"unknown or repeated parameters: {unknown or names}")
        return Request(self.world, self.brand, _origin(http), http.url.path, place, dict(params), role)

    def _visit(self, http: HttpRequest) -> Request:
        """A browser's request for a page of the help center."""
        if not self.brand.enabled:
            raise answers.invalid_endpoint()
        caller = self.credentials.identify(http.headers.get("authorization", ""))
        return Request(self.world, self.brand, _origin(http), http.url.path, {}, {}, caller.role)


def _origin(http: HttpRequest) -> str:
    return f"{http.url.scheme}://{http.url.netloc}"
