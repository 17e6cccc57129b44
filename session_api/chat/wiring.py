"""Puts the parts of the chat together: what the application is given to serve the widget."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI
from redis.asyncio import Redis

from answering.answers import Answering
from answering.blocking import BlockingPool
from answering.events import Model
from answering.moderation import Moderation
from answering.openai_client import Client
from answering.settings import ChatSettings, EdgeSettings
from session_api.access import diagnose, sessions
from session_api.access.cors import Edge
from session_api.access.hosted import HostedSessions, Trouble
from session_api.access.identity import Identity
from session_api.access.identity_keys import read_keys
from session_api.access.origins import Origins
from session_api.access.rate_limit import Limits
from session_api.access.request_guard import RequestGuard
from session_api.access.tokens import Tokens
from session_api.chat import routes as chat
from session_api.chat.retention import Upkeep
from session_api.chat.store import VisitorStore
from session_api.lazy import Lazy
from sync.state.database import State

if TYPE_CHECKING:
    from session_api.chat.conversation import Conversation


@dataclass(frozen=True)
class ChatServices:
    """What answering customers needs. `secret`: what tokens are signed from; the same on every host.

    `model` is called once, in a thread, when the first visitor comes.
    """

    settings: ChatSettings
    edge: EdgeSettings
    secret: str = field(repr=False)
    model: Callable[[], Model]
    client: Client
    counters: Redis | None = None

    def install(self, app: FastAPI, state: State) -> None:
        """Add the widget's endpoints to the application. Raises ValueError for an identity key that is none."""
        threads = BlockingPool()
        origins = Origins(self.edge)
        door = RequestGuard(
            state=state,
            settings=self.settings,
            edge=self.edge,
            origins=origins,
            tokens=Tokens(self.secret, state.installation, state.clock),
            identity=Identity(read_keys(self.edge.identity_keys), _audiences(self.edge), state.clock),
            threads=threads,
            limits=Limits(self.edge.rates, self.counters),
        )
        trouble = Trouble()
        hosted = None
        if self.settings.hosted is not None:
            hosted = HostedSessions(self.client, self.settings.hosted, state, threads, trouble)
            hosted.warn()
            app.state.closing.append(hosted.close)
        store = VisitorStore(state, threads)
        conversation = Lazy(lambda: self._conversation(store, state, threads))
        upkeep = Upkeep(state, threads, self.settings.retention)
        app.include_router(sessions.router(door, hosted, upkeep=upkeep.look, prepare=conversation.prepare))
        app.include_router(chat.router(door, conversation, store))
        app.include_router(diagnose.router(door, trouble))
        app.add_middleware(Edge, origins=origins)
        app.state.closing[:0] = [threads.close, self.client.close, door.limits.close]

    def _conversation(self, store: VisitorStore, state: State, threads: BlockingPool) -> "Conversation":
        from session_api.chat.conversation import Conversation

        moderation = Moderation(self.client) if self.settings.moderation else None
        return Conversation(Answering(state, self.settings, self.model(), threads), store, moderation)


def _audiences(edge: EdgeSettings) -> tuple[str, ...]:
    return tuple(filter(None, (edge.identity_audience, edge.public_url)))
