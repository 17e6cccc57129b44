"""Rate limits: each method of an app in a workspace has its own. All are off until a test sets them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.slack.answers import rate_limited

WINDOW = 60
TIERS = {
    "auth.test": 100,
    "bots.info": 50,
    "conversations.history": 50,
    "conversations.join": 50,
    "conversations.list": 20,
    "conversations.replies": 50,
    "files.info": 100,
    "team.info": 50,
    "usergroups.list": 20,
    "users.info": 100,
    "users.list": 20,
}


@dataclass
class Limits:
    """Calls a minute by method; a method that is not named has no limit. A refused call counts for nothing."""

    a_minute: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    _taken: dict[str, deque[float]] = field(default_factory=dict)

    def enforce(self, *, throttled: bool = False) -> None:
        """Apply the vendor's tiers; `throttled`: one call a minute of history and of replies."""
        self.a_minute = dict(TIERS)
        if throttled:
            self.a_minute |= {"conversations.history": 1, "conversations.replies": 1}

    def take(self, method: str, clock: Callable[[], float]) -> None:
        """Count a call. Raises 429 with the seconds to wait where the minute is used up."""
        limit = self.a_minute.get(method)
        if limit is None:
            return
        taken, now = self._taken.setdefault(method, deque()), clock()
        while taken and taken[0] <= now - WINDOW:
            taken.popleft()
        if len(taken) >= limit:
            self.refused += 1
            raise rate_limited(max(1, int(taken[0] + WINDOW - now) + 1))
        taken.append(now)
