"""Visitors: new ones, and those who turn out to be a customer."""

import secrets

from session_api.state import questions, threads
from sync.state.database import State


def new_visitor() -> str:
    """Return an unguessable id."""
    return f"v_{secrets.token_hex(16)}"


def claim(state: State, anonymous: str, customer: str) -> int:
    """Give a visitor's threads to the customer that they turned out to be; returns how many."""
    if not threads.has_threads(state, anonymous):
        return 0
    with state.transaction() as tx:
        claimed = threads.reassign(tx, anonymous, customer)
        questions.reassign(tx, anonymous, customer)
        return claimed
