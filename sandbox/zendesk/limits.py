"""Rate limits: buckets that refill every minute. All are off until a test sets them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.http import Problem
from sandbox.limits import FixedWindow

Bucket = Literal["account", "help_center", "incremental_exports", "tickets_index", "deleted_tickets"]


@dataclass
class Buckets:
    """Requests a minute for each bucket, None for no limit."""

    account: int | None = None
    help_center: int | None = None
    incremental_exports: int | None = None
    tickets_index: int | None = None
    deleted_tickets: int | None = None
    _window: FixedWindow = field(default_factory=FixedWindow)

    def take(self, buckets: tuple[Bucket, ...], clock: Callable[[], float]) -> dict[str, str]:
        """Count a request in each bucket and return its headers. Raises 429 when one is empty."""
        headers: dict[str, str] = {}
        waits = []
        for bucket in buckets:
            limit: int | None = getattr(self, bucket)
            if limit is None:
                continue
            used, resets = self._window.take(bucket, clock())
            headers |= _headers(bucket, limit, max(0, limit - used), resets)
            if used > limit:
                waits.append(resets)
        if waits:
            error = "Number of allowed API requests per minute exceeded"
            body = {"error": "APIRateLimitExceeded", "description": error}
            raise Problem(429, body, {**headers, "retry-after": str(max(waits))})
        return headers


def _headers(bucket: Bucket, limit: int, remaining: int, resets: int) -> dict[str, str]:
    if bucket not in {"account", "help_center"}:
        name = f"zendesk-ratelimit-{bucket.replace('_', '-')}"
        return {name: f"total={limit}; remaining={remaining}; resets={resets}"}
    headers = {"x-rate-limit": str(limit), "x-rate-limit-remaining": str(remaining)}
    if bucket == "account":
        headers |= {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": str(resets),
        }
    return headers
