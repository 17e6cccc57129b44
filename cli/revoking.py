"""Revocation of a visitor's sessions, wired: with OpenAI's client, where a hosted workflow answers."""

from dataclasses import asdict
from typing import Any

from cli import wiring
from cli.config import Config
from sync.state.database import State


def revoke(config: Config, state: State, who: str, by: str) -> dict[str, Any]:
    """End all sessions of a visitor and say whose. Raises what `session_api.chat.revocation.revoke` raises."""
    from session_api.chat import revocation  # loads openai

    hosted = wiring.client(config) if config.chat and config.chat.hosted else None
    return asdict(revocation.revoke(state, who, by, hosted))
