"""Wiring of the chat: what the application is given to serve the widget, and how its parts hold together."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI
from redis.asyncio import Redis

from answering.blocking import BlockingPool
from answering.services import AnsweringServices
from session_api.access import diagnose, sessions
from session_api.access.cors import CorsMiddleware
from session_api.access.diagnose import DiagnosisService
from session_api.access.hosted import HostedSessions, LatestFailure
from session_api.access.identity import Identity
from session_api.access.identity_keys import read_keys
from session_api.access.origins import Origins
from session_api.access.rate_limit import VisitorLimits
from session_api.access.request_guard import RequestGuard
from session_api.access.sessions import SessionService
from session_api.access.settings import EmbeddingSettings, ServerSettings
from session_api.access.tokens import Tokens
from session_api.chat import routes
from session_api.chat.routes import ChatService
from session_api.chat.settings import ChatSettings
from session_api.chat.store import VisitorStore
from session_api.chat.upkeep import Upkeep, chores
from session_api.lazy import Lazy
from sync.state.database import State

if TYPE_CHECKING:
    from session_api.chat.conversation import Conversation


@dataclass(frozen=True)
class ChatServices:
    """What answering customers needs. `secret`: what tokens are signed from; the same on every host.

    `answering` is made once, in a thread, when the first visitor comes. `search_unmanaged`: see `[[index]]`.
    """

    settings: ChatSettings
    embedding: EmbeddingSettings
    server: ServerSettings
    secret: str = field(repr=False)
    answering: AnsweringServices
    counters: Redis | None = None
    search_unmanaged: bool = False

    def install(self, app: FastAPI, state: State, *, domain_key: bool) -> None:
        """Add the widget's endpoints to the application. `domain_key`: whether OpenAI's element has one."""
        pool, failure = BlockingPool(), LatestFailure()
        guard = self._guard(state, pool)
        hosted = self._hosted(state, pool, failure)
        store = VisitorStore(state, pool)
        conversation = Lazy(lambda: self._conversation(store, state, pool))
        upkeep = Upkeep(state, pool, chores(state, self.settings.retention))
        app.state.sessions = SessionService(guard, hosted, upkeep.start_if_due, conversation.prepare)
        app.state.chat = ChatService(guard, self.settings, conversation, store)
        app.state.diagnosis = DiagnosisService(guard, failure, hosted=hosted is not None, domain_key=domain_key)
        for router in (sessions.router, routes.router, diagnose.router):
            app.include_router(router)
        app.add_middleware(CorsMiddleware, origins=guard.origins)
        app.state.closing[:0] = [pool.close, guard.limits.close]
        if hosted is not None:
            app.state.closing.append(hosted.close)

    def _guard(self, state: State, pool: BlockingPool) -> RequestGuard:
        keys = {kid: key.get_secret_value() for kid, key in self.embedding.identity_keys.items()}
        audiences = tuple(filter(None, (self.embedding.identity_audience, self.server.public_url)))
        return RequestGuard(
            state=state,
            index=self.settings.index,
            embedding=self.embedding,
            server=self.server,
            origins=Origins(self.embedding, self.server),
            tokens=Tokens(self.secret, state.installation, state.clock),
            identity=Identity(read_keys(keys), audiences, state.clock),
            pool=pool,
            limits=VisitorLimits(self.embedding.rates, self.counters),
        )

    def _hosted(self, state: State, pool: BlockingPool, failure: LatestFailure) -> HostedSessions | None:
        if not self.settings.hosted:
            return None
        hosted = HostedSessions(self.answering.client, self.settings, state, pool, failure)
        hosted.warn()
        return hosted

    def _conversation(self, store: VisitorStore, state: State, pool: BlockingPool) -> "Conversation":
        from session_api.chat.conversation import Conversation

        answering = self.answering.make(state, pool)
        return Conversation(answering, store, self.settings, search_unmanaged=self.search_unmanaged)
