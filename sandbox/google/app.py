"""The app: a table of endpoints, and the checks that every request passes in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request as HttpRequest

from sandbox import http
from sandbox.google import answers, changes, docs, drive
from sandbox.google.changes import Channels
from sandbox.google.limits import Quotas
from sandbox.google.oauth import ServiceAccount
from sandbox.google.records import Drive
from sandbox.google.request import DOCS, DRIVE, Request, check, invalid
from sandbox.http import Answer, Endpoint, Endpoints, Problem


@dataclass(frozen=True, slots=True)
class Method:
    """The vendor's name for an endpoint, under which its description lists the parameters."""

    api: str
    resource: str
    name: str


Row = Endpoint[Request, Answer, Method]


def _endpoints(channels: Channels) -> list[Row]:
    def of_drive(path: str, answer: Callable[[Request], Answer], name: str, method: str = "GET") -> Row:
        resource, _, verb = name.partition(".")
        return Row(f"/drive/v3{path}", answer, Method(DRIVE, resource, verb), method=method)

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
        Row("/v1/documents/{id}", docs.get_document, Method(DOCS, "documents", "get")),
    ]


class DriveHost:
    """Serves the token address, Drive, Docs and export links at one origin."""

    def __init__(self, world: Drive, tokens: ServiceAccount, limits: Quotas, channels: Channels) -> None:
        self._world = world
        self._tokens = tokens
        self._limits = limits
        self._endpoints = Endpoints(_endpoints(channels))
        self.app = http.App(self._answer, self._headers)

    def _headers(self, _: HttpRequest) -> Mapping[str, str]:
        return {"content-type": "application/json; charset=UTF-8", **http.date_header(self._world.clock)}

    async def _answer(self, asked: HttpRequest) -> Answer:
        origin, path, body = http.origin_of(asked), asked.url.path, await asked.body()
        if path == "/token" and asked.method == "POST":
            return self._tokens.exchange(asked.headers.get("content-type", ""), body, f"{origin}/token")
        if path in ("/export", "/exported") and asked.method == "GET":
            return self._linked(asked)
        found = self._endpoints.find(asked.method, path)
        if found is None or self._world.disabled:
            raise Problem(404, {"error": {"code": 404, "message": "Not Found", "status": "NOT_FOUND"}})
        endpoint, place = found
        method = endpoint.needs
        self._admit(method.api, asked)
        self._limits.take(method.api, self._world.clock)
        params = check(asked.query_params.multi_items(), method.api, method.resource, method.name)
        return endpoint.answer(Request(self._world, None, origin, path, place, params, invalid, body))

    def _admit(self, api: str, asked: HttpRequest) -> None:
        scheme, token = http.credentials(asked)
        if "authorization" not in asked.headers and api == DRIVE:
            raise answers.unregistered()
        if scheme != "Bearer" or not self._tokens.knows(token):
            if api == DRIVE:
                raise answers.bad_token()
            message = "Request is missing required authentication credential. Expected OAuth 2 access token."
            raise answers.docs(401, "UNAUTHENTICATED", message)

    def _linked(self, asked: HttpRequest) -> Answer:
        """An export link asks who is there; what it redirects to does not, and must not be told."""
        params = dict(asked.query_params.multi_items())
        place = {"id": params.get("id", "")}
        request = Request(self._world, None, http.origin_of(asked), asked.url.path, place, params, invalid)
        if asked.url.path == "/exported":
            return drive.exported(request)
        self._admit(DRIVE, asked)
        return drive.export_link(request)
