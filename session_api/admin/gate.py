"""Admin gate: under `/api/admin` nothing of a call is read before its token is right; who guesses is locked out."""

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_api.access.lockout import Lockout, locked_out
from session_api.access.rate_limit import address_of
from session_api.errors import ApiError

PREFIX = "/api/admin"


class AdminGate:
    """Middleware. `tokens` are those that are right; none: the admin API is off. Its answers are never cached."""

    def __init__(
        self, app: ASGIApp, *, tokens: Sequence[str], lockout: Lockout, trusted_proxies: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._tokens = [token.encode() for token in tokens]
        self._lockout = lockout
        self._trusted = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return

        async def unkept(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["cache-control"] = "no-store"
            await send(message)

        refusal = self._refusal(scope)
        await (refusal.response() if refusal else self._app)(scope, receive, unkept)

    def _refusal(self, scope: Scope) -> ApiError | None:
        if not self._tokens:
            fix = 'Set token = "$ANSWERWELL_ADMIN_TOKEN" under [admin], and restart.'
            return ApiError(403, "admin_off", "The admin API is off.", fix)
        address = address_of(scope, self._trusted)
        if wait := self._lockout.wait(address):
            return locked_out(wait)
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        token = given.strip().encode("latin-1", "replace") if scheme.casefold() == "bearer" else b""
        if any(hmac.compare_digest(token, right) for right in self._tokens):
            self._lockout.right(address)
            return None
        if token:
            self._lockout.wrong(address)
        return ApiError(401, "token_invalid", "This is not the admin token.", "Send Authorization: Bearer TOKEN.")
