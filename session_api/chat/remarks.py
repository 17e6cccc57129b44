"""What visitors write beside a rating. ChatKit's protocol has no place for it: it travels as a request's metadata."""

from collections.abc import Sequence

from chatkit.types import ItemsFeedbackReq

from session_api.answering.masking import mask
from session_api.chat_settings import ChatSettings
from sync.state import State

LONGEST = 1000


def of(request: ItemsFeedbackReq, settings: ChatSettings) -> str:
    """Return the remark, masked as the operator wishes; empty where there is none."""
    written = request.metadata.get("comment")
    return mask(written.replace("\x00", "").strip()[:LONGEST], settings.mask) if isinstance(written, str) else ""


def keep(state: State, visitor: str, thread: str, answers: Sequence[str], remark: str) -> int:
    """Note the remark beside answers of the visitor's; returns how many were found."""
    with state.transaction() as tx:
        return tx.run(
            """UPDATE chat_questions SET comment = :remark
               WHERE visitor = :visitor AND thread = :thread AND answer IN :answers""",
            remark=remark,
            visitor=visitor,
            thread=thread,
            answers=list(answers),
        )
