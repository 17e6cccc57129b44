"""`answerwell` as real processes: started, watched by what they say and by what they answer, and ended in many ways."""

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import httpx2

from sync.state.database import State
from tests.cli.killing import Truth, damage
from tests.cli.kit import Company, launch

TOKEN = "operators-only"
PATIENCE = 300.0  # only a fault exhausts it, however busy the machine is
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
PORTS = range(20_000, 32_000)  # below those that systems give to outgoing connections
STRETCH = 100

_ports_asked = itertools.count()


class Running:
    """A command that runs; `said` is what it wrote to standard error so far, line by line."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self.said: list[str] = []
        self.http = httpx2.Client(base_url=url, timeout=30, limits=httpx2.Limits(max_keepalive_connections=0))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.said.append(line.rstrip())

    def until_said(self, pattern: str, times: int = 1) -> str:
        """Wait for a line that matches, the n-th of them, and return it."""
        found: list[str] = []

        def heard() -> bool:
            found[:] = [line for line in self.said if re.search(pattern, line)]
            assert self.process.poll() is None or len(found) >= times, "\n".join(self.said)
            return len(found) >= times

        eventually(heard, self.story)
        return found[times - 1]

    def get(self, path: str, **asked: Any) -> Any:
        return self.http.get(path, headers=AUTHORIZED, **asked).raise_for_status().json()

    def post(self, path: str, content: Any = None) -> Any:
        answer = self.http.post(path, headers={**AUTHORIZED, "X-Operator": "ada"}, json=content)
        return answer.raise_for_status().json()

    def answers(self) -> bool:
        """Whether it says that it is ready."""
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx2.RequestError:
            return False

    def followed(self, run: str) -> Any:
        """The run once it is over."""
        seen: dict[str, Any] = {}

        def over() -> bool:
            seen.update(self.get(f"/api/admin/runs/{run}"))
            return seen["state"] in {"done", "failed"}

        eventually(over, lambda: f"{seen}\n{self.story()}")
        return seen

    def story(self) -> str:
        """What it said, and what it says of itself now: for who has to find out why something did not happen."""
        try:
            status = json.dumps(self.get("/api/admin/status"), indent=1)
        except httpx2.HTTPError as error:
            status = f"no status: {error!r}"
        return "\n".join([*self.said, status])

    def child(self, name: str) -> int:
        """The process id of the child of that name: worker, api or broker."""
        sign = {"worker": " cli.main worker ", "api": " cli.main api ", "broker": "valkey-server "}[name]
        return next(pid for pid, command in children(self.process.pid).items() if sign in command)

    def kill_child(self, name: str) -> int:
        pid = self.child(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self) -> None:
        """Close what is read from; once nobody writes there any more."""
        self.http.close()
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self, how: int = signal.SIGTERM) -> float:
        """Ask it to end; returns the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return time.monotonic() - began


@contextlib.contextmanager
def up(acme: Company, *, afresh: bool = False, **environ: str) -> Iterator[Running]:
    """`answerwell up`, ready; ended with everything it started when the block ends. `afresh`: see `launch`."""
    with started(acme, "up", afresh=afresh, **environ) as running:
        running.until_said("answerwell is ready")
        yield running


@contextlib.contextmanager
def started(acme: Company, *arguments: str, afresh: bool = False, **environ: str) -> Iterator[Running]:
    """A command in the company's folder; its port is made free and written down first. `afresh`: see `launch`."""
    process = launch(acme.folder, *arguments, afresh=afresh, **{**acme.environ, **environ})
    running = Running(process, url_of(acme))
    try:
        yield running
    finally:
        family = [process.pid, *children(process.pid)]
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        eventually(lambda: not any(map(alive, family)), lambda: f"left behind: {family}")
        running.end()


def serve_on_a_free_port(acme: Company) -> None:
    """Give the company a port of its own, and an admin token."""
    acme.configure(f'every = "1h"\n[admin]\ntoken = "{TOKEN}"\n[server]\nport = {free_port()}\n')


def free_port() -> int:
    """A port that nobody listens on now, and that no connection is given as its own meanwhile.

    Processes that run at the same time look in stretches of their own.
    """
    for _ in range(STRETCH):
        port = PORTS[(os.getpid() * STRETCH + next(_ports_asked)) % len(PORTS)]
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"{STRETCH} ports were tried, and all are taken")


def url_of(acme: Company) -> str:
    found = re.search(r"^port = (\d+)", acme.config.read_text("utf-8"), re.MULTILINE)
    return f"http://127.0.0.1:{found[1]}" if found else ""


@contextlib.contextmanager
def state_of(acme: Company) -> Iterator[State]:
    """The state that the running processes use."""
    state = State.open(f"sqlite:///{acme.folder / 'data' / 'answerwell.db'}")
    try:
        yield state
    finally:
        state.close()


def children(pid: int) -> dict[int, str]:
    """Every process below this one, with its command line."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in read(task).split():
            command = read(Path(f"/proc/{child}/cmdline")).replace("\0", " ")
            found |= {int(child): command} | children(int(child))
    return found


def alive(pid: int) -> bool:
    status = read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return bool(status) and status[0] not in {"Z", "X"}


def read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def eventually(condition: Callable[[], bool], told: Callable[[], str] = lambda: "", patience: float = PATIENCE) -> None:
    """Look again and again until it is so; fail with what is told after a patience that only a fault exhausts."""
    tick = threading.Event()
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, f"it did not happen within {patience:.0f} s\n{told()}"
        tick.wait(0.05)


def synced(running: Running, truth: Truth) -> None:
    """Wait until the stores hold exactly what the help center does, and nothing besides."""

    def as_it_should_be() -> bool:
        return len(truth.company.openai.stores()) == 2 and not any(astuple(damage(truth)))

    eventually(as_it_should_be, lambda: f"{damage(truth)}\n{running.story()}")
