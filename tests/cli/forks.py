"""Fork server: `answerwell` processes forked from one that has imported everything, where starting is not the point.

A process so made is a child of the test's own, by Linux' child subreaper, and `up` forks its children likewise: it has
neither threads nor a database open, which no fork would survive. Elsewhere every process is started afresh.
"""

import ctypes
import gc
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, AnyStr, NoReturn

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cli.main"]
PR_SET_CHILD_SUBREAPER = 36
MAX_REQUEST = 100_000
PADDING = "x" * 400
"""Room for the command line that a forked process shows in place of the server's."""


class Forked(subprocess.Popen[AnyStr]):
    """Popen, whose process is forked from this one where the command is ours. For a process without threads."""

    def _execute_child(self, *asked: Any) -> None:
        execute = subprocess.Popen._execute_child  # type: ignore[attr-defined]  # not public, so in no stub
        named = inspect.signature(execute).bind(self, *asked).arguments
        command = list(named["args"])
        if command[:3] != COMMAND:
            execute(self, *asked)
            return
        self.pid = self._fork(command, named)
        self._child_created = True
        ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(named[end] for end in ends))  # type: ignore[attr-defined]  # likewise

    def _fork(self, command: list[str], named: dict[str, Any]) -> int:
        before = [os.setsid if named["start_new_session"] else None, named["preexec_fn"]]
        pid = os.fork()
        if pid == 0:
            _become(
                command,
                streams=[named[end] for end in ("p2cread", "c2pwrite", "errwrite")],
                kept=named["pass_fds"],
                folder=named["cwd"] or ".",
                environ=dict(named["env"] or os.environ),
                before=[step for step in before if step is not None],
            )
        return pid


@dataclass
class ForkServer:
    """A process that forks ours, started when the first is asked for."""

    process: "subprocess.Popen[bytes] | None" = None
    control: socket.socket | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fork(self, command: Sequence[str], streams: Sequence[int], folder: str, environ: dict[str, str]) -> int:
        """Return the id of a new process, which is our child."""
        with self.lock:
            control = self.control or self._start()
            request = {"command": list(command), "folder": folder, "environ": environ}
            _prctl(PR_SET_CHILD_SUBREAPER, 1)
            try:
                socket.send_fds(control, [json.dumps(request).encode()], list(streams))
                return int(control.recv(MAX_REQUEST))
            finally:
                _prctl(PR_SET_CHILD_SUBREAPER, 0)

    def stop(self) -> None:
        """End the server, if there is one; what it made goes on."""
        if self.control is not None and self.process is not None:
            self.control.close()
            self.process.wait()
            self.control = self.process = None

    def _start(self) -> socket.socket:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.forks", str(its.fileno()), PADDING],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
            )
        self.control = ours
        return ours


FORK_SERVER = ForkServer()


class FromServer(Forked[AnyStr]):
    """Popen, whose process is forked from the fork server where the command is ours."""

    def _fork(self, command: list[str], named: dict[str, Any]) -> int:
        streams = [named[end] for end in ("p2cread", "c2pwrite", "errwrite")]
        return FORK_SERVER.fork(command, streams, str(named["cwd"]), named["env"])


def _become(
    command: Sequence[str],
    *,
    streams: Sequence[int],
    kept: Collection[int],
    folder: str,
    environ: dict[str, str],
    before: Sequence[Callable[[], object]] = (),
) -> NoReturn:
    """Be the process of that command, to its end."""
    code = 70
    try:
        gc.freeze()  # what the other process had is not ours to close
        for number, stream in enumerate(streams):
            if stream >= 0:
                os.dup2(stream, number)
        for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
            if descriptor > 2 and descriptor not in kept:
                _close(descriptor)
        _forget_signals()
        for step in before:
            step()
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(folder)
        _show(command)
        sys.argv[1:] = command[3:]
        code = _run()
    except BaseException:  # noqa: BLE001 - as an interpreter ends
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run() -> int:
    from cli.main import main

    try:
        main(start=Forked)
    except SystemExit as left:
        return int(left.code or 0)
    except KeyboardInterrupt:
        return 130
    return 0


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # the one that listed them


def _forget_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _show(command: Sequence[str]) -> None:
    """Have the process list show this command, in the room that the server's own has."""
    begin, end = map(int, Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()[45:47])
    shown = "\0".join(command).encode()[: end - begin - 1]
    ctypes.memmove(begin, shown.ljust(end - begin, b"\0"), end - begin)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _import_everything() -> None:
    import celery.worker.consumer
    import kombu.transport.redis
    import uvicorn.lifespan.on
    import uvicorn.protocols.http.httptools_impl

    import answering.agent
    import cli.api_process
    import cli.demo
    import cli.up
    import cli.worker_process
    import connectors.zendesk.connector
    import session_api.chat.conversation
    import sync.vector_store.index

    del answering, celery, cli, connectors, kombu, session_api, sync, uvicorn


def serve(control: socket.socket) -> None:
    """Fork what is asked for until nobody asks any more."""
    _import_everything()
    gc.collect()
    while True:
        request, streams, _, _ = socket.recv_fds(control, MAX_REQUEST, 3)
        if not request:
            return
        control.send(str(_fork_for_another(json.loads(request), streams)).encode())
        for stream in streams:
            os.close(stream)


def _fork_for_another(request: dict[str, Any], streams: list[int]) -> int:
    """Fork twice, so that the process becomes the subreaper's child; return its id once it is."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        made = os.fork()
        if made == 0:
            _become(request["command"], streams=streams, kept=(), folder=request["folder"], environ=request["environ"])
        os.write(writing, str(made).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(between, 0)
    with os.fdopen(reading, "rb") as told:
        return int(told.read())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
