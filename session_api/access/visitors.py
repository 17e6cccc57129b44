"""Visitors: who a browser is by its token, what of theirs a customer takes over on signing in, and who is new.

A browser may be shared, so a sign-in tells little about what was asked in it before. Only the conversation that goes on
comes along; the customer is asked about the rest. A token with which somebody signed in recognises nobody else: whoever
asks with it after a sign-out, or signs in as another, is a new visitor.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from session_api.access.rotation import rotated
from session_api.access.tokens import VISITOR, VisitorToken, new_token_id
from session_api.state import questions, revocations, threads, visitor_tokens
from session_api.state.visitor_tokens import TokenFamily
from sync.errors import Retryable
from sync.state.database import State
from sync.state.transaction import Transaction

GOES_ON = timedelta(minutes=30)
"""For how long after its last message a conversation goes on."""
MAX_RACES = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signed in. `thread`: the conversation that their page shows, '' none; None: it does not say."""

    customer: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """An anonymous visitor, and the id of the token that recognises them next time."""

    visitor: str
    token_id: str


def new_visitor() -> Recognised:
    """Return a visitor with an unguessable id."""
    return Recognised(f"v_{secrets.token_hex(16)}", new_token_id())


def recognise(state: State, token: VisitorToken, sign_in: SignIn | None) -> Recognised:
    """Return whom a token recognises, and replace it. With the first sign-in, hand over the conversation that goes on.

    A new visitor where the token was revoked or is a copy, or where somebody else signed in with it. Raises Retryable
    where many calls at once present it.
    """
    if revocations.revoked(state, revocations.of_visitor(token.visitor), token.issued_at):
        return new_visitor()
    customer = sign_in.customer if sign_in else ""
    for _ in range(MAX_RACES):
        before = visitor_tokens.load(state, token.visitor)
        after = rotated(before, token, new_token_id(), state.now())
        if after is None:
            _end(state, token.visitor)
            return new_visitor()
        if after.customer not in ("", customer):
            return new_visitor()
        if _kept(state, before, replace(after, customer=customer), sign_in):
            return Recognised(after.visitor, after.successor)
    raise Retryable("one visitor token is presented by too many calls at once; try again")


def unclaimed(state: State, visitor: str, customer: str) -> int:
    """Return how many conversations of before their sign-in a customer may be asked about."""
    family = visitor_tokens.load(state, visitor)
    return threads.count(state, visitor) if family is not None and family.customer == customer else 0


def claim(state: State, token: VisitorToken, customer: str) -> int:
    """Give the customer all that is left of before their sign-in with the token; returns how many conversations.

    That is nothing where they did not sign in with it, or where the token is not one of the newest two.
    """
    with state.transaction() as tx:
        family = visitor_tokens.load(tx, token.visitor)
        if family is None or family.customer != customer or token.id not in (family.presented, family.successor):
            return 0
        return _hand_over(tx, token.visitor, customer)


def _kept(state: State, before: TokenFamily | None, after: TokenFamily, sign_in: SignIn | None) -> bool:
    """Write the family down, and what its first sign-in hands over; False where another call was faster."""
    if after == before:
        return True
    with state.transaction() as tx:
        if not visitor_tokens.save(tx, before, after):
            return False
        if sign_in is not None and (before is None or not before.customer):
            thread = _going_on(tx, after.visitor, sign_in.thread, state.now())
            if thread is not None:
                _hand_over(tx, after.visitor, sign_in.customer, thread)
        return True


def _going_on(tx: Transaction, visitor: str, shown: str | None, now: float) -> str | None:
    recent = threads.used_since(tx, visitor, now - GOES_ON.total_seconds())
    return next((thread for thread in recent if shown is None or thread == shown), None)


def _hand_over(tx: Transaction, visitor: str, customer: str, thread: str | None = None) -> int:
    questions.reassign(tx, visitor, customer, thread)
    return threads.reassign(tx, visitor, customer, thread)


def _end(state: State, visitor: str) -> None:
    """Refuse all tokens and sessions of the visitor: two hold copies, and nobody can tell who is who."""
    revocations.revoke(state, f"visitor:{visitor}", state.now() + VISITOR.total_seconds() + 86400)
    log.warning("visitor_token_reused", visitor=visitor)
