"""Hosted mode: OpenAI runs an Agent Builder workflow and talks to the widget itself, for as long as it does.

OpenAI ends Agent Builder on 2026-11-30; what its sessions answer afterwards is not documented. Every refusal that may
mean this end says so, with what to change.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openai
import structlog
from pydantic import BaseModel, ConfigDict, Field

from answering.blocking import BlockingPool
from answering.openai_client import Client, plain
from session_api.access.latest_failure import LatestFailure
from session_api.access.settings import HostedSettings
from session_api.errors import ApiError
from session_api.state import hosted_sessions
from session_api.state.hosted_sessions import HostedSession
from sync.errors import SyncError
from sync.state.database import State

ENDS = date(2026, 11, 30)
FIX = 'Set mode = "self_hosted" under [chat]; docs/migrate-from-agent-builder.md says how your workflow comes along.'
SESSION = timedelta(minutes=10)

log = structlog.get_logger()


class SessionGrant(BaseModel):
    """What we read of OpenAI's session. Its errors hide what was sent: it holds a secret."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)
    expires_at: int


@dataclass
class HostedSessions:
    """Asks OpenAI for sessions of the configured workflow; nothing in them comes from the browser but the visitor."""

    client: Client
    settings: HostedSettings
    state: State
    pool: BlockingPool
    failure: LatestFailure = field(default_factory=LatestFailure)
    unwritten: dict[str, HostedSession] = field(default_factory=dict)
    writing: asyncio.Task[None] | None = None

    async def create(self, visitor: str) -> SessionGrant:
        """Return a session for the visitor. Raises ApiError with the fix for whatever OpenAI answers."""
        self.warn()
        try:
            granted = await self.client.beta.chatkit.sessions.create(user=visitor, workflow=_workflow(self.settings))
            grant = SessionGrant.model_validate(plain(granted))
        except (openai.OpenAIError, ValueError) as error:  # ValueError: an answer that is none
            refusal = translated(error, str(self.settings.workflow_id))
            self.failure.note(refusal, self.state.now())
            log.warning("hosted_session_refused", code=refusal.code, fix=refusal.fix)
            raise refusal from error
        self.failure.clear()
        return grant

    def warn(self) -> None:
        """Log that hosted workflows end: at the start, and once an hour while sessions are asked for."""
        now = self.state.now()
        if now - self.failure.warned_at >= 3600:
            self.failure.warned_at = now
            days = (ENDS - datetime.fromtimestamp(now, UTC).date()).days
            log.warning("hosted_workflow_ends", on=ENDS.isoformat(), days=days, fix=FIX)

    def remember(self, grant: SessionGrant, visitor: str) -> None:
        """Keep what cancelling needs, without the secret; it is written a moment later, with what else comes then."""
        until = self.state.now() + 2 * SESSION.total_seconds()
        name = _hash(grant.client_secret)
        self.unwritten[name] = HostedSession(name, grant.id, visitor, until)
        if self.writing is None or self.writing.done():
            self.writing = asyncio.create_task(self._write())

    async def session_of(self, secret: str) -> str | None:
        name = _hash(secret)
        held = self.unwritten.get(name)
        return held.session if held else await self.pool.run(hosted_sessions.session_of, self.state, name)

    async def close(self) -> None:
        if self.writing is not None:
            await self.writing

    async def _write(self) -> None:
        while self.unwritten:
            rows = dict(self.unwritten)
            try:
                await self.pool.run(hosted_sessions.record, self.state, list(rows.values()))
            except SyncError as error:
                log.warning("hosted_sessions_not_kept", count=len(rows), error=str(error))
            for name in rows:
                del self.unwritten[name]

    async def cancel(self, session: str) -> None:
        """End a session at OpenAI. Raises ApiError."""
        try:
            await self.client.beta.chatkit.sessions.cancel(session)
        except openai.NotFoundError:
            return  # it is over already
        except openai.OpenAIError as error:
            raise translated(error, str(self.settings.workflow_id)) from error


def translated(error: Exception, workflow: str) -> ApiError:  # noqa: PLR0911 - a table
    """Return what OpenAI's answer means for the operator, with its fix. Nothing of the answer is repeated."""
    status = error.status_code if isinstance(error, openai.APIStatusError) else 0
    code = str(getattr(error, "code", "") or "")
    said = str(getattr(error, "message", "")).casefold()
    match status:
        case 401:
            return _refusal("openai_key_refused", "OpenAI refuses the key.", "Check openai.api_key.")
        case 403:
            fix = "Use a key of the project that holds the workflow, with permission to write sessions."
            return _refusal("openai_wrong_project", "OpenAI's key may not use this workflow.", fix)
        case 404 if "workflow" in said and "not found" in said:
            fix = (
                f"openai.api_key must be of the project that holds {workflow}; else workflow_id under [chat] is wrong."
            )
            return _refusal("openai_wrong_project", "OpenAI finds no such workflow in the key's project.", fix)
        case 404 | 410:
            return _refusal("hosted_ended", f"OpenAI offers no hosted workflows any more (ended {ENDS}).", FIX)
        case 400 | 422:
            fix = "Check workflow_id, workflow_version and state_variables under [chat]."
            return _refusal("workflow_invalid", "OpenAI refuses the workflow's settings.", fix)
        case 429 if code == "insufficient_quota":
            return _refusal("openai_quota", "The OpenAI quota is used up.", "Check the account's plan and billing.")
        case 429:
            return _refusal("openai_busy", "OpenAI limits this key.", "It passes; raise the key's limits.", status=503)
        case 0 if not isinstance(error, ValueError):
            fix = "Check openai.base_url and the way to it."
            return _refusal("openai_unreachable", "OpenAI did not answer.", fix, status=503)
        case _:
            return _refusal("openai_failed", "OpenAI failed.", "It usually passes; see status.openai.com.", status=503)


def _refusal(code: str, message: str, fix: str, *, status: int = 502) -> ApiError:
    return ApiError(status, code, message, fix, after=timedelta(seconds=10) if status == 503 else None)


def _workflow(settings: HostedSettings) -> Any:
    wanted: dict[str, Any] = {"id": settings.workflow_id}
    if settings.workflow_version:
        wanted["version"] = settings.workflow_version
    if settings.state_variables:
        wanted["state_variables"] = dict(settings.state_variables)
    return wanted


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
