"""Request guard: every call of a widget is checked for its page, its visitor, and how often they call."""

from dataclasses import dataclass

from fastapi import Request

from answering.blocking import BlockingPool
from session_api.access.identity import Identity
from session_api.access.origins import Origins
from session_api.access.rate_limit import VisitorLimits, address_of
from session_api.access.settings import EmbeddingSettings, ServerSettings
from session_api.access.staff import StaffIdentity
from session_api.access.tokens import Session, Tokens, invalid
from session_api.errors import ApiError
from session_api.state import revocations
from session_api.state.revocations import of_visitor
from sync.state.database import State


@dataclass(frozen=True)
class RequestGuard:
    """Lets calls in, or refuses them. `index`: the one that sessions are for. `below`: the path that it stands at."""

    state: State
    index: str
    embedding: EmbeddingSettings
    server: ServerSettings
    origins: Origins
    tokens: Tokens
    identity: Identity | StaffIdentity
    pool: BlockingPool
    limits: VisitorLimits
    below: str = ""

    async def check_rate(self, request: Request, origin: str, visitor: str | None = None) -> None:
        """Count the call. Raises ApiError, 429, where there were too many."""
        address = address_of(request.scope, self.server.trusted_proxies)
        await self.limits.check(visitor=visitor, address=address, origin=origin)

    def base(self, request: Request) -> str:
        """Return the address at which browsers reach this server."""
        return (self.server.public_url or str(request.base_url).rstrip("/")) + self.below

    def origin(self, request: Request) -> str:
        """Return the page's origin. Raises ApiError, 403."""
        return self.origins.require(request.headers.get("origin"), request.scope.get("server"))

    async def session(self, request: Request) -> Session:
        """Return the session of a call. Raises ApiError: 401 for its token, 403 where the page is another one."""
        session = self.tokens.read_session(bearer(request))
        if session.index != self.index:
            raise invalid()
        if self.origin(request) != session.origin:
            raise ApiError(403, "origin_mismatch", f"The token is for {session.origin}.",
                          "Get a token for this page: POST /api/chatkit/session.")  # fmt: skip
        names = [f"session:{session.id}", *of_visitor(session.visitor)]
        if await self.pool.run(revocations.revoked, self.state, names, session.issued_at):
            raise invalid()
        return session


def bearer(request: Request) -> str:
    """Return the token of a call. Raises ApiError, 401, where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not token:
        raise ApiError(401, "token_missing", "The call carries no token.",
                      "Send Authorization: Bearer <client_secret> from POST /api/chatkit/session.")  # fmt: skip
    return token.strip()
