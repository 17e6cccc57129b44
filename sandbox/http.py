"""What fakes share at the wire: endpoints found by their path, parameters checked, answers and refusals sent.

A fake is a table of endpoints, and a function that puts a request through its vendor's checks in the vendor's order:

ENDPOINTS = Endpoints([Endpoint("/api/pages/{id:int}", page, needs=SIGNED_IN, params=frozenset({"format"}))])

async def answer(http: HttpRequest) -> Answer:
    endpoint, place = ENDPOINTS.find(http.method, http.url.path) or refuse(no_such_endpoint())
    caller = admit(endpoint.needs, credentials(http))
    return endpoint.answer(request_of(http, ...))

app = App(answer, lambda http: date_header(clock))
"""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Generic, NoReturn, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

Json = dict[str, Any]
WorldT = TypeVar("WorldT")
CallerT = TypeVar("CallerT")
RequestT = TypeVar("RequestT")
AnswerT = TypeVar("AnswerT")
NeedsT = TypeVar("NeedsT")

EVENT_STREAM: Mapping[str, str] = {"content-type": "text/event-stream; charset=utf-8"}
ANY = "*"
"""The method of an endpoint that looks at the method itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response before it is sent; `content` instead of `body` where it is not JSON: bytes, or a stream of text."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | AsyncIterator[str] | None = None


class Problem(Exception):
    """An answer that refuses, raised wherever the reason is noticed."""

    def __init__(
        self,
        status: int,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> None:
        super().__init__(f"{status} {body}")
        self.answer = Answer(body or {}, status, headers or {}, content)


def refuse(problem: Problem) -> NoReturn:
    raise problem


@dataclass(frozen=True)
class Endpoint(Generic[RequestT, AnswerT, NeedsT]):
    """One path with its method, and every parameter that it knows. `needs`: what the vendor asks of a caller here."""

    path: str
    answer: Callable[[RequestT], AnswerT]
    needs: NeedsT
    params: frozenset[str] = frozenset()
    method: str = "GET"


class Endpoints(Generic[RequestT, AnswerT, NeedsT]):
    """A routing table. The first endpoint whose path and method match is the one."""

    def __init__(self, endpoints: Iterable[Endpoint[RequestT, AnswerT, NeedsT]]) -> None:
        self._table = [(compile_path(endpoint.path)[0], endpoint) for endpoint in endpoints]

    def find(self, method: str, path: str) -> tuple[Endpoint[RequestT, AnswerT, NeedsT], dict[str, str]] | None:
        """Return the endpoint, and what the path names; None where there is none."""
        for pattern, endpoint in self._table:
            if endpoint.method in (method, ANY) and (match := pattern.match(path)):
                return endpoint, match.groupdict()
        return None

    def knows(self, path: str) -> bool:
        """Whether the path is answered with any method."""
        return any(pattern.match(path) for pattern, _ in self._table)


@dataclass(frozen=True)
class Request(Generic[WorldT, CallerT]):
    """A request that passed its checks, as an endpoint reads it.

    `caller`: who asks. `origin`: the address that the path stands below, without a slash at its end. `place`: what the
    path names. `invalid` refuses a parameter in the vendor's words, given its name, its value and what was expected.
    """

    world: WorldT
    caller: CallerT
    origin: str
    path: str
    place: Mapping[str, str]
    params: Mapping[str, str]
    invalid: Callable[[str, str | None, str], Problem]
    body: bytes = b""

    @property
    def id(self) -> int:
        return int(self.place["id"])

    def link(self, params: Mapping[str, str]) -> str:
        """This request's address with other parameters."""
        return f"{self.origin}{self.path}?{urlencode(params)}"

    def text(self, name: str) -> str:
        """Return the parameter, empty where it is absent."""
        return self.params.get(name, "")

    def one_of(self, name: str, allowed: Iterable[str]) -> str | None:
        """Return the parameter, None where it is absent. Refuses any other value."""
        value = self.params.get(name)
        if value is not None and value not in allowed:
            raise self.invalid(name, value, f"one of {', '.join(allowed)}")
        return value

    def several_of(self, name: str, allowed: Iterable[str], default: frozenset[str] = frozenset()) -> frozenset[str]:
        """Return the comma-separated values. Refuses any that is not allowed."""
        text = self.params.get(name)
        if text is None:
            return default
        values = frozenset(text.split(","))
        if not values <= set(allowed):
            raise self.invalid(name, text, f"any of {', '.join(sorted(allowed))}")
        return values

    def flag(self, name: str) -> bool | None:
        """Return the parameter, None where it is absent. Refuses what is neither true nor false."""
        value = self.one_of(name, ("true", "false"))
        return None if value is None else value == "true"

    def number(self, name: str, default: int | None, largest: int | None = None, least: int = 1) -> int:
        """Return a whole number between `least` and `largest`. Refuses others, and its absence without a default."""
        value = self.params.get(name)
        if value is None and default is not None:
            return default
        digits = value if value is not None and value.isascii() and value.isdigit() else "-1"
        if int(digits) < least or (largest is not None and int(digits) > largest):
            raise self.invalid(name, value, f"a whole number from {least}" + (f" to {largest}" if largest else ""))
        return int(digits)


@dataclass(frozen=True, slots=True)
class App:
    """The ASGI app of a fake. `headers` go with every answer that has none of its own by the same name."""

    answer: Callable[[HttpRequest], Awaitable[Answer]]
    headers: Callable[[HttpRequest], Mapping[str, str]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            answer = await self.answer(http)
        except Problem as problem:
            answer = problem.answer
        headers = {"content-type": "application/json; charset=utf-8", **self.headers(http), **answer.headers}
        await _response(answer, headers)(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST of an event to a webhook: send `body` unchanged, a signature in the headers covers its bytes."""

    headers: dict[str, str]
    body: bytes = b""
    address: str = ""


def origin_of(http: HttpRequest) -> str:
    return f"{http.url.scheme}://{http.url.netloc}"


def known_params(
    pairs: list[tuple[str, str]], known: frozenset[str], refusal: Callable[[list[str]], Problem]
) -> dict[str, str]:
    """Return parameters by name. Refuses them by name where one is unknown or comes twice."""
    names = [name for name, _ in pairs]
    unknown = sorted(set(names) - known)
    if unknown or len(set(names)) < len(names):
        raise refusal(unknown or names)
    return dict(pairs)


def credentials(http: HttpRequest) -> tuple[str, str]:
    """Return the scheme and what it carries, for Basic `user:password`; both empty where the header proves nothing."""
    scheme, _, value = http.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return scheme, value
    try:
        return scheme, base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""


def json_object(body: bytes, otherwise: Problem) -> Json:
    """Return the JSON object that the body is. Raises `otherwise` for anything else."""
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise otherwise from error
    if not isinstance(parsed, dict):
        raise otherwise
    return parsed


def opaque(place: Any) -> str:
    """Return a cursor that hides a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def opened(cursor: str, otherwise: Problem) -> Any:
    """Return what `opaque` hid. Raises `otherwise` for a cursor that is not one."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except ValueError as error:  # not ASCII, not base64 or not JSON
        raise otherwise from error


def date_header(clock: Callable[[], float]) -> dict[str, str]:
    return {"date": formatdate(clock(), usegmt=True)}


def _response(answer: Answer, headers: Mapping[str, str]) -> Response:
    if answer.content is None:
        return Response(json.dumps(answer.body), answer.status, headers)
    if isinstance(answer.content, bytes):
        return Response(answer.content, answer.status, headers)
    return StreamingResponse(answer.content, answer.status, headers)
