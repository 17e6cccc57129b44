"""`/v1/chatkit/sessions`: what a server asks for before a hosted widget may talk to a workflow."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sandbox.openai import shapes
from sandbox.openai.shapes import missing, refused
from sandbox.openai.state import Ask, new_id

Row = dict[str, Any]
BETA = "chatkit_beta=v1"
ENABLED = shapes.record({"enabled": shapes.boolean})
NEW_SESSION = shapes.record(
    {
        "user": shapes.text(least=1),
        "workflow": shapes.record(
            {
                "id": shapes.text(least=1),
                "version": shapes.text(),
                "state_variables": shapes.mapping(
                    shapes.either(shapes.boolean, shapes.number(), shapes.text()), most=64, key_most=64
                ),
                "tracing": ENABLED,
            },
            ["id"],
        ),
        "expires_after": shapes.record(
            {"anchor": shapes.choice("created_at"), "seconds": shapes.integer(1, 600)}, ["anchor", "seconds"]
        ),
        "rate_limits": shapes.record({"max_requests_per_1_minute": shapes.integer(1)}),
        "chatkit_configuration": shapes.record(
            {
                "automatic_thread_titling": ENABLED,
                "file_upload": shapes.record(
                    {
                        "enabled": shapes.boolean,
                        "max_file_size": shapes.integer(1, 512),
                        "max_files": shapes.integer(1),
                    }
                ),
                "history": shapes.record({"enabled": shapes.boolean, "recent_threads": shapes.integer(1)}),
            }
        ),
    },
    ["workflow", "user"],
)
THREAD_PAGE = {
    "limit": shapes.integer(0, 100),
    "order": shapes.choice("asc", "desc"),
    "after": shapes.text(),
    "before": shapes.text(),
    "user": shapes.text(least=1, most=512),
}


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it was granted."""

    id: str
    client_secret: str
    expires_at: int
    asked: Row
    cancelled: bool = False


class Projects(Protocol):
    """What the sandbox is asked: the time, and which workflows the key's project holds (None: every id)."""

    clock: Callable[[], float]
    workflows: set[str] | None


class Sessions:
    """Grants and cancels sessions. They live for ten minutes at most, and only as long as the server."""

    def __init__(self, knobs: Projects) -> None:
        self._knobs = knobs
        self._clock = knobs.clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def create(self, ask: Ask) -> Row:
        _require_beta(ask)
        workflow = ask.body["workflow"]["id"]
        known = self._knobs.workflows
        if not workflow.startswith("wf_") or (known is not None and workflow not in known):
            raise refused(404, f"Workflow with id '{workflow}' not found.", param="workflow.id")
        seconds = ask.body.get("expires_after", {}).get("seconds", 600)
        expires_at = int(self._clock()) + seconds
        session = Session(new_id("cksess_"), f"ek_{secrets.token_hex(24)}", expires_at, ask.body)
        with self._lock:
            self._sessions[session.id] = session
        return self._object(session)

    def cancel(self, ask: Ask) -> Row:
        _require_beta(ask)
        with self._lock:
            session = self._sessions.get(ask.ids["session_id"])
            if session is None:
                raise missing("session", ask.ids["session_id"], "session_id")
            session = self._sessions[session.id] = replace(session, cancelled=True)
        return self._object(session)

    def threads(self, ask: Ask) -> Row:
        """List nothing: what a hosted widget stores is not played here."""
        _require_beta(ask)
        return {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}

    def delete_thread(self, ask: Ask) -> Row:
        _require_beta(ask)
        raise missing("thread", ask.ids["thread_id"], "thread_id")

    def _object(self, session: Session) -> Row:
        asked = session.asked
        expired = self._clock() >= session.expires_at
        rate = asked.get("rate_limits", {}).get("max_requests_per_1_minute", 10)
        return {
            "id": session.id,
            "object": "chatkit.session",
            "client_secret": session.client_secret,
            "expires_at": session.expires_at,
            "status": "cancelled" if session.cancelled else "expired" if expired else "active",
            "user": asked["user"],
            "workflow": _workflow(asked["workflow"]),
            "rate_limits": {"max_requests_per_1_minute": rate},
            "max_requests_per_1_minute": rate,
            "chatkit_configuration": _configuration(asked.get("chatkit_configuration", {})),
        }


def _require_beta(ask: Ask) -> None:
    if BETA not in [word.strip() for word in ask.headers.get("openai-beta", "").split(",")]:
        raise refused(400, f"You must provide the 'OpenAI-Beta' header with the value '{BETA}'.", code="invalid_beta")


def _workflow(asked: Row) -> Row:
    return {
        "id": asked["id"],
        "version": asked.get("version"),
        "state_variables": asked.get("state_variables"),
        "tracing": {"enabled": asked.get("tracing", {}).get("enabled", True)},
    }


def _configuration(asked: Row) -> Row:
    """Fill in the vendor's defaults: titles and history on, uploads off."""
    upload, history = asked.get("file_upload", {}), asked.get("history", {})
    return {
        "automatic_thread_titling": {"enabled": asked.get("automatic_thread_titling", {}).get("enabled", True)},
        "file_upload": {
            "enabled": upload.get("enabled", False),
            "max_file_size": upload.get("max_file_size", 512),
            "max_files": upload.get("max_files", 10),
        },
        "history": {"enabled": history.get("enabled", True), "recent_threads": history.get("recent_threads")},
    }
