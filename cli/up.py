"""up: the whole of it on one machine, as one process tree around the state in data_dir.

This process stays small: it reads the configuration in a child, and serves, syncs and connects to nothing itself.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from cli import config as configuration
from cli import embedded, output
from cli.listener import LISTENING_VARIABLE, Address
from cli.supervise import NotStarted, Spec, StartProcess, Supervisor
from sync.errors import Misconfigured, SyncError

log = structlog.get_logger()

BROKER = "broker"
WORKER_GRACE = 8.5
API_GRACE = 6.0
BROKER_GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Essentials:
    """What the configuration says about the processes themselves."""

    data_dir: Path
    address: Address
    has_broker: bool
    sources: int


def run(path: Path, start: StartProcess = subprocess.Popen) -> None:
    """Keep everything running until SIGTERM or SIGINT. Raises Misconfigured, and NotStarted for what does not start."""
    path = path.absolute()
    essentials = checked(path)
    with ExitStack() as stack:
        stack.enter_context(embedded.held(essentials.data_dir, str(essentials.address)))
        listening = stack.enter_context(essentials.address.listen())
        os.environ[LISTENING_VARIABLE] = str(listening.fileno())
        if not essentials.has_broker and embedded.stop_leftover(essentials.data_dir):
            log.warning("leftover_broker_stopped", data_dir=str(essentials.data_dir))
        everything = [
            Spec("worker", _command("worker", path, "--with-schedule"), WORKER_GRACE),
            Spec("api", _command("api", path), API_GRACE, files=(listening.fileno(),)),
        ]
        keep(path, essentials, everything, start)


def checked(path: Path) -> Essentials:
    """Read the configuration with all its sources, in a child that is gone afterwards. Raises Misconfigured."""
    listening, telling = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_check(path, telling))
    os.close(telling)
    with os.fdopen(listening, encoding="utf-8") as pipe:
        said = json.loads(pipe.read() or '{"error": "the configuration could not be read"}')
    os.waitpid(child, 0)
    if error := said.get("error"):
        raise Misconfigured(error)
    return Essentials(Path(said["data_dir"]), Address(said["host"], said["port"]), said["has_broker"], said["sources"])


def _check(path: Path, telling: int) -> int:
    """Runs in the child: what it imports is not in our memory."""
    try:
        from connectors import CONNECTORS

        config = configuration.load(path, os.environ, CONNECTORS)
        said: dict[str, str | int | bool] = {
            "data_dir": str(config.general.data_dir),
            "host": config.server.host,
            "port": config.server.port,
            "has_broker": config.general.redis_url is not None,
            "sources": len(config.sources),
        }
    except SyncError as error:
        said = {"error": str(error)}
    os.write(telling, json.dumps(said).encode())
    return 0


def keep(
    path: Path, essentials: Essentials, everything: Sequence[Spec], start: StartProcess = subprocess.Popen
) -> None:
    """Keep the processes, and the broker they need. Raises NotStarted.

    A broker that refuses what it kept starts anew without it; another process that does not start is no fault of its.
    """
    first = [] if essentials.has_broker else [_broker(essentials.data_dir)]

    def say_ready() -> None:
        where = essentials.address
        output.say(f"answerwell is ready: {where} · health {where}/readyz · {_sources(essentials)}")

    def may_reload() -> bool:
        try:
            checked(path)
        except Misconfigured as error:
            log.warning("configuration_refused", error=str(error), fix="correct it and send SIGHUP again")
            return False
        return True

    try:
        Supervisor(first, everything, reloading=may_reload, start=start).run(say_ready)
    except NotStarted as failure:
        if failure.process != BROKER or not failure.refused:
            raise
        aside = embedded.set_broker_aside(essentials.data_dir)
        log.warning("broker_started_anew", kept=str(aside), why="what it kept could not be read; no work is lost by it")
        Supervisor(first, everything, reloading=may_reload, start=start).run(say_ready)


def _broker(data_dir: Path) -> Spec:
    return Spec(
        BROKER,
        lambda: embedded.broker_command(data_dir),
        BROKER_GRACE,
        probe=lambda: embedded.broker_url(data_dir) is not None,
        reason=f"its log is {embedded.broker_log(data_dir)}",
    )


def _command(name: str, path: Path, *options: str) -> Callable[[], Sequence[str]]:
    return lambda: [sys.executable, "-m", "cli.main", name, "--config", str(path), *options]


def _sources(essentials: Essentials) -> str:
    return f"{essentials.sources} source{'' if essentials.sources == 1 else 's'}"
