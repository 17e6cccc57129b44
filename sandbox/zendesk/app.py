"""The app of one brand: a table of endpoints, and the checks that every request passes in order."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request as HttpRequest

from sandbox import http
from sandbox.http import Answer, Endpoint, Endpoints, Problem
from sandbox.zendesk import answers, exports, help_center, pages, paging, support
from sandbox.zendesk.limits import Bucket, Buckets
from sandbox.zendesk.oauth import Caller, Credentials
from sandbox.zendesk.records import MAIN, Account, Brand, Role
from sandbox.zendesk.request import Request, Visit, invalid

HELP_CENTER = "/api/v2/help_center"
TICKETS = "tickets:read"
SORTED = frozenset({"sort_by", "sort_order"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask (`least`, with a token for `scope`), and the buckets that a call is taken from.

    `forgiving`: wrong Basic credentials make the caller anonymous here, where every other path answers 401.
    """

    least: Role = Role.ANONYMOUS
    scope: str = "hc:read"
    buckets: tuple[Bucket, ...] = ("help_center",)
    forgiving: bool = False


VISITORS, AGENTS = Access(), Access(Role.AGENT)
ANYBODY = Access(scope="users:read", buckets=("account",), forgiving=True)
USERS = Access(Role.AGENT, "users:read", ("account",))
SUPPORT = Access(Role.AGENT, TICKETS, ("account",))
INDEX = Access(Role.AGENT, TICKETS, ("account", "tickets_index"))
DELETED = Access(Role.AGENT, TICKETS, ("account", "deleted_tickets"))
EXPORT = Access(Role.ADMIN, TICKETS, ("account", "incremental_exports"))

Row = Endpoint[Request, Answer, Access]


def _help_center() -> list[Row]:
    lists = paging.PARAMS | SORTED
    found = [
        Row(f"{HELP_CENTER}/incremental/articles.json", help_center.incremental, AGENTS, frozenset({"start_time"})),
        Row(f"{HELP_CENTER}/locales.json", help_center.locales, VISITORS),
        Row(f"{HELP_CENTER}/user_segments.json", help_center.user_segments, AGENTS, paging.PARAMS | {"built_in"}),
        Row("/api/v2/guide/content_tags", help_center.content_tags, AGENTS, paging.CURSOR),
    ]
    for root in (HELP_CENTER, f"{HELP_CENTER}/{{locale}}"):
        one = f"{root}/articles/{{id:int}}"
        found += [
            Row(f"{root}/categories.json", help_center.categories, VISITORS, lists),
            Row(f"{root}/sections.json", help_center.sections, VISITORS, lists),
            Row(f"{root}/categories/{{id:int}}/sections", help_center.sections, VISITORS, lists),
            Row(f"{root}/categories/{{id:int}}/sections.json", help_center.sections, VISITORS, lists),
            Row(f"{root}/articles.json", help_center.articles, VISITORS, lists | {"include"}),
            Row(f"{one}.json", help_center.article, VISITORS, frozenset({"include"})),
            Row(f"{one}/attachments.json", help_center.attachments, VISITORS, paging.PARAMS),
            Row(f"{one}/attachments/{{kind}}.json", help_center.attachments, VISITORS, paging.PARAMS),
        ]
    known = paging.PARAMS | {"locales", "draft", "outdated"}
    one = f"{HELP_CENTER}/articles/{{id:int}}"
    return [*found, Row(f"{one}/translations.json", help_center.translations, VISITORS, known)]


def _support() -> list[Row]:
    lists = paging.PARAMS | SORTED | {"sort"}
    root, shown = "/api/v2", frozenset({"ids"})
    events = frozenset({"start_time", "include"})
    tickets = events | {"cursor", "per_page", "exclude_deleted", "support_type_scope"}
    comments = lists | {"include", "include_inline_images"}
    return [
        Row(f"{root}/users/me.json", support.me, ANYBODY),
        Row(f"{root}/users/show_many.json", support.show_many_users, USERS, shown),
        Row(f"{root}/tags.json", support.tags, SUPPORT, paging.PARAMS),
        Row(f"{root}/groups.json", support.groups, SUPPORT, paging.PARAMS),
        Row(f"{root}/ticket_fields.json", support.ticket_fields, SUPPORT, paging.PARAMS),
        Row(f"{root}/macros/active.json", support.macros, SUPPORT, paging.PARAMS),
        Row(f"{root}/tickets.json", support.tickets, INDEX, lists),
        Row(f"{root}/tickets/show_many.json", support.show_many_tickets, SUPPORT, shown),
        Row(f"{root}/tickets/{{id:int}}.json", support.ticket, SUPPORT),
        Row(f"{root}/tickets/{{id:int}}/comments.json", support.comments, SUPPORT, comments),
        Row(f"{root}/deleted_tickets.json", support.deleted_tickets, DELETED, paging.PARAMS),
        Row(f"{root}/incremental/tickets/cursor.json", exports.tickets, EXPORT, tickets),
        Row(f"{root}/incremental/ticket_events.json", exports.ticket_events, EXPORT, events),
    ]


