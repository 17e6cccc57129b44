"""Exposure: operators' pages are shown on this machine, on a port of their own, or to a token; never to the public."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from session_api.access.lockout import Lockout, locked_out
from session_api.access.rate_limit import address_of
from session_api.errors import ApiError

METRICS = "/metrics"
DESCRIPTION = frozenset({"/docs", "/openapi.json"})
INTERNAL = DESCRIPTION | {METRICS, "/healthz", "/readyz"}
"""What the internal port answers."""


@dataclass(frozen=True)
class Exposure:
    """How far the service reaches. `public`: others than this machine reach it.

    `internal_port`: operators' pages are there alone. `metrics_tokens`: what a scraper must send, one of them. `docs`:
    whether the API's description is shown on the main port. `demo`: whether the demo page is.
    """

    public: bool = False
    internal_port: int | None = None
    metrics_tokens: Sequence[str] = field(default=(), repr=False)
    docs: bool = True
    demo: bool = True

    @property
    def asks_for_token(self) -> bool:
        """Whether `/metrics` is shown to whoever has its token."""
        return bool(self.metrics_tokens) and self.internal_port is None

    def refusal(self, path: str, port: int | None, authorization: str) -> ApiError | None:
        """Why a call for the path is refused that reached us at this port; None: it is not."""
        if self.internal_port is not None and port == self.internal_port:
            return None if path in INTERNAL else _elsewhere(path, "This port has operators' pages alone.")
        if path == METRICS or path in DESCRIPTION:
            if self.internal_port is not None:
                return _elsewhere(path, "It is on internal_port alone, see [server].")
            return self._of_metrics(authorization) if path == METRICS else self._of_description(path)
        return None

    def _of_metrics(self, authorization: str) -> ApiError | None:
        if self.metrics_tokens:
            scheme, _, given = authorization.partition(" ")
            right = any(hmac.compare_digest(given.strip().encode(), token.encode()) for token in self.metrics_tokens)
            if right and scheme.casefold() == "bearer":
                return None
            fix = "Send Authorization: Bearer with metrics_token of [server]."
            return ApiError(401, "token_invalid", "Metrics need their token.", fix)
        if not self.public:
            return None
        fix = "Set metrics_token or internal_port under [server]."
        return ApiError(403, "metrics_closed", "Metrics are not shown where everybody can reach them.", fix)

    def _of_description(self, path: str) -> ApiError | None:
        return None if self.docs else _elsewhere(path, "Set docs = true or internal_port under [server].")


class ExposureGate:
    """Answers what is refused, before anything else of the application is asked; who guesses is locked out."""

    def __init__(
        self, app: ASGIApp, *, exposure: Exposure, lockout: Lockout, trusted_proxies: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._exposure = exposure
        self._lockout = lockout
        self._trusted = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            port = (scope.get("server") or (None, None))[1]
            authorization = Headers(scope=scope).get("authorization", "")
            refused = self._exposure.refusal(scope["path"], port, authorization)
            if scope["path"] == METRICS and self._exposure.asks_for_token:
                refused = self._counted(refused, address_of(scope, self._trusted), guessed=bool(authorization))
            if refused:
                await refused.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _counted(self, refused: ApiError | None, address: str, *, guessed: bool) -> ApiError | None:
        """Return why the call is refused, and note whether its token was right."""
        if wait := self._lockout.wait(address):
            return locked_out(wait)
        if refused is None:
            self._lockout.right(address)
        elif guessed:
            self._lockout.wrong(address)
        return refused


def _elsewhere(path: str, fix: str) -> ApiError:
    return ApiError(404, "not_shown_here", f"{path} is not shown here.", fix)
