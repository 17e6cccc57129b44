"""Rate limits: windows of ten seconds. Off until a test sets one. What refuses never says Retry-After."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.intercom.answers import rate_limited

WINDOW = 10


@dataclass
class Windows:
    """Requests in ten seconds, None for no limit. `told`: whether answers carry the allowance."""

    limit: int | None = None
    told: bool = True
    refused: int = 0
    _opened: int = 0
    _used: int = 0

    def take(self, clock: Callable[[], float]) -> dict[str, str]:
        """Count a request and return its headers. Raises 429 where the window is full."""
        if self.limit is None:
            return {}
        window = int(clock()) // WINDOW
        if window != self._opened:
            self._opened, self._used = window, 0
        self._used += 1
        left = max(0, self.limit - self._used)
        headers = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str((window + 1) * WINDOW),
        }
        if self._used > self.limit:
            self.refused += 1
            raise rate_limited(self.limit, headers if self.told else {})
        return headers if self.told else {}
