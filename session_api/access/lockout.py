"""Lock-out: who guesses at a token of operators is not looked at any more, for longer each time."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from session_api.errors import ApiError

MAX_WRONG = 20
FORGET_AFTER = 600.0
FIRST_LOCK = 60.0
LONGEST_LOCK = 3600.0
MAX_ADDRESSES = 10_000

log = structlog.get_logger()


@dataclass(slots=True)
class _Guesses:
    """Of one address: wrong tokens since the last lock and when the last came; locks so far and until when it lasts."""

    wrong: int = 0
    last: float = 0.0
    locks: int = 0
    until: float = 0.0


class Lockout:
    """Locks an address out after 20 wrong tokens, each within ten minutes of the one before.

    It lasts a minute, and twice as long each time, up to an hour; the right token ends the count, not the lock. `what`:
    how the events that are logged begin.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, addresses: int = MAX_ADDRESSES, *, what: str = "admin"
    ) -> None:
        self._clock = clock
        self._refused, self._locked = f"{what}_token_refused", f"{what}_locked_out"
        self._most = addresses
        self._guesses: OrderedDict[str, _Guesses] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return for how many seconds the address stays locked out; 0 where it is not."""
        guesses = self._guesses.get(address)
        return max(0.0, guesses.until - self._clock()) if guesses else 0.0

    def wrong(self, address: str) -> None:
        """Count a wrong token. Logs the first one, and each lock."""
        guesses = self._guesses.setdefault(address, _Guesses())
        self._guesses.move_to_end(address)
        while len(self._guesses) > self._most:
            self._guesses.popitem(last=False)
        now = self._clock()
        guesses.wrong = guesses.wrong + 1 if now - guesses.last < FORGET_AFTER else 1
        guesses.last = now
        if guesses.wrong == 1 and not guesses.locks:
            log.warning(self._refused, address=address)
        if guesses.wrong >= MAX_WRONG:
            seconds = min(LONGEST_LOCK, FIRST_LOCK * 2**guesses.locks)
            guesses.wrong, guesses.locks, guesses.until = 0, guesses.locks + 1, now + seconds
            log.warning(self._locked, address=address, seconds=seconds, wrong_tokens=MAX_WRONG)

    def right(self, address: str) -> None:
        """Forget what the address guessed."""
        self._guesses.pop(address, None)


def locked_out(wait: float) -> ApiError:
    """Return what an address is told that is locked out for so many seconds."""
    return ApiError(
        429, "locked_out", "This address sent too many wrong tokens.",
        "Wait, or use the command line; the log names the address.", after=timedelta(seconds=wait),
    )  # fmt: skip
