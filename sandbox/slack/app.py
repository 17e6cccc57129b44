"""The app of a workspace: a table of methods, and the checks that every call passes in order."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request as HttpRequest

from sandbox import http
from sandbox.http import ANY, Answer, Endpoint, Endpoints, Problem
from sandbox.slack import conversations, people
from sandbox.slack.answers import refused
from sandbox.slack.limits import Tiers
from sandbox.slack.records import Workspace
from sandbox.slack.request import Request, invalid

FILE = re.compile(r"/files-pri/T\w+-(?P<id>F\w+)/(?:download/)?[^/]+")
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in to Acme | Slack</title></head><body>Sign in</body></html>"
FORM = "application/x-www-form-urlencoded"
READS, CHANGES = False, True
"""Whether a method changes something and takes no GET."""

Row = Endpoint[Request, Answer, bool]

LIST = frozenset({"cursor", "limit", "team_id"})
SPAN = frozenset({"channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"})
FILE_PAGE = frozenset({"file", "cursor", "limit", "count", "page"})
GROUPS = frozenset({"include_count", "include_disabled", "include_users", "team_id"})
METHODS = Endpoints(
    Row(f"/api/{name}", answer, changes, arguments, ANY)
    for name, answer, changes, arguments in (
        ("auth.test", people.auth_test, READS, frozenset[str]()),
        ("bots.info", people.bots_info, READS, frozenset({"bot", "team_id"})),
        ("conversations.history", conversations.history, READS, SPAN),
        ("conversations.join", conversations.join, CHANGES, frozenset({"channel"})),
        ("conversations.list", conversations.list_, READS, LIST | {"exclude_archived", "types"}),
        ("conversations.replies", conversations.replies, READS, SPAN | {"ts"}),
        ("files.info", people.files_info, READS, FILE_PAGE),
        ("team.info", people.team_info, READS, frozenset({"team"})),
        ("usergroups.list", people.usergroups_list, READS, GROUPS),
        ("users.info", people.users_info, READS, frozenset({"user", "include_locale"})),
        ("users.list", people.users_list, READS, LIST | {"include_locale"}),
    )
)


class WebApi:
    """Serves `/api/<method>` and the files' private addresses."""

    def __init__(self, world: Workspace, limits: Tiers) -> None:
        self._world = world
        self._limits = limits
        self.app = http.App(self._answer, self._headers)

    def _headers(self, asked: HttpRequest) -> Mapping[str, str]:
        headers = http.date_header(self._world.clock) if self._world.dated else {}
        if asked.url.path.startswith("/api/"):
            headers["x-oauth-scopes"] = ",".join(sorted(self._world.scopes))
        return headers

    async def _answer(self, asked: HttpRequest) -> Answer:
        path = asked.url.path
        if match := FILE.fullmatch(path):
            return self._file(match["id"], http.credentials(asked))
        name = path.removeprefix("/api/")
        found = METHODS.find(asked.method, path)
        if found is None:
            raise refused("unknown_method", req_method=name)
        self._admit(http.credentials(asked))
        self._limits.take(name, self._world.clock)
        if self._world.error:
            raise refused(self._world.error)
        method, _ = found
        params = http.known_params(await _arguments(asked, changes=method.needs), method.params, _unknown)
        return method.answer(Request(self._world, None, http.origin_of(asked), path, {}, params, invalid))

    def _admit(self, credentials: tuple[str, str]) -> None:
        if not any(credentials):
            raise refused("not_authed")
        if credentials != ("Bearer", self._world.token):
            raise refused("invalid_auth")
        if self._world.disabled:
            raise refused("account_inactive")

    def _file(self, id: str, credentials: tuple[str, str]) -> Answer:  # noqa: A002  the vendor's own name
        """A file's bytes; a caller without access gets the sign-in page, with status 200."""
        file = self._world.files.get(id)
        if file is None:
            return Answer(status=404, content=b"not found", headers={"content-type": "text/html"})
        if credentials != ("Bearer", self._world.token) or "files:read" not in self._world.scopes:
            return Answer(content=LOGIN_PAGE, headers={"content-type": "text/html; charset=utf-8"})
        if file.redirect:
            return Answer(status=302, content=b"", headers={"location": file.redirect})
        return Answer(content=file.content, headers={"content-type": file.mimetype})


async def _arguments(asked: HttpRequest, *, changes: bool) -> list[tuple[str, str]]:
    """The arguments of a GET or of a posted form. Raises for other methods, and for JSON."""
    pairs = asked.query_params.multi_items()
    if asked.method == "POST":
        kind = asked.headers.get("content-type", FORM).partition(";")[0]
        body = await asked.body()
        if body and kind != FORM:
            raise refused("invalid_post_type")
        pairs += parse_qsl(body.decode(), keep_blank_values=True)
    elif asked.method != "GET" or changes:
        raise refused("invalid_request_method")
    return pairs


def _unknown(names: list[str]) -> Problem:
    return refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] unknown or repeated: {names}"]})
