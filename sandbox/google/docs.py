"""The Docs API: one document as JSON, with its tabs, and its suggestions as the request asks to see them."""

from typing import Any

from sandbox.google import answers
from sandbox.google.records import DOC, File
from sandbox.google.request import Request
from sandbox.http import Answer, Json

WITHOUT = "PREVIEW_WITHOUT_SUGGESTIONS"
ACCEPTED = "PREVIEW_SUGGESTIONS_ACCEPTED"
INLINE = "SUGGESTIONS_INLINE"


def get_document(request: Request) -> Answer:
    """The document. Without `includeTabsContent` it is the first tab alone, as it was before there were tabs."""
    record = _document(request)
    mode = _mode(request, record)
    tabs = [_tab(tab, mode, level=0, index=index) for index, tab in enumerate(record.tabs)]
    body: Json = {
        "documentId": record.id,
        "title": record.name,
        "revisionId": f"ALm37BV{record.version}",
        "suggestionsViewMode": mode,
    }
    if request.params.get("includeTabsContent") == "true":
        return Answer(body | {"tabs": tabs})
    return Answer(body | (tabs[0]["documentTab"] if tabs else {}))


def _document(request: Request) -> File:
    if request.world.docs_disabled:
        message = "Google Docs API has not been used in project 1030 before or it is disabled."
        problem = answers.docs(403, "PERMISSION_DENIED", message)
        detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}
        problem.answer.body["error"]["details"] = [detail | {"domain": "googleapis.com"}]
        raise problem
    record = request.world.files.get(request.place["id"])
    if record is None or not request.world.visible(record):
        raise answers.docs(404, "NOT_FOUND", "Requested entity was not found.")
    if record.mime != DOC:
        raise answers.docs(400, "FAILED_PRECONDITION", "This operation is not supported for this document")
    return record


def _mode(request: Request, record: File) -> str:
    asked = request.params.get("suggestionsViewMode", "DEFAULT_FOR_CURRENT_ACCESS")
    if asked == "DEFAULT_FOR_CURRENT_ACCESS":
        return INLINE if record.editor else WITHOUT
    refused = record.id in request.world.preview_refused and asked in (WITHOUT, ACCEPTED)
    if refused or (asked == INLINE and not record.editor):
        raise answers.docs(403, "PERMISSION_DENIED", "The caller does not have permission")
    return asked


def _tab(tab: Json, mode: str, *, level: int, index: int) -> Json:
    properties = tab["tabProperties"] | {"index": index} | ({"nestingLevel": level} if level else {})
    shown: Json = {"tabProperties": properties, "documentTab": _seen(tab["documentTab"], mode)}
    below = [_tab(child, mode, level=level + 1, index=number) for number, child in enumerate(tab.get("childTabs", ()))]
    return shown | ({"childTabs": below} if below else {})


def _seen(value: Any, mode: str) -> Any:
    """Take out what the mode does not show: what is only proposed, or what is proposed to go."""
    if isinstance(value, list):
        return [
            _seen(each, mode) for each in value if not any(_is_hidden(part, mode) for part in (each, *_parts(each)))
        ]
    if not isinstance(value, dict):
        return value
    marks = () if mode == INLINE else ("suggestedInsertionIds", "suggestedDeletionIds", "suggestedInsertionId")
    return {name: _seen(each, mode) for name, each in value.items() if name not in marks and not _is_hidden(each, mode)}


def _parts(value: Any) -> list[Any]:
    """What an element of a list wraps: `{"textRun": …}`."""
    return [part for part in value.values() if isinstance(part, dict)] if isinstance(value, dict) else []


def _is_hidden(value: Any, mode: str) -> bool:
    if not isinstance(value, dict):
        return False
    inserted = bool(value.get("suggestedInsertionIds") or value.get("suggestedInsertionId"))
    return (mode == WITHOUT and inserted) or (mode == ACCEPTED and bool(value.get("suggestedDeletionIds")))
