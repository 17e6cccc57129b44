"""What a message is to us: who says it, whether it says anything, and what it says as Markdown."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.http.transport import Json
from connectors.slack import blocks, mrkdwn, timestamps
from connectors.slack.mrkdwn import Ids, MentionNames, link, literal

HOUSEKEEPING = frozenset(
    (
        "bot_add",
        "bot_disable",
        "bot_enable",
        "bot_remove",
        "ekm_access_denied",
        "huddle_thread",
        "pinned_item",
        "reminder_add",
        "sh_room_created",
        "tombstone",
        "unpinned_item",
    )
)
HOUSEKEEPERS = ("channel_", "group_")
GONE_FILES = frozenset(("tombstone", "hidden_by_limit"))

_WORD = re.compile(r"\w+")
_IDS = Ids()


def speaks(message: Json) -> bool:
    """Whether the message is somebody's words, not the channel's housekeeping nor what is left of a deleted one."""
    subtype = str(message.get("subtype") or "")
    return not (subtype in HOUSEKEEPING or subtype.startswith(HOUSEKEEPERS) or message.get("hidden"))


def is_parent(message: Json) -> bool:
    """Whether it heads a thread; one that lost all replies says that it has none, or says nothing of threads."""
    count = message.get("reply_count")
    return count > 0 if isinstance(count, int) else message.get("thread_ts") == message["ts"]


def parent_of(message: Json) -> str:
    """The ts of the thread that the message replies to; '' for a message that replies to nothing."""
    parent = message.get("thread_ts")
    return str(parent) if timestamps.is_ts(parent) and parent != message["ts"] else ""


def by_bot(message: Json, is_bot: Callable[[str], bool]) -> bool:
    """Whether an integration wrote it; what a person sent through an app is the person's. `is_bot` knows user ids."""
    user = str(message.get("user") or "")
    return message.get("subtype") == "bot_message" or (bool(message.get("bot_id")) and (not user or is_bot(user)))


def author(message: Json) -> str:
    """The id of whoever wrote it."""
    return str(message.get("user") or message.get("bot_id") or "")


def edited_at(message: Json) -> datetime:
    """When it was last written to."""
    edited = message.get("edited")
    ts = edited.get("ts") if isinstance(edited, dict) else None
    return timestamps.moment(str(ts)) if timestamps.is_ts(ts) else timestamps.moment(message["ts"])


def fingerprint(message: Json) -> str:
    """What differs whenever the message reads differently; reactions and renamed people change nothing."""
    files = [[file.get(name) for name in ("id", "name", "title", "mode", "file_access")] for file in files_of(message)]
    edited = message.get("edited")
    seen = [
        message["ts"],
        author(message),
        message.get("username"),
        edited.get("ts") if isinstance(edited, dict) else None,
        said(message, _IDS) if speaks(message) else None,
        files,
    ]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]


def said(message: Json, names: MentionNames) -> str:
    """Return the words as Markdown: blocks where there are, for they show more; what only `text` says, too."""
    shown = blocks.to_markdown(message.get("blocks"), names)
    plain = mrkdwn.to_markdown(str(message.get("text") or ""), names)
    attached = _attachments(message.get("attachments"), names, alone=not (shown or plain))
    parts = [shown] if shown and _covered(plain, shown) else [plain, shown]
    body = "\n\n".join(part for part in (*parts, attached) if part)
    return f"_{body}_" if message.get("subtype") == "me_message" and body and "\n" not in body else body


def files_of(message: Json) -> Sequence[Json]:
    """The files that came with it and are still there."""
    files = message.get("files")
    found = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    return [file for file in found if file.get("mode") not in GONE_FILES and file.get("id")]


def _covered(plain: str, shown: str) -> bool:
    """Whether what is shown says at least half of the words of the plain text."""
    wanted, found = Counter(_WORD.findall(plain)), Counter(_WORD.findall(shown))
    return 2 * sum(min(n, found[word]) for word, n in wanted.items()) >= wanted.total()


def _attachments(attachments: object, names: MentionNames, *, alone: bool) -> str:
    return "\n\n".join(filter(None, (_attachment(row, names, alone=alone) for row in blocks.records(attachments))))


def _attachment(row: Json, names: MentionNames, *, alone: bool) -> str:
    """One attachment; of the preview of a linked page only its title, unless nothing else is said."""
    title = link(str(row.get("title_link") or row.get("from_url") or ""), _plain(row.get("title"), names))
    if not row.get("title"):
        title = ""
    preview = bool(row.get("from_url")) and not (row.get("is_msg_unfurl") or row.get("is_share"))
    if preview and not alone:
        return title
    parts = [_mrkdwn(row.get("pretext"), names), title, _mrkdwn(row.get("text"), names)]
    parts += [_field(field, names) for field in blocks.records(row.get("fields"))]
    parts += [blocks.to_markdown(row.get("blocks"), names), blocks.to_markdown(_message_blocks(row), names)]
    if not any(parts):
        parts = [_mrkdwn(row.get("fallback"), names)]
    parts.append(_buttons(row))
    whose = literal(" ".join(str(row.get("author_name") or "").split()))
    body = "\n\n".join(part for part in parts if part)
    if row.get("is_msg_unfurl") or row.get("is_share"):  # its footer only says where it stands
        return mrkdwn.quoted(f"{whose}: {body}") if whose and body else body
    author = link(str(row.get("author_link") or ""), whose) if whose else ""
    return "\n\n".join(part for part in (author, body, _mrkdwn(row.get("footer"), names)) if part)


def _buttons(row: Json) -> str:
    """The buttons of an attachment that lead somewhere."""
    led = [button for button in blocks.records(row.get("actions")) if button.get("url")]
    return " · ".join(link(str(button["url"]), str(button.get("text") or "")) for button in led)


def _message_blocks(row: Json) -> list[object]:
    """The blocks of a message that is shared inside of another one."""
    found = []
    for one in blocks.records(row.get("message_blocks")):
        message = one.get("message")
        if isinstance(message, dict) and isinstance(message.get("blocks"), list) and not row.get("text"):
            found += message["blocks"]
    return found


def _field(field: Json, names: MentionNames) -> str:
    title, value = _plain(field.get("title"), names), _mrkdwn(field.get("value"), names)
    return f"**{title}:** {value}" if title and value else title or value


def _mrkdwn(said: object, names: MentionNames) -> str:
    return mrkdwn.to_markdown(str(said), names) if said else ""


def _plain(said: object, names: MentionNames) -> str:
    return " ".join(_mrkdwn(said, names).replace("**", "").split())
