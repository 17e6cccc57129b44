"""Wiring of the chat: what the application is given to serve the widget, and how its parts hold together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI
from redis.asyncio import Redis

from answering.blocking import BlockingPool
from answering.scope import CustomerIndex, StaffIndex
from session_api.access import claims, diagnose, sessions
from session_api.access.cors import CorsMiddleware
from session_api.access.diagnose import DiagnosisService
from session_api.access.identity import Identity
from session_api.access.identity_keys import read_keys
from session_api.access.latest_failure import LatestFailure
from session_api.access.origins import Origins
from session_api.access.rate_limit import VisitorLimits
from session_api.access.request_guard import RequestGuard
from session_api.access.sessions import SessionService
from session_api.access.settings import EmbeddingSettings, ServerSettings, StaffSettings
from session_api.access.staff import StaffIdentity
from session_api.access.tokens import Tokens
from session_api.chat import routes
from session_api.chat.routes import ChatService
from session_api.chat.settings import ChatSettings
from session_api.chat.upkeep import Upkeep, chores
from session_api.lazy import Lazy
from sync.state.database import State

if TYPE_CHECKING:  # loaded once the server is ready: OpenAI's libraries take as long as all the rest
    from answering.services import AnsweringServices
    from session_api.access.hosted import HostedSessions
    from session_api.chat.protocol import ChatProtocol


@dataclass(frozen=True)
class ChatServices:
    """What answering customers needs. `secrets`: what tokens are signed from, the first one; the same on every host.

    `answering` is called in a thread, once the server is ready. `index` holds public documents only.
    """

    settings: ChatSettings
    embedding: EmbeddingSettings
    server: ServerSettings
    secrets: Sequence[str] = field(repr=False)
    answering: "Callable[[], AnsweringServices]"
    index: CustomerIndex
    counters: Redis | None = None

    def install(self, app: FastAPI, state: State, *, domain_key: bool) -> None:
        """Add the widget's endpoints to the application. `domain_key`: whether OpenAI's element has one."""
        pool, failure = BlockingPool(), LatestFailure()
        guard = self._guard(state, pool)
        hosted = self._hosted(state, pool, failure)
        app.state.diagnosis = DiagnosisService(guard, failure, hosted=hosted is not None, domain_key=domain_key)
        _install(app, guard, self.settings, self.answering, self.index, hosted)
        if hosted is not None:
            app.state.closing.append(hosted.close)

    def _guard(self, state: State, pool: BlockingPool) -> RequestGuard:
        keys = {kid: key.get_secret_value() for kid, key in self.embedding.identity_keys.items()}
        audiences = tuple(filter(None, (self.embedding.identity_audience, self.server.public_url)))
        return RequestGuard(
            state=state,
            index=self.index.name,
            embedding=self.embedding,
            server=self.server,
            origins=Origins(self.embedding, self.server),
            tokens=Tokens(self.secrets, state.installation, state.clock),
            identity=Identity(read_keys(keys), audiences, state.clock),
            pool=pool,
            limits=VisitorLimits(self.embedding.rates, self.counters),
        )

    def _hosted(self, state: State, pool: BlockingPool, failure: LatestFailure) -> "HostedSessions | None":
        if not self.settings.hosted:
            return None
        from session_api.access.hosted import HostedSessions

        hosted = HostedSessions(self.answering().client, self.settings, state, pool, failure)
        hosted.warn()
        return hosted


@dataclass(frozen=True)
class StaffServices:
    """What answering staff needs, from an index with internal documents. Nothing of it is shared with customers' but
    the model: keys, tokens, origins, visitors and records are apart.
    """

    settings: ChatSettings
    staff: StaffSettings
    server: ServerSettings
    secrets: Sequence[str] = field(repr=False)
    answering: "Callable[[], AnsweringServices]"
    index: StaffIndex
    counters: Redis | None = None

    def install(self, app: FastAPI, state: State, below: str) -> None:
        """Add the staff's endpoints to an application of their own, which stands below that path."""
        embedding = self.staff.embedding
        keys = {kid: key.get_secret_value() for kid, key in embedding.identity_keys.items()}
        identity = Identity(read_keys(keys), (embedding.identity_audience,), state.clock, table="staff")
        guard = RequestGuard(
            state=state,
            index=self.index.name,
            embedding=embedding,
            server=self.server,
            origins=Origins(embedding, self.server, table="staff"),
            tokens=Tokens(self.secrets, f"{state.installation}:staff", state.clock),
            identity=StaffIdentity(identity, frozenset(self.staff.groups)),
            pool=BlockingPool(),
            limits=VisitorLimits(embedding.rates, self.counters),
            below=below,
        )
        app.state.diagnosis = DiagnosisService(guard, LatestFailure(), hosted=False, domain_key=False)
        _install(app, guard, self.settings, self.answering, self.index, hosted=None)


def _install(
    app: FastAPI,
    guard: RequestGuard,
    settings: ChatSettings,
    answering: "Callable[[], AnsweringServices]",
    index: CustomerIndex | StaffIndex,
    hosted: "HostedSessions | None",
) -> None:
    state, pool = guard.state, guard.pool

    def protocol() -> "ChatProtocol":
        from session_api.chat.conversation import ThreadServer
        from session_api.chat.protocol import ChatProtocol
        from session_api.chat.store import VisitorStore

        store = VisitorStore(state, pool)
        conversation = ThreadServer(answering().make(state, pool), store, settings, index)
        return ChatProtocol(guard, settings, conversation, store)

    prepared = Lazy(protocol)
    upkeep = Upkeep(state, pool, chores(state, settings.retention))
    app.state.sessions = SessionService(guard, hosted, upkeep.start_if_due, prepared.prepare)
    app.state.chat = ChatService(guard, prepared)
    for router in (sessions.router, claims.router, routes.router, diagnose.router):
        app.include_router(router)
    app.add_middleware(CorsMiddleware, origins=guard.origins)
    app.state.preparing.append(prepared.prepare)
    app.state.closing[:0] = [pool.close, guard.limits.close]
