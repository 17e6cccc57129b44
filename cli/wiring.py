"""The one place where a configuration becomes an engine."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cli import config as configuration
from cli import embedded
from cli.config import Config, SourceConfig
from cli.state_schema import SCHEMAS
from connectors import CONNECTORS
from sync.config import Inventory, KnowledgeIndex, Source
from sync.errors import Misconfigured, Retryable
from sync.metrics import COUNTERS
from sync.model import Chunking, ComparesListings, KeepsPush, ListsAudiences, StoreId
from sync.state import counters, queries
from sync.state.database import CONNECTIONS, State

if TYPE_CHECKING:
    import openai

    from connectors.http.rate_limit import QuotaStore
    from sync.engine import Engine
    from sync.pipeline.turn import Stop
    from sync.rate_limit import Rate, RateLimiter
    from sync.vector_store.index import OpenAIIndex
    from workers.broker import Broker

STATE_FILE = "answerwell.db"
BY_THE_SCHEDULE = timedelta(days=36_500)


def read(path: Path) -> Config:
    """Read the configuration file with this process's environment. Raises Misconfigured."""
    return configuration.load(path, os.environ, CONNECTORS)


def inventory(config: Config) -> Inventory:
    """What is configured; nothing is connected to."""
    kinds = {source.common.name: source.common.kind for source in config.sources}
    return Inventory(kinds, {index.name: index for index in _indexes(config)})


@contextmanager
def opened(config: Config, connections: int = CONNECTIONS) -> Iterator[State]:
    """Open the state while the block runs; what it counted is written at its end. Raises Misconfigured."""
    state = open_state(config, connections)
    try:
        yield state
        with suppress(Retryable):
            counters.flush(state, COUNTERS)
    finally:
        state.close()


@contextmanager
def running(config: Config, stop: "Stop | None" = None, connections: int = CONNECTIONS) -> "Iterator[Engine]":
    """Open the state and yield an engine over it. Raises Misconfigured."""
    with opened(config, connections) as state:
        yield engine(config, state, stop)


@contextmanager
def searching(config: Config) -> "Iterator[Engine]":
    """Open the state and yield an engine that knows the indexes and no source. Raises Misconfigured."""
    with opened(config) as state:
        yield searcher(config, state)


def searcher(config: Config, state: State) -> "Engine":
    """Return an engine over an open state that knows the indexes and no source."""
    return _engine(config, state)


def open_state(config: Config, connections: int = CONNECTIONS) -> State:
    """Open the state database, making and migrating it where needed. Raises Misconfigured."""
    return State.open(database(config), connections=connections, schemas=SCHEMAS)


def engine(config: Config, state: State, stop: "Stop | None" = None) -> "Engine":
    """Return an engine over an open state; `stop` asks its turns to end."""
    return _engine(config, state, stop, config.sources)


def broker_of(config: Config) -> "Broker | None":
    """The broker that workers use: the configured one, or the private one of an `answerwell up` that runs."""
    redis = config.general.redis_url
    url = redis.get_secret_value() if redis else embedded.broker_url(config.general.data_dir)
    if not url:
        return None
    from workers.broker import broker

    return broker(url)


def needed_broker(config: Config) -> "Broker":
    """The broker that workers use. Raises Misconfigured where there is none."""
    if found := broker_of(config):
        return found
    raise Misconfigured(
        f"{config.path}: redis_url is missing; set it to your Redis, or use `answerwell up`, which brings a broker"
    )


def database(config: Config) -> str:
    """The URL of the state database; its folder is made when it is a file in data_dir."""
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


def client(config: Config) -> "openai.OpenAI":
    """Return the client for the configured server."""
    from sync.vector_store.client import connect

    section = config.openai
    return connect(
        section.api_key.get_secret_value(),
        base_url=section.base_url,
        organization=section.organization,
        project=section.project,
    )


def index_alone(config: Config) -> "OpenAIIndex":
    """The index without a state and without Redis, to look at: what it is asked is no part of any installation."""
    from sync.pipeline.turn import Stop

    return _index(config, "", None, Stop())


def live_stores(config: Config) -> dict[str, StoreId]:
    """The store of each index that searches use, or that it is bound to. Raises Misconfigured."""
    with opened(config) as state:
        live = {index.name: queries.active(state, index.name) for index in config.indexes}
    stores = {name: generation.store for name, generation in live.items() if generation and generation.store}
    return {**bound_stores(config), **stores}


