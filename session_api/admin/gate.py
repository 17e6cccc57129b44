"""Admin gate: under `/api/admin` nothing of a call is read before its token is right; who guesses is locked out."""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_api.access.rate_limit import address_of
from session_api.errors import ApiError

PREFIX = "/api/admin"
MAX_WRONG = 20
FORGET_AFTER = 600.0
FIRST_LOCK = 60.0
LONGEST_LOCK = 3600.0
MAX_ADDRESSES = 10_000

log = structlog.get_logger()


@dataclass(slots=True)
class _Guesses:
    """Of one address: wrong tokens since the last lock and when the last came; locks so far and until when it lasts."""

    wrong: int = 0
    last: float = 0.0
    locks: int = 0
    until: float = 0.0


class Lockout:
    """Locks an address out after 20 wrong tokens, each within ten minutes of the one before.

    It lasts a minute, and twice as long each time, up to an hour; the right token ends the count, not the lock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, addresses: int = MAX_ADDRESSES) -> None:
        self._clock = clock
        self._most = addresses
        self._guesses: OrderedDict[str, _Guesses] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return for how many seconds the address stays locked out; 0 where it is not."""
        guesses = self._guesses.get(address)
        return max(0.0, guesses.until - self._clock()) if guesses else 0.0

    def wrong(self, address: str) -> None:
        """Count a wrong token. Logs the first one, and each lock."""
        guesses = self._guesses.setdefault(address, _Guesses())
        self._guesses.move_to_end(address)
        while len(self._guesses) > self._most:
            self._guesses.popitem(last=False)
        now = self._clock()
        guesses.wrong = guesses.wrong + 1 if now - guesses.last < FORGET_AFTER else 1
        guesses.last = now
        if guesses.wrong == 1 and not guesses.locks:
            log.warning("admin_token_refused", address=address)
        if guesses.wrong >= MAX_WRONG:
            seconds = min(LONGEST_LOCK, FIRST_LOCK * 2**guesses.locks)
            guesses.wrong, guesses.locks, guesses.until = 0, guesses.locks + 1, now + seconds
            log.warning("admin_locked_out", address=address, seconds=seconds, wrong_tokens=MAX_WRONG)

    def right(self, address: str) -> None:
        """Forget what the address guessed."""
        self._guesses.pop(address, None)


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
            return ApiError(
                429, "locked_out", "This address sent too many wrong tokens.",
                "Wait, or use the command line; the log names the address.", after=timedelta(seconds=wait),
            )  # fmt: skip
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        token = given.strip().encode("latin-1", "replace") if scheme.casefold() == "bearer" else b""
        if any(hmac.compare_digest(token, right) for right in self._tokens):
            self._lockout.right(address)
            return None
        if token:
            self._lockout.wrong(address)
        return ApiError(401, "token_invalid", "This is not the admin token.", "Send Authorization: Bearer TOKEN.")