ENDPOINTS = Endpoints([*_help_center(), *_support()])


class BrandHost:
    """Serves one brand; the main brand's host also serves the account: tickets, users and tokens."""

    def __init__(self, world: Account, brand: Brand, credentials: Credentials, limits: Buckets) -> None:
        self.world = world
        self.brand = brand
        self.credentials = credentials
        self.limits = limits
        self.app = http.App(self._answer, self._headers)

    async def _answer(self, asked: HttpRequest) -> Answer:
        path = asked.url.path
        if path == "/oauth/tokens" and asked.method == "POST" and self.brand.name == MAIN:
            return self.credentials.exchange(asked.headers.get("content-type", ""), await asked.body())
        if path.startswith("/hc/") and asked.method == "GET":
            return pages.page(self._visit(asked))
        if path.startswith("/attachments/token/") and asked.method == "GET" and self.brand.name == MAIN:
            return pages.ticket_file(self._request(asked, self.credentials.identify(asked).role, {}, {}))
        endpoint, place = self._endpoint(asked.method, path)
        asked.state.limits = self.limits.take(endpoint.needs.buckets, self.world.clock)
        caller = self._caller(endpoint.needs, asked)
        self._admit(endpoint.needs, caller)
        params = http.known_params(asked.query_params.multi_items(), endpoint.params, _unknown)
        return endpoint.answer(self._request(asked, caller.role, place, params))

    def _headers(self, asked: HttpRequest) -> Mapping[str, str]:
        limits: Mapping[str, str] = getattr(asked.state, "limits", {})
        return limits if not self.world.dated else {**limits, **http.date_header(self.world.clock)}

    def _endpoint(self, method: str, path: str) -> tuple[Row, dict[str, str]]:
        """Return the endpoint of the path. Raises 404 for an unknown path, 415 for one without its `.json`."""
        for candidate in (path, f"{path}.json"):
            found = ENDPOINTS.find(method, candidate)
            if found and self._serves(found[0].needs):
                if candidate != path:
                    raise answers.unsupported_media_type()
                return found
        raise answers.invalid_endpoint()

    def _serves(self, needs: Access) -> bool:
        return self.brand.enabled if "help_center" in needs.buckets else self.brand.name == MAIN

    def _caller(self, needs: Access, asked: HttpRequest) -> Caller:
        try:
            return self.credentials.identify(asked)
        except Problem:
            if needs.forgiving and asked.headers["authorization"].startswith("Basic "):
                return Caller(Role.ANONYMOUS)
            raise

    def _admit(self, needs: Access, caller: Caller) -> None:
        """Raise 401 or 403 unless the caller may ask this."""
        if caller.role is Role.ANONYMOUS and (needs.least > Role.ANONYMOUS or self.brand.access == "refused"):
            raise answers.unauthenticated()
        if caller.role < needs.least or not caller.may(needs.scope):
            raise answers.forbidden()
        if self.world.guide_only and needs.scope == TICKETS:
            raise Problem(403, {"error": "SupportProductInactive"})

    def _visit(self, asked: HttpRequest) -> Request:
        """A browser's request for a page of the help center."""
        if not self.brand.enabled:
            raise answers.invalid_endpoint()
        return self._request(asked, self.credentials.identify(asked).role, {}, {})

    def _request(self, asked: HttpRequest, role: Role, place: Mapping[str, str], params: Mapping[str, str]) -> Request:
        visit = Visit(self.brand, role)
        return Request(self.world, visit, http.origin_of(asked), asked.url.path, place, params, invalid)


def _unknown(names: list[str]) -> Problem:
    return answers.bad_request("InvalidParameter", f"unknown or repeated parameters: {names}")
