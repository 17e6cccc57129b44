"""supervise: processes that live and die together, each started again when it dies, in a fixed order at the end."""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from sync.errors import SyncError

log = structlog.get_logger()

READY_VARIABLE = "ANSWERWELL_READY_FD"
PATIENCE = 60.0  # for a child to become ready at all, on a machine that is busy
MAX_BACKOFF = 30.0
READY_BACKOFF = 2.0  # for one that had become ready: it works, and something ended it
STEADY = 60.0  # a child that lived this long starts over without a wait
PR_SET_PDEATHSIG = 1


StartProcess = Callable[..., subprocess.Popen[bytes]]
"""Starts a process; called as Popen is."""


class NotStarted(SyncError):
    """A child ended before all were ready, or was not ready in time. `refused`: it ended before it was ready itself."""

    def __init__(self, process: str, what: str, *, refused: bool = False) -> None:
        super().__init__(f"{process} {what}")
        self.process = process
        self.refused = refused


@dataclass(frozen=True)
class Spec:
    """One process to keep. `probe`: says that it is ready; without one, the child itself says so by `tell_ready`.

    `grace`: seconds from SIGTERM to SIGKILL. `reason`: where it says why it did not start.
    """

    name: str
    command: Callable[[], Sequence[str]]
    grace: float
    probe: Callable[[], bool] | None = None
    files: tuple[int, ...] = ()
    reason: str = "the reason stands above"


@dataclass
class Child:
    """A process that runs, or that waits to be started again."""

    spec: Spec
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    started: float = 0.0
    failures: int = 0
    again_at: float = 0.0
    pipe: int = -1


@dataclass
class Supervisor:
    """Keeps the children. `first` ones are ready before the others start, and are stopped last."""

    first: Sequence[Spec]
    others: Sequence[Spec]
    clock: Callable[[], float] = time.monotonic
    children: list[Child] = field(default_factory=list)
    reloading: Callable[[], bool] = lambda: True
    start: StartProcess = subprocess.Popen
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _asked: set[int] = field(default_factory=set)

    def run(self, when_ready: Callable[[], None]) -> None:
        """Start all, call `when_ready` once, and keep them until SIGTERM or SIGINT. Raises NotStarted."""
        wake = self._hear_signals()
        try:
            for specs in (self.first, self.others):
                self._start_and_wait([Child(spec) for spec in specs])
                if self._ending:
                    return
            when_ready()
            while not self._ending:
                self._look(timeout=1.0)
                self._revive()
                if signal.SIGHUP in self._asked:
                    self._asked.discard(signal.SIGHUP)
                    self._reload()
        finally:
            self._stop_all()
            self._selector.close()
            signal.set_wakeup_fd(-1)
            for end in wake:
                os.close(end)

    @property
    def _ending(self) -> bool:
        return bool(self._asked & {signal.SIGTERM, signal.SIGINT})

    def _hear_signals(self) -> tuple[int, int]:
        """Have every signal end the wait for events: also those that come between two looks."""
        listening, telling = os.pipe()
        os.set_blocking(listening, False)
        os.set_blocking(telling, False)
        signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: self._asked.add(number))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(listening, selectors.EVENT_READ, None)
        return listening, telling

    def _start_and_wait(self, children: list[Child]) -> None:
        self.children += children
        for child in children:
            self._start(child)
        until = self.clock() + PATIENCE
        while not all(child.ready for child in children) and not self._ending:
            self._look(timeout=0.05 if any(child.spec.probe for child in children) else 1.0)
            for child in self.children:
                if child.process is not None and child.process.poll() is not None:
                    what = f"ended while starting (exit {child.process.returncode}); {child.spec.reason}"
                    raise NotStarted(child.spec.name, what, refused=not child.ready)
            if self.clock() > until:
                late = next(child.spec.name for child in children if not child.ready)
                raise NotStarted(late, f"was not ready within {PATIENCE:.0f} seconds; is this machine very busy?")

    def _start(self, child: Child) -> None:
        listening, telling = os.pipe()
        os.set_blocking(listening, False)
        child.process = self.start(
            list(child.spec.command()),
            stdin=subprocess.DEVNULL,
            env={**os.environ, READY_VARIABLE: str(telling)},
            pass_fds=(telling, *child.spec.files),
            start_new_session=True,  # Ctrl-C is for us: it would end the broker before the worker
            preexec_fn=die_with_parent if sys.platform == "linux" else None,  # no thread runs here
        )
        os.close(telling)
        child.pipe, child.started, child.ready = listening, self.clock(), False
        self._selector.register(listening, selectors.EVENT_READ, child)

    def _look(self, timeout: float) -> None:
        """Wait for something to happen, and note which children are ready now."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                os.read(key.fd, 4096)
            else:
                if os.read(key.fd, 64):
                    self._is_ready(key.data)
                self._forget_pipe(key.data)
        for child in self.children:
            if not child.ready and child.spec.probe and child.process is not None and child.spec.probe():
                self._is_ready(child)

    def _is_ready(self, child: Child) -> None:
        child.ready = True
        if child.failures:
            log.warning("process_ready", process=child.spec.name, after_seconds=round(self.clock() - child.started, 1))

    def _revive(self) -> None:
        """Start again what died: at once the first time, later and later when it goes on dying."""
        now = self.clock()
        for child in self.children:
            if child.process is not None and (code := child.process.poll()) is not None:
                self._forget_pipe(child)
                child.failures = 1 if now - child.started > STEADY else child.failures + 1
                longest = READY_BACKOFF if child.ready else MAX_BACKOFF
                wait = min(longest, 0.5 * 2 ** (child.failures - 1)) if child.failures > 1 else 0.0
                child.process, child.again_at = None, now + wait
                log.warning("process_died", process=child.spec.name, exit=code, again_in_seconds=wait)
            if child.process is None and now >= child.again_at:
                self._start(child)
                log.warning("process_restarted", process=child.spec.name)

    def _reload(self) -> None:
        """Hand SIGHUP on to those that hear it, if the new configuration can be read."""
        if not self.reloading():
            return
        for child in self.children:
            if child.spec in self.others and child.process is not None:
                child.process.send_signal(signal.SIGHUP)
        log.warning("configuration_reloaded")

    def _stop_all(self) -> None:
        """End the others together, the first ones after them, each with its grace."""
        for specs in (self.others, self.first):
            ending = [child for child in self.children if child.spec in specs]
            began = self.clock()
            for child in ending:
                self._forget_pipe(child)
                if child.process is not None:
                    child.process.terminate()
            for child in ending:
                if child.process is not None:
                    _wait_or_kill(child.spec, child.process, began + child.spec.grace - self.clock())

    def _forget_pipe(self, child: Child) -> None:
        if child.pipe >= 0:
            self._selector.unregister(child.pipe)
            os.close(child.pipe)
            child.pipe = -1


def tell_ready() -> None:
    """Say, as a child, that we do what we were started for. Nothing happens where nobody supervises."""
    if number := os.environ.pop(READY_VARIABLE, ""):
        os.write(int(number), b"ready")
        os.close(int(number))


def supervised() -> bool:
    """Whether we are somebody's child."""
    return READY_VARIABLE in os.environ


def _wait_or_kill(spec: Spec, process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        log.warning("process_killed", process=spec.name, after_seconds=spec.grace)
        process.kill()
        process.wait()


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have the kernel end this process, gently, when the one that started it is gone (prctl(2))."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
