"""Request validation: what a widget may ask of `/chatkit`; the SDK checks shapes, and no rights."""

from chatkit.store import NotFoundError
from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    InputTranscribeReq,
    ItemsFeedbackReq,
    ItemsListReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    ThreadsUpdateReq,
    UserMessageInput,
    UserMessageItem,
    UserMessageTagContent,
    WidgetItem,
)
from pydantic import TypeAdapter, ValidationError

from answering.pii import mask
from session_api.access.tokens import Session
from session_api.chat.settings import ChatSettings
from session_api.chat.store import VisitorStore
from session_api.errors import ApiError

MAX_TITLE_LENGTH = 200
MAX_FEEDBACK = 50
HAND_OFF = "hand_off"

_REQUEST: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)
_NOT_OFFERED = (
    AttachmentsCreateReq
    | AttachmentsDeleteReq
    | InputTranscribeReq
    | ThreadsSyncCustomActionReq
    | ThreadsAddClientToolOutputReq
    | ThreadsAddStructuredInputReq
)


def parse(body: bytes) -> ChatKitReq:
    """Return the request as it was sent. Raises ApiError: 400 with what is wrong, and where."""
    try:
        return _REQUEST.validate_json(body)
    except (ValidationError, RecursionError) as error:
        raise ApiError(400, "invalid_request", _first(error), "Send a request of the ChatKit protocol.") from None


def clean(request: ChatKitReq, settings: ChatSettings) -> None:
    """Refuse what is not offered or too long, and mask the rest as the operator wishes. Raises ApiError, 400."""
    match request:
        case ThreadsCreateReq() | ThreadsAddUserMessageReq():
            _check_input(request.params.input, settings)
        case ThreadsUpdateReq() if not 0 < len(request.params.title.strip()) <= MAX_TITLE_LENGTH:
            raise ApiError(400, "invalid_request", "The title is empty or too long.",
                          f"Write a title of up to {MAX_TITLE_LENGTH} characters.")  # fmt: skip
        case ThreadsUpdateReq():
            request.params.title = mask(request.params.title.replace("\x00", ""), settings.mask)
        case ItemsFeedbackReq() if len(request.params.item_ids) > MAX_FEEDBACK:
            raise ApiError(400, "invalid_request", "Too many items at once.", f"Send up to {MAX_FEEDBACK} item_ids.")
        case ThreadsCustomActionReq() if request.params.action.type != HAND_OFF:
            raise _not_offered(f"the action {request.params.action.type[:60]!r}")
        case _ if isinstance(request, _NOT_OFFERED):
            raise _not_offered(request.type)
        case _:
            pass


async def authorize(request: ChatKitReq, store: VisitorStore, session: Session) -> None:
    """Check that what the request names is the visitor's, before an answer begins. Raises NotFoundError."""
    match request:
        case ThreadsRetryAfterItemReq():
            item = await store.load_item(request.params.thread_id, request.params.item_id, session)
            if not isinstance(item, UserMessageItem):
                raise ApiError(400, "invalid_request", "Only a message of the visitor can be answered anew.",
                              "Send the item_id of a user_message.")  # fmt: skip
        case ItemsFeedbackReq():
            for item_id in request.params.item_ids:
                await store.load_item(request.params.thread_id, item_id, session)
        case ThreadsCustomActionReq() if request.params.item_id is not None:
            button = await store.load_item(request.params.thread_id, request.params.item_id, session)
            if not isinstance(button, WidgetItem):
                raise ApiError(400, "invalid_request", "Only a button of the conversation has an action.",
                              "Send the item_id of a widget, or none.")  # fmt: skip
        case (
            ThreadsAddUserMessageReq()
            | ThreadsCustomActionReq()
            | ThreadsUpdateReq()
            | ThreadsDeleteReq()
            | ThreadsGetByIdReq()
            | ItemsListReq()
        ):
            await store.load_thread(request.params.thread_id, session)
        case ThreadsCreateReq() | ThreadsListReq():
            pass
        case _:  # what a newer SDK adds is refused until it is listed here
            raise NotFoundError(request.type)


def _check_input(said: UserMessageInput, settings: ChatSettings) -> None:
    if said.attachments:
        raise _not_offered("attachments")
    if said.inference_options.model not in {None, settings.model} or said.inference_options.tool_choice is not None:
        raise _not_offered("another model or tool")
    said.inference_options.model = None
    length = sum(len(part.text) for part in said.content) + len(said.quoted_text or "")
    if length > settings.longest_question or len(said.content) > 50:  # before anything looks through the text
        raise ApiError(
            400, "message_too_long", f"The message has {length} characters.",
            f"Ask in up to {settings.longest_question} characters (longest_question under [chat]).",
        )  # fmt: skip
    for part in said.content:
        part.text = mask(part.text.replace("\x00", ""), settings.mask)
        if isinstance(part, UserMessageTagContent):
            part.data = {}
    said.quoted_text = mask(said.quoted_text.replace("\x00", ""), settings.mask) if said.quoted_text else None
    if not any(part.text.strip() for part in said.content):
        raise ApiError(400, "message_empty", "The message has no text.", "Write a question.")


def _not_offered(what: str) -> ApiError:
    return ApiError(400, "not_offered", f"This service does not offer {what}.", "Leave it out.")


def _first(error: ValidationError | RecursionError) -> str:
    """The first mistake, by its place alone: what was sent may be a customer's text."""
    if isinstance(error, RecursionError):
        return "The request is nested too deeply."
    found = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part)[:60] for part in found["loc"][:8])
    return f"{place}: {found['type']}" if place else f"not a request: {found['type']}"
