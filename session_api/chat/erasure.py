"""Erasure: deletes everything about one visitor, and says what was where."""

from dataclasses import dataclass

import openai

from helpdesk.state import history
from session_api.access.tokens import VISITOR
from session_api.state import hosted_sessions, questions, revocations, threads, visitor_tokens, visitors
from sync.errors import Misconfigured, Retryable
from sync.state.database import State


@dataclass(frozen=True)
class Erased:
    """What was deleted, by place. `at_openai`: threads of hosted sessions. `conversations`: of help desks."""

    visitors: tuple[str, ...]
    threads: int
    items: int
    questions: int
    at_openai: int = 0
    conversations: int = 0


def erase(state: State, who: str, hosted: openai.OpenAI | None = None) -> Erased:
    """Erase a visitor, named by their id here or by their id at the host site; their tokens are refused from now on.

    `hosted`: the client to delete the visitor's hosted threads with, first, so that a failure there can be tried again.
    An e-mail address also erases the past conversations of help desks that it takes part in, and keeps them away.
    What a store or a model was asked is not kept at OpenAI: calls are made with store = false.
    Raises Retryable and Misconfigured.
    """
    erased = list(dict.fromkeys([who, *visitors.named(state, who)]))
    at_openai = sum(_erase_at_openai(hosted, visitor) for visitor in erased) if hosted is not None else 0
    until = state.now() + VISITOR.total_seconds() + 86400
    with state.transaction() as tx:
        gone_threads, gone_items = threads.erase(tx, erased)
        gone_questions = questions.erase(tx, erased)
        hosted_sessions.erase(tx, erased)
        visitor_tokens.erase(tx, erased)
        visitors.erase(tx, erased)
        for visitor in erased:
            revocations.add(tx, f"visitor:{visitor}", until)
        conversations = history.erase(tx, who) if "@" in who else 0
    return Erased(tuple(erased), gone_threads, gone_items, gone_questions, at_openai, conversations)


def _erase_at_openai(client: openai.OpenAI, visitor: str) -> int:
    try:
        threads = [thread.id for thread in client.beta.chatkit.threads.list(user=visitor, limit=100)]
        for thread in threads:
            client.beta.chatkit.threads.delete(thread)
    except openai.APIConnectionError as error:
        raise Retryable("the hosted threads were not deleted: OpenAI did not answer; try again") from error
    except openai.APIStatusError as error:
        raise Misconfigured(
            f"the hosted threads were not deleted: OpenAI answers {error.status_code}; check [openai], then try again"
        ) from error
    return len(threads)
