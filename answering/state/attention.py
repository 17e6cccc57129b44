"""Attention: which verified answers and watch questions somebody should look at, for status and metrics."""

from collections import Counter
from typing import Any

from answering.state import verified, watch
from answering.state.verified import Standing, VerifiedAnswer
from answering.state.watch import WatchStanding
from sync.state.database import State


def attention(state: State) -> dict[str, Any]:
    """Return how many stand how, and each that wants a person: `what`, `id`, `question`, `owner`, `why`, as values."""
    answers, questions = verified.everything(state), watch.everything(state)
    return {
        "verified": _counts(Standing, [one.standing for one in answers]),
        "watch": _counts(WatchStanding, [one.standing for one in questions]),
        "look_at": [
            *(
                {"what": "verified", "id": one.id, "question": one.question, "owner": one.owner, "why": _why(one)}
                for one in answers
                if one.standing is not Standing.ACTIVE
            ),
            *(
                {"what": "watch", "id": one.id, "question": one.question, "owner": one.who, "why": one.last.flip}
                for one in questions
                if one.last is not None and one.standing is WatchStanding.FLIPPED
            ),
        ],
    }


def _counts(kinds: type[Standing] | type[WatchStanding], found: list[Any]) -> dict[str, int]:
    counted = Counter(found)
    return {kind.value: counted[kind] for kind in kinds}


def _why(answer: VerifiedAnswer) -> str:
    changed = next((f"{one.document or 'a document'} {one.changed}" for one in answer.sources if one.changed), "")
    return changed if answer.standing is Standing.CHANGED else answer.standing.value
