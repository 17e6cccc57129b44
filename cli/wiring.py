"""The one place where a configuration becomes an engine."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import redis

from cli import config as configuration
from cli.config import Config
from connectors import CONNECTORS
from sync import openai_index
from sync.engine import Engine, Width
from sync.errors import Misconfigured
from sync.model import Chunking, StoreId
from sync.openai_index import OpenAIIndex
from sync.pace import Local, Pacer, Rate, Shared
from sync.specs import KnowledgeIndex, Source
from sync.state import State

STATE_FILE = "answerwell.db"


def read(path: Path) -> Config:
    """Read the configuration file with this process's environment. Raises Misconfigured."""
    return configuration.load(path, os.environ, CONNECTORS)


@contextmanager
def running(config: Config) -> Iterator[Engine]:
    """Open the state and yield an engine over it. Raises Misconfigured."""
    state = open_state(config)
    try:
        yield Engine(
            state,
            _index(config, state.installation),
            _sources(config),
            _indexes(config),
            width=Width(batch=config.openai.batch_size),
        )
    finally:
        state.close()


def open_state(config: Config) -> State:
    """Return the configured state database, open. Raises Misconfigured."""
    return State.open(_database(config))


def _database(config: Config) -> str:
    if config.general.database_url:
        return config.general.database_url.get_secret_value()
    folder = config.general.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"{config.path}: data_dir {folder} cannot be made ({error.strerror}); name another"
        ) from error
    return f"sqlite:///{folder / STATE_FILE}"


def client(config: Config) -> openai.OpenAI:
    """Return the client for the configured server."""
    section = config.openai
    return openai_index.connect(
        section.api_key.get_secret_value(),
        base_url=section.base_url,
        organization=section.organization,
        project=section.project,
    )


def _index(config: Config, installation: str) -> OpenAIIndex:
    section = config.openai
    pacer = _pacers(config)
    uploads = Rate(section.uploads_per_minute)
    return OpenAIIndex(
        client(config),
        installation=installation,
        uploads=pacer("uploads", uploads),
        attaches=pacer("attaches", openai_index.ATTACHES),
        volume=pacer("volume", Rate(max(2 * uploads.limit, section.batch_size))),
        batch_size=section.batch_size,
    )


def _pacers(config: Config) -> Callable[[str, Rate], Pacer]:
    """Pacers for this process, or through Redis for every process that uses the same key."""
    if config.general.redis_url is None:
        return lambda _name, rate: Local(rate)
    shared = redis.Redis.from_url(config.general.redis_url.get_secret_value(), socket_timeout=5)
    owner = hashlib.sha256(config.openai.api_key.get_secret_value().encode()).hexdigest()[:12]
    return lambda name, rate: Shared(shared, f"answerwell:pace:{owner}:{name}", rate)


def _sources(config: Config) -> list[Source]:
    return [
        Source(
            name=source.common.name,
            kind=source.common.kind,
            connector=CONNECTORS[source.common.kind].connect(source.settings),
            snapshot_every=source.common.snapshot_every,
            store_content=source.common.store_content,
        )
        for source in config.sources
    ]


def _indexes(config: Config) -> list[KnowledgeIndex]:
    return [
        KnowledgeIndex(
            name=index.name,
            audiences=frozenset(index.audiences),
            bound=StoreId(index.vector_store_id) if index.vector_store_id else None,
            chunking=Chunking(index.chunk_tokens, index.chunk_overlap),
            keep_previous=index.keep_previous,
            search_unmanaged=index.search_unmanaged,
        )
        for index in config.indexes
    ]
