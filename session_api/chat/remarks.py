"""What visitors write beside a rating. ChatKit's protocol has no place for it: it travels as a request's metadata."""

from chatkit.types import ItemsFeedbackReq

from session_api.answering.masking import mask
from session_api.chat_settings import ChatSettings

LONGEST = 1000


def of(request: ItemsFeedbackReq, settings: ChatSettings) -> str:
    """Return the remark, masked as the operator wishes; empty where there is none."""
    written = request.metadata.get("comment")
    return mask(written.replace("\x00", "").strip()[:LONGEST], settings.mask) if isinstance(written, str) else ""
