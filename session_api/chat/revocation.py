"""Revocation of a visitor's sessions: whatever was issued for them is refused, and what they said stays theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import openai
import structlog

from session_api.access.tokens import VISITOR
from session_api.state import hosted_sessions, revocations, visitors
from sync.errors import Gone, Misconfigured, Retryable
from sync.state.database import State

ANONYMOUS = "v_"

log = structlog.get_logger()


@dataclass(frozen=True)
class Revoked:
    """Whose sessions ended. `at_openai`: sessions of a hosted workflow that were cancelled there."""

    visitors: tuple[str, ...]
    at_openai: int = 0


def revoke(state: State, who: str, by: str, hosted: openai.OpenAI | None = None) -> Revoked:
    """End all sessions of a visitor, named by their id here or at the host site; `by` whom is logged.

    Every process refuses at the next call what was issued before: sessions, identities that the host site signed, an
    anonymous visitor's token. A new sign-in begins a new session. May happen twice.
    Raises Gone where nobody of that id was here, and Retryable or Misconfigured where OpenAI did not cancel a session:
    those of our own have ended by then.
    """
    ended = visitors.named(state, who) or ([who] if who.startswith(ANONYMOUS) else [])
    if not ended:
        raise Gone(f"nobody of the id {who!r} was here; write it as the host site's identity tokens have it in sub")
    now = state.now()
    with state.transaction() as tx:
        revocations.prune(tx, now)
        for visitor in ended:
            until = now + VISITOR.total_seconds() + 86400
            revocations.add(tx, f"sessions:{visitor}", until, issued_until=now)
    log.warning("sessions_revoked", visitors=ended, by=by)
    cancelled = _cancel(hosted, hosted_sessions.open_sessions(state, ended)) if hosted is not None else 0
    return Revoked(tuple(ended), cancelled)


def _cancel(client: openai.OpenAI, sessions: Sequence[str]) -> int:
    for session in sessions:
        try:
            client.beta.chatkit.sessions.cancel(session)
        except openai.NotFoundError:
            continue  # it is over already
        except openai.APIConnectionError as error:
            raise Retryable("hosted sessions were not cancelled: OpenAI did not answer; try again") from error
        except openai.APIStatusError as error:
            answered = f"OpenAI answers {error.status_code}; check [openai], then try again"
            raise Misconfigured(f"hosted sessions were not cancelled: {answered}") from error
    return len(sessions)
