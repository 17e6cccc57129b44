"""Where the API listens; known to the process that serves and to the one that supervises it."""

import os
import socket
from dataclasses import dataclass

from sync.errors import Misconfigured

LISTENING_VARIABLE = "ANSWERWELL_LISTEN_FD"
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """`[server] host` and `port`."""

    host: str
    port: int

    def __str__(self) -> str:
        """Where a browser on this machine finds it."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host)  # noqa: S104 - read, not bound
        return f"http://{shown or (f'[{self.host}]' if ':' in self.host else self.host)}:{self.port}"

    def listen(self) -> socket.socket:
        """Take the address. Raises Misconfigured where it cannot be had."""
        listening = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.host, self.port))
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            raise Misconfigured(
                f"[server] {self.host}:{self.port} cannot be listened on ({error.strerror}); change host or port, or "
                "stop what holds it"
            ) from error
        return listening


def inherited() -> socket.socket | None:
    """The socket of the process that supervises us: connections wait in it while we are started again."""
    number = os.environ.pop(LISTENING_VARIABLE, "")
    return socket.socket(fileno=int(number)) if number else None
