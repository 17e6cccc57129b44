"""Reload: on SIGHUP the configuration is read anew and put in use; what only a restart changes is said."""

from collections.abc import Callable
from pathlib import Path

import structlog

from cli import wiring
from cli.config import Config
from sync.errors import SyncError

log = structlog.get_logger()


class Reload:
    """Reads the configuration again, at each call; one with mistakes is refused, and the old one goes on."""

    def __init__(self, path: Path, started_with: Config, use: Callable[[Config], None]) -> None:
        self._path = path
        self._started_with = started_with
        self._use = use

    def __call__(self) -> None:
        try:
            fresh = wiring.read(self._path)
            self._use(fresh)
        except SyncError as error:
            log.warning("configuration_refused", error=str(error), fix="correct it and send SIGHUP again")
            return
        log.info("configuration_reloaded", sources=len(fresh.sources), **as_at_the_start(fresh))
        if changed := needing_restart(self._started_with, fresh):
            log.warning("restart_needed", settings=changed, fix="restart: these are read at the start alone")


def as_at_the_start(config: Config) -> dict[str, object]:
    """What a reload could not read anew: a process keeps the environment that it was started with."""
    names = sorted(f"${name}" for name in config.variables)
    fix = "restart for other values, or name files: NAME_FILE is read at each reload"
    return {"as_at_the_start": names, "fix": fix} if names else {}


def needing_restart(before: Config, after: Config) -> list[str]:
    """The settings that differ and are read at the start of a process alone."""
    read_once = {
        "data_dir": (before.general.data_dir, after.general.data_dir),
        "database_url": (before.general.database_url, after.general.database_url),
        "redis_url": (before.general.redis_url, after.general.redis_url),
        "[server] host": (before.server.host, after.server.host),
        "[server] port": (before.server.port, after.server.port),
        "[server] internal_port": (before.server.internal_port, after.server.internal_port),
        "[server] trusted_proxies": (before.server.trusted_proxies, after.server.trusted_proxies),
    }
    return [name for name, (was, now) in read_once.items() if was != now]
