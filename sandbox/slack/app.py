"""The ASGI app of a workspace: a table of methods, and the checks that every call passes in order."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import parse_qsl

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.slack import conversations, people
from sandbox.slack.answers import Answer, Problem
from sandbox.slack.limits import Limits
from sandbox.slack.records import World
from sandbox.slack.request import Request

FILE = re.compile(r"/files-pri/T\w+-(?P<id>F\w+)/(?:download/)?[^/]+")
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in to Acme | Slack</title></head><body>Sign in</body></html>"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Method:
    """What answers, and every argument that it knows; `posted`: it changes something and takes no GET."""

    answer: Callable[[Request], Answer]
    arguments: frozenset[str] = frozenset()
    posted: bool = False


LIST = frozenset({"cursor", "limit", "team_id"})
SPAN = frozenset({"channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"})
METHODS = {
    "auth.test": Method(people.auth_test),
    "bots.info": Method(people.bots_info, frozenset({"bot", "team_id"})),
    "conversations.history": Method(conversations.history, SPAN),
    "conversations.join": Method(conversations.join, frozenset({"channel"}), posted=True),
    "conversations.list": Method(conversations.list_, LIST | {"exclude_archived", "types"}),
    "conversations.replies": Method(conversations.replies, SPAN | {"ts"}),
    "files.info": Method(people.files_info, frozenset({"file", "cursor", "limit", "count", "page"})),
    "team.info": Method(people.team_info, frozenset({"team"})),
    "usergroups.list": Method(
        people.usergroups_list, frozenset({"include_count", "include_disabled", "include_users", "team_id"})
    ),
    "users.info": Method(people.users_info, frozenset({"user", "include_locale"})),
    "users.list": Method(people.users_list, LIST | {"include_locale"}),
}


class App:
    """Serves `/api/<method>` and the files' private addresses."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            answer = await self._answer(http)
        except Problem as problem:
            answer = problem.answer
        content = json.dumps(answer.body).encode() if answer.content is None else answer.content
        sent = {"content-type": "application/json; charset=utf-8", **answer.headers}
        if http.url.path.startswith("/api/"):
            sent["x-oauth-scopes"] = ",".join(sorted(self.world.scopes))
        if self.world.dated:
            sent["date"] = formatdate(self.world.clock(), usegmt=True)
        await Response(content, answer.status, sent)(scope, receive, send)

    async def _answer(self, http: HttpRequest) -> Answer:
        if match := FILE.fullmatch(http.url.path):
            return self._file(match["id"], http.headers.get("authorization", ""))
        name = http.url.path.removeprefix("/api/")
        method = METHODS.get(name)
        if method is None or name == http.url.path:
            raise Problem("unknown_method", req_method=name)
        self._admit(http.headers.get("authorization", ""))
        self.limits.take(name, self.world.clock)
        if self.world.error:
            raise Problem(self.world.error)
        return method.answer(Request(self.world, _origin(http), await _arguments(http, method)))

    def _admit(self, authorization: str) -> None:
        if not authorization:
            raise Problem("not_authed")
        if authorization != f"Bearer {self.world.token}":
            raise Problem("invalid_auth")
        if self.world.disabled:
            raise Problem("account_inactive")

    def _file(self, id: str, authorization: str) -> Answer:  # noqa: A002  the vendor's own name
        """A file's bytes; whoever may not have them gets the page to sign in, with status 200."""
        file = self.world.files.get(id)
        if file is None:
            return Answer(status=404, content=b"not found", headers={"content-type": "text/html"})
        if authorization != f"Bearer {self.world.token}" or "files:read" not in self.world.scopes:
            return Answer(content=LOGIN_PAGE, headers={"content-type": "text/html; charset=utf-8"})
        if file.redirect:
            return Answer(status=302, content=b"", headers={"location": file.redirect})
        return Answer(content=file.content, headers={"content-type": file.mimetype})


async def _arguments(http: HttpRequest, method: Method) -> dict[str, str]:
    """The arguments of a GET or of a posted form. Raises for unknown and repeated ones, and for JSON."""
    pairs = http.query_params.multi_items()
    if http.method == "POST":
        kind = http.headers.get("content-type", FORM).partition(";")[0]
        body = await http.body()
        if body and kind != FORM:
            raise Problem("invalid_post_type")
        pairs += parse_qsl(body.decode(), keep_blank_values=True)
    elif http.method != "GET" or method.posted:
        raise Problem("invalid_request_method")
    names = [name for name, _ in pairs]
    unknown = sorted(set(names) - method.arguments)
    if unknown or len(set(names)) < len(names):
        raise Problem("invalid_arguments", response_metadata={"messages": [f"[ERROR] unknown or repeated: {unknown}"]})
    return dict(pairs)


def _origin(http: HttpRequest) -> str:
    return f"{http.url.scheme}://{http.url.netloc}"
