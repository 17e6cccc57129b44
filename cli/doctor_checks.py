"""What `doctor` finds out about everything but the sources."""

from collections.abc import Iterator
from datetime import date

import redis

from cli import chat as answering
from cli import wiring
from cli.config import Config
from connectors.check import Finding, Level
from session_api import check
from sync.errors import Misconfigured, SyncError
from workers import broker as brokers


def configuration(config: Config) -> Iterator[Finding]:
    yield Finding(Level.OK, f"{config.path}: no mistakes")
    if not config.sources:
        yield Finding(Level.WARNING, "there is no [[source]]", "add one; `answerwell init` writes an example")


def state(config: Config) -> Iterator[Finding]:
    """Whether the state database opens and can be written to."""
    try:
        opened = wiring.open_state(config)
    except SyncError as error:
        yield problem("the state database does not open", error)
        return
    yield Finding(Level.OK, f"the state database opens; this installation is {opened.installation}")
    opened.close()


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
    except redis.RedisError as error:
        yield Finding(
            Level.PROBLEM, f"Redis does not answer ({type(error).__name__})", "check redis_url, and that it is up"
        )
        return
    finally:
        client.close()
    yield Finding(Level.OK, "Redis answers")


def chat(config: Config, today: date) -> Iterator[Finding]:
    """How customers are answered, and who may ask."""
    levels = {"error": Level.PROBLEM, "warning": Level.WARNING, "info": Level.OK}
    settings = answering.chat_settings(config)
    for level, what, fix in check.findings(settings, config.widget, config.server, today):
        yield Finding(levels[level], what, fix)


def openai(config: Config) -> Iterator[Finding]:
    """Whether the key is good for files and vector stores, and every bound store is there."""
    try:
        with wiring.running(config) as engine:
            next(engine.index.uploads(), None)
            yield Finding(Level.OK, "the key may list files")
            for index in engine.indexes.values():
                if index.bound is not None:
                    next(engine.index.files(index.bound), None)
                    yield Finding(Level.OK, f"index {index.name!r}: its vector store {index.bound} is there")
    except SyncError as error:
        yield problem("OpenAI's files or vector stores are not reachable", error)


def problem(what: str, error: SyncError) -> Finding:
    """The finding for something that failed; a configuration error already says its fix."""
    fix = str(error) if isinstance(error, Misconfigured) else f"{error}; if it stays, check the network and the address"
    return Finding(Level.PROBLEM, what, fix)
