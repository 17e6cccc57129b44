"""The ASGI app: a table of endpoints, and the checks that every request passes in order."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from sandbox.google import answers, changes, docs, drive
from sandbox.google.answers import Answer, Problem
from sandbox.google.changes import Channels
from sandbox.google.limits import Limits
from sandbox.google.oauth import Credentials
from sandbox.google.records import World
from sandbox.google.request import DOCS, DRIVE, Request, check


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path, and the vendor's name for the method that it is."""

    verb: str
    path: str
    answer: Callable[[Request], Answer]
    api: str
    resource: str
    method: str


def _endpoints(channels: Channels) -> list[Endpoint]:
    def of_drive(path: str, answer: Callable[[Request], Answer], name: str, verb: str = "GET") -> Endpoint:
        resource, _, method = name.partition(".")
        return Endpoint(verb, f"/drive/v3{path}", answer, DRIVE, resource, method)

    return [
        of_drive("/files", drive.list_files, "files.list"),
        of_drive("/files/{id}", drive.get_file, "files.get"),
        of_drive("/files/{id}/export", drive.export, "files.export"),
        of_drive("/files/{id}/permissions", drive.list_permissions, "permissions.list"),
        of_drive("/drives", drive.list_drives, "drives.list"),
        of_drive("/drives/{id}", drive.get_drive, "drives.get"),
        of_drive("/changes/startPageToken", changes.start_token, "changes.getStartPageToken"),
        of_drive("/changes", changes.list_changes, "changes.list"),
        of_drive("/changes/watch", channels.watch, "changes.watch", "POST"),
        of_drive("/channels/stop", channels.stop, "channels.stop", "POST"),
        Endpoint("GET", "/v1/documents/{id}", docs.get_document, DOCS, "documents", "get"),
    ]


class App:
    """Serves the token address, Drive, Docs and export links at one origin."""

    def __init__(self, world: World, credentials: Credentials, limits: Limits, channels: Channels) -> None:
        self.world = world
        self.credentials = credentials
        self.limits = limits
        self.endpoints = [(compile_path(endpoint.path)[0], endpoint) for endpoint in _endpoints(channels)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            answer = await self._answer(http)
        except Problem as problem:
            answer = problem.answer
        content = json.dumps(answer.body).encode() if answer.content is None else answer.content
        kind = {"content-type": "application/json; charset=UTF-8"}
        sent = kind | {"date": formatdate(self.world.clock(), usegmt=True)} | answer.headers
        await Response(content, answer.status, sent)(scope, receive, send)

    async def _answer(self, http: HttpRequest) -> Answer:
        origin = f"{http.url.scheme}://{http.url.netloc}"
        path, body = http.url.path, await http.body()
        if path == "/token" and http.method == "POST":
            return self.credentials.exchange(http.headers.get("content-type", ""), body, f"{origin}/token")
        if path in ("/export", "/exported") and http.method == "GET":
            return self._linked(http, origin)
        endpoint, place = self._endpoint(http.method, path)
        self._admit(endpoint.api, http.headers.get("authorization", ""))
        self.limits.take(endpoint.api, self.world.clock)
        params = check(http.query_params.multi_items(), endpoint.api, endpoint.resource, endpoint.method)
        return endpoint.answer(Request(self.world, origin, path, place, params, body))

    def _endpoint(self, verb: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        for pattern, endpoint in self.endpoints:
            match = pattern.match(path)
            if match and endpoint.verb == verb and not self.world.disabled:
                return endpoint, match.groupdict()
        raise Problem(404, {"error": {"code": 404, "message": "Not Found", "status": "NOT_FOUND"}})

    def _admit(self, api: str, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if not authorization and api == DRIVE:
            raise answers.unregistered()
        if scheme != "Bearer" or not self.credentials.knows(token):
            if api == DRIVE:
                raise answers.bad_token()
            message = "Request is missing required authentication credential. Expected OAuth 2 access token."
            raise answers.docs(401, "UNAUTHENTICATED", message)

    def _linked(self, http: HttpRequest, origin: str) -> Answer:
        """An export link asks who is there; what it redirects to does not, and must not be told."""
        params = dict(http.query_params.multi_items())
        request = Request(self.world, origin, http.url.path, {"id": params.get("id", "")}, params)
        authorization = http.headers.get("authorization", "")
        if http.url.path == "/exported":
            return drive.exported(request)
        self._admit(DRIVE, authorization)
        return drive.export_link(request)
