"""Rate limits: each method of an app in a workspace has its own. All are off until a test sets them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.limits import SlidingWindow
from sandbox.slack.answers import rate_limited

A_MINUTE = {
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
class Tiers:
    """Calls a minute by method; a method that is not named has no limit. A refused call counts for nothing."""

    a_minute: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    _window: SlidingWindow = field(default_factory=SlidingWindow)

    def enforce(self, *, throttled: bool = False) -> None:
        """Apply the vendor's tiers; `throttled`: one call a minute of history and of replies."""
        self.a_minute = dict(A_MINUTE)
        if throttled:
            self.a_minute |= {"conversations.history": 1, "conversations.replies": 1}

    def take(self, method: str, clock: Callable[[], float]) -> None:
        """Count a call. Raises 429 with the seconds to wait where the minute is used up."""
        limit = self.a_minute.get(method)
        wait = None if limit is None else self._window.take(method, limit, clock())
        if wait is not None:
            self.refused += 1
            raise rate_limited(max(1, int(wait) + 1))
