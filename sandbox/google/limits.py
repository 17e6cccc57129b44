"""Rate limits, each in its API's own manner. All are off until a test sets them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.google import answers
from sandbox.google.request import DOCS
from sandbox.limits import FixedWindow

Manner = Literal["403", "429"]


@dataclass
class Quotas:
    """Requests a minute for each API, None for no limit. Drive refuses in one of two manners; neither says how long."""

    drive: int | None = None
    docs: int | None = None
    manner: Manner = "403"
    _window: FixedWindow = field(default_factory=FixedWindow)

    def take(self, api: str, clock: Callable[[], float]) -> None:
        """Count a request. Raises the API's refusal when there were too many this minute."""
        limit = self.docs if api == DOCS else self.drive
        if limit is None or self._window.take(api, clock())[0] <= limit:
            return
        if api == DOCS:
            message = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'."
            raise answers.docs(429, "RESOURCE_EXHAUSTED", message)
        if self.manner == "403":
            raise answers.drive(403, "userRateLimitExceeded", "User Rate Limit Exceeded", domain="usageLimits")
        raise answers.drive(429, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits")
