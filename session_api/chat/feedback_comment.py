"""Feedback comment: what a visitor writes beside a rating.

ChatKit's protocol has no place for it: it travels as a request's metadata.
"""

from chatkit.types import ItemsFeedbackReq

from answering.pii import mask
from session_api.chat.settings import ChatSettings

MAX_LENGTH = 1000


def of(request: ItemsFeedbackReq, settings: ChatSettings) -> str:
    """Return the comment, masked as the operator wishes; empty where there is none."""
    written = request.metadata.get("comment")
    return mask(written.replace("\x00", "").strip()[:MAX_LENGTH], settings.mask) if isinstance(written, str) else ""
