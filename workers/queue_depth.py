"""Queue depth: how many wake-ups wait for a worker, and for how long the first of them has."""

import json
import time
from dataclasses import dataclass

import redis

from workers.app import ASKED_AT
from workers.broker import QUEUE


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """`tasks` None: the broker does not answer. `seconds`: since the oldest was sent."""

    tasks: int | None
    seconds: float = 0.0


def queue_depth(client: redis.Redis) -> QueueDepth:
    """Look at the queue without taking anything from it."""
    try:
        tasks = int(str(client.llen(QUEUE)))
        oldest = client.lindex(QUEUE, -1)
    except (redis.RedisError, OSError):
        return QueueDepth(None)
    return QueueDepth(tasks, _age(oldest) if isinstance(oldest, bytes) else 0.0)


def _age(message: bytes) -> float:
    asked_at = json.loads(message).get("headers", {}).get(ASKED_AT)
    return max(0.0, time.time() - asked_at) if isinstance(asked_at, int | float) else 0.0
