"""Google's own client as the transport: it sends each request, once, over the connections that every connector uses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from connectors.http.transport import Request, Response, Transport
from sync.log_redaction import restrain

if TYPE_CHECKING:
    import httplib2

MAX_LENGTH = 2048
"""Characters of an address; the client turns a longer GET into a POST."""


class GoogleTransport:
    """Sends through the client's low-level request, which knows nothing of retries; `wire` carries it. For threads."""

    def __init__(self, wire: Transport) -> None:
        self._wire = wire
        restrain("googleapiclient", "google", "google_auth_httplib2")

    def __call__(self, request: Request) -> Response:
        from googleapiclient.errors import HttpError  # takes long: only who calls Google waits for it
        from googleapiclient.http import HttpRequest

        call = HttpRequest(
            _Connection(self._wire, request),
            _answer,
            address(request),
            method=request.method,
            body=request.body,
            headers=dict(request.headers),
        )
        try:
            answer: Response = call.execute(num_retries=0)
        except HttpError as error:
            return _answer(error.resp, error.content)
        return answer


def address(request: Request) -> str:
    """Return the whole address, parameters included."""
    query = urlencode(dict(request.params), doseq=True)
    return f"{request.url}{'&' if '?' in request.url else '?'}{query}" if query else request.url


class _Connection:
    """What the client calls `http`: one request over our transport."""

    def __init__(self, wire: Transport, asked: Request) -> None:
        self._wire = wire
        self._asked = asked

    def request(
        self, uri: str, method: str = "GET", body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> "tuple[httplib2.Response, bytes]":
        import httplib2

        sent = body.encode() if isinstance(body, str) else body
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        answer = self._wire(Request(method, uri, {}, kept, sent, self._asked.most, self._asked.addresses))
        return httplib2.Response({**answer.headers, "status": str(answer.status)}), answer.body


def _answer(response: "httplib2.Response", content: bytes) -> Response:
    """Return the answer; one without content, by its status, is an empty object, as the client has it."""
    headers = {name: value for name, value in response.items() if name != "status"}
    return Response(response.status, headers, b"{}" if response.status == 204 else content)
