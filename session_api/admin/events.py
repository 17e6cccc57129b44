"""A run as server-sent events: how it stands, each time that changes, until it is over."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from sync.errors import SyncError
from sync.state.database import State
from sync.status import runs

LOOK_EVERY = 0.5
HEARTBEAT = 15.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold the events back


def stream(state: State, wanted: str, sources: Sequence[str]) -> StreamingResponse:
    """Tell `run` for each change, and `end` with the last one. A client that comes back begins with how it stands."""
    return StreamingResponse(_events(state, wanted, sources), media_type="text/event-stream", headers=HEADERS)


async def _events(state: State, wanted: str, sources: Sequence[str]) -> AsyncIterator[str]:
    last, told_at = "", time.monotonic()
    while True:
        try:
            run = await run_in_threadpool(runs.find, state, wanted, sources=sources)
        except SyncError as error:
            yield _event("error", {"message": str(error)})
            return
        now = json.dumps(run, sort_keys=True)
        if run["state"] in {"done", "failed"}:
            yield _event("run", run)
            yield _event("end", run)
            return
        if now != last:
            yield _event("run", run)
            last, told_at = now, time.monotonic()
        elif time.monotonic() - told_at > HEARTBEAT:
            yield ": still here\n\n"
            told_at = time.monotonic()
        await asyncio.sleep(LOOK_EVERY)


def _event(name: str, content: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n"
