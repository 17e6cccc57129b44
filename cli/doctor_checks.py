"""What `doctor` finds out about everything but the sources."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import redis

from cli import chat as answering
from cli import model_checks, wiring
from cli.config import Config
from connectors import CONNECTORS
from connectors.check import Finding, Level
from session_api import check
from sync.errors import Misconfigured, SyncError
from sync.model import StoreId
from workers import broker as brokers

if TYPE_CHECKING:
    from sync.vector_store.index import OpenAIIndex


LEVELS = {"error": Level.PROBLEM, "warning": Level.WARNING, "info": Level.OK}


def configuration(config: Config) -> Iterator[Finding]:
    yield Finding(Level.OK, f"{config.path}: no mistakes")
    if not config.sources:
        yield Finding(Level.WARNING, "there is no [[source]]", "add one; `answerwell init` writes an example")


def state(config: Config) -> Iterator[Finding]:
    """Whether the state database opens and can be written to."""
    try:
        with wiring.opened(config) as opened:
            opened.register({source.common.name: source.common.kind for source in config.sources})
    except SyncError as error:
        yield Finding(Level.PROBLEM, "the state database cannot be used", str(error))
        return
    yield Finding(Level.OK, f"the state database can be written to; this installation is {opened.installation}")


def broker(config: Config) -> Iterator[Finding]:
    if config.general.redis_url is None:
        yield Finding(Level.OK, "no redis_url: limits are kept by each process for itself")
        return
    try:
        client = brokers.broker(config.general.redis_url.get_secret_value()).client()
    except Misconfigured as error:
        yield problem("redis_url cannot be used", error)
        return
    try:
        client.ping()
        policy = _eviction(client)
    except redis.RedisError as error:
        yield Finding(
            Level.PROBLEM, f"Redis does not answer ({type(error).__name__})", "check redis_url, and that it is up"
        )
        return
    finally:
        client.close()
    yield Finding(Level.OK, "Redis answers")
    if policy not in {"noeviction", ""}:
        yield Finding(
            Level.WARNING, f"Redis may evict what it holds (maxmemory-policy {policy})", "set it to noeviction"
        )


def chat(config: Config, today: date) -> Iterator[Finding]:
    """How customers are answered, and who may ask."""
    settings = answering.chat_settings(config)
    for level, what, fix in check.findings(settings, config.widget, config.server, today):
        yield Finding(LEVELS[level], what, fix)
    yield from model_checks.findings(config)


def staff(config: Config) -> Iterator[Finding]:
    """Whether staff can be answered: from an index for them, by a page of theirs, with keys that nobody guesses."""
    if config.staff is None:
        return
    audiences = next(index.audiences for index in config.indexes if index.name == config.staff.index)
    synced = config.staff.index in _stores(config)
    for level, what, fix in check.staff_findings(config.staff, audiences, synced=synced):
        yield Finding(LEVELS[level], what, fix)


def openai(config: Config) -> Iterator[Finding]:
    """Whether the key is good for files and vector stores, and every live or bound store is there."""
    try:
        index = wiring.index_alone(config)
        next(index.uploads(), None)
    except SyncError as error:
        yield problem("OpenAI's files are not reachable", error)
        return
    yield Finding(Level.OK, "the key may list files")
    for name, store in _stores(config).items():
        yield _store(index, name, store)
    yield from _outdated(config)


def desks(config: Config, now: datetime) -> Iterator[tuple[str, Finding]]:
    """Whether the help desks whose conversations are kept show them, each with its name."""
    wanted = config.helpdesk.source if config.helpdesk else ()
    for source in config.sources:
        if source.common.name not in wanted:
            continue
        try:
            desk = CONNECTORS[source.common.kind].desk(source.settings)
            desk.vocabulary()
            desk.conversations(None, now - timedelta(days=1))
        except SyncError as error:
            yield source.common.name, problem("its past conversations are not readable", error)
        else:
            yield source.common.name, Finding(Level.OK, "its past conversations are readable")


def _outdated(config: Config) -> Iterator[Finding]:
    """Indexes whose settings say something else than what searches use."""
    try:
        outdated = wiring.outdated(config)
    except SyncError:
        return  # what is wrong with the state is a finding of its own
    for name, why in outdated.items():
        yield Finding(Level.WARNING, f"index {name!r}: {why}", f"`answerwell reindex {name}` fills a new store")


def _stores(config: Config) -> dict[str, StoreId]:
    try:
        return wiring.live_stores(config)
    except SyncError:
        return wiring.bound_stores(config)  # what is wrong with the state is a finding of its own


def _store(index: "OpenAIIndex", name: str, store: StoreId) -> Finding:
    try:
        wrong = index.store_problem(store)
    except SyncError as error:
        return problem(f"index {name!r}: its vector store {store} cannot be read", error)
    if wrong:
        fix = f"`answerwell reindex {name}` fills a new one; where it is bound, correct vector_store_id first"
        return Finding(Level.PROBLEM, f"index {name!r}: its vector store {store} {wrong}", fix)
    return Finding(Level.OK, f"index {name!r}: its vector store {store} is there")


def problem(what: str, error: SyncError) -> Finding:
    """The finding for a call that failed; a configuration error already says its fix."""
    fix = str(error) if isinstance(error, Misconfigured) else f"{error}; if it stays, check the network and the address"
    return Finding(Level.PROBLEM, what, fix)


def _eviction(client: redis.Redis) -> str:
    """What Redis does when its memory is full; "" where it does not tell."""
    try:
        told = client.info("memory")
    except redis.ResponseError:
        return ""
    return str(told.get("maxmemory_policy", "")) if isinstance(told, dict) and told.get("maxmemory") else ""