def outdated(config: Config) -> dict[str, str]:
    """The indexes whose settings differ from the store that searches use, each with how. Raises Misconfigured."""
    from sync.pipeline import generations

    with opened(config) as state:
        return generations.outdated(state, inventory(config).indexes.values())


def bound_stores(config: Config) -> dict[str, StoreId]:
    return {index.name: StoreId(index.vector_store_id) for index in config.indexes if index.vector_store_id}


def _engine(config: Config, state: State, stop: "Stop | None" = None, sources: Sequence[SourceConfig] = ()) -> "Engine":
    from sync.engine import Concurrency, Engine
    from sync.pipeline.turn import Stop

    stop = stop or Stop()
    shared = broker_of(config)
    return Engine(
        state,
        _index(config, state.installation, shared, stop),
        _sources(sources, shared),
        _indexes(config),
        concurrency=Concurrency(batch_size=config.openai.batch_size),
        stop=stop,
    )


def _index(config: Config, installation: str, shared: "Broker | None", stop: "Stop") -> "OpenAIIndex":
    from sync.rate_limit import Rate
    from sync.vector_store.index import ATTACHES, OpenAIIndex

    section = config.openai
    limiter = _limiters(config, shared, stop)
    uploads = Rate(section.uploads_per_minute)
    return OpenAIIndex(
        client(config),
        installation=installation,
        uploads=limiter("uploads", uploads),
        attaches=limiter("attaches", ATTACHES),
        volume=limiter("volume", Rate(max(2 * uploads.limit, section.batch_size))),
        batch_size=section.batch_size,
        sleep=stop.sleep,
    )


def _limiters(config: Config, shared: "Broker | None", stop: "Stop") -> "Callable[[str, Rate], RateLimiter]":
    """Limiters for this process, or through Redis for every process that uses the same key."""
    from sync.rate_limit import LocalLimiter, RedisLimiter

    def waiting(name: str) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            COUNTERS.count("rate_limit_wait_seconds", seconds, limit=f"openai {name}")
            stop.sleep(seconds)

        return sleep

    if shared is None:
        return lambda name, rate: LocalLimiter(rate, sleep=waiting(name))
    client = shared.client()
    owner = hashlib.sha256(config.openai.api_key.get_secret_value().encode()).hexdigest()[:12]
    return lambda name, rate: RedisLimiter(client, f"answerwell:pace:{owner}:{name}", rate, sleep=waiting(name))


def _sources(configured: Sequence[SourceConfig], shared: "Broker | None") -> list[Source]:
    if not configured:
        return []
    from connectors.http.rate_limit import LocalQuotas, RedisQuotas

    allowances = LocalQuotas() if shared is None else RedisQuotas(shared.client())
    return [_source(source, allowances) for source in configured]


def _source(source: SourceConfig, allowances: "QuotaStore") -> Source:
    connector = CONNECTORS[source.common.kind].connect(source.settings, allowances=allowances)
    return Source(
        name=source.common.name,
        kind=source.common.kind,
        connector=connector,
        snapshot_every=_period(source.common.snapshot_every),
        store_content=source.common.store_content,
        audiences=connector.audiences if isinstance(connector, ListsAudiences) else None,
        audience_every=source.common.audience_every,
        changes_after=connector.changes_after if isinstance(connector, ComparesListings) else None,
        push=connector.keep_push if isinstance(connector, KeepsPush) else None,
    )


def _period(rhythm: timedelta | str) -> timedelta:
    """A cron expression is the schedule's: the engine then never lists everything of its own accord."""
    return rhythm if isinstance(rhythm, timedelta) else BY_THE_SCHEDULE


def _indexes(config: Config) -> list[KnowledgeIndex]:
    return [
        KnowledgeIndex(
            name=index.name,
            audiences=frozenset(index.audiences),
            bound=StoreId(index.vector_store_id) if index.vector_store_id else None,
            chunking=Chunking(index.chunk_tokens, index.chunk_overlap),
            keep_previous=index.keep_previous,
            search_unmanaged=index.search_unmanaged,
            questions=config.path.absolute().parent / index.questions.expanduser() if index.questions else None,
            least_recall=index.least_recall,
        )
        for index in config.indexes
    ]
