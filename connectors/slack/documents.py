"""A thread, or a day's messages that nobody replied to, as a document. Always internal."""

import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.http.transport import Json
from connectors.language import language_of
from connectors.slack import messages, timestamps
from connectors.slack.channels import Gap, SlackChannel
from connectors.slack.files import Files
from connectors.slack.mrkdwn import literal
from connectors.slack.users import Users
from sync.model import Audience, Document

FORMAT = "2"  # part of every version: a new way to build documents renews them all
MAX_TITLE_LENGTH = 100
MAX_FIRST_LINE = 2000  # characters that are looked at for a title

_ID = re.compile(r"(?<![0-9A-Z])([CDG][0-9A-Z]++):(?:day:([0-9-]+)|([0-9.]+))")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\[\]\\])*+)\]\([^()\s]*+\)")
_MARKS = re.compile(r"^(?:[>\s]|- |\d+\. |\|)+|\*\*|~~|`|\\(?=[#\[\]])")


@dataclass(frozen=True, slots=True)
class DocumentName:
    """What an external id says: a channel, and a day or a thread's ts."""

    channel: str
    day: str
    ts: str


def thread_id(channel: str, ts: str) -> str:
    return f"{channel}:{ts}"


def day_id(channel: str, day: str) -> str:
    return f"{channel}:day:{day}"


def name_of(external_id: str) -> DocumentName | None:
    """Read an id that we made, None for any other."""
    found = _ID.fullmatch(external_id)
    if found is None or not (timestamps.day(found[2] or "") or timestamps.is_ts(found[3])):
        return None
    return DocumentName(found[1], found[2] or "", found[3] or "")


class DocumentBuilder:
    """Builds documents out of messages. `people` names their authors, `files` reads what came with them."""

    def __init__(self, people: Users, files: Files) -> None:
        self._users = people
        self._files = files

    def build(
        self, external_id: str, version: str, channel: SlackChannel, said: Sequence[Json], home: str, *, allowed: bool
    ) -> Document:
        """Return the document of these messages, oldest first. `home`: the workspace's address.

        `allowed`: the token may read files. Raises Retryable.
        """
        entries = [self._entry(message, allowed=allowed) for message in said]
        problems = dict.fromkeys(problem for _, _, found in entries for problem in found)
        body = "\n\n".join(f"{head}\n\n{text}" for head, text, _ in entries)
        title = next((found for _, text, _ in entries if (found := title_of(text))), "")
        name = name_of(external_id)
        day = name.day if name else ""
        first = said[0]["ts"] if said else name.ts if name else ""
        return Document(
            external_id=external_id,
            version=version,
            title=(f"{title} ({day})" if day else title) or f"Thread in {channel.name}",
            body=body,
            url=permalink(home, channel.id, name.ts if name and name.ts else first),
            updated_at=max(map(messages.edited_at, said), default=timestamps.moment(first)),
            audience=Audience.INTERNAL,
            language=language_of("\n\n".join(text for _, text, _ in entries)),
            breadcrumb=(channel.name,),
            attributes={"channel": channel.name},
            problem="; ".join(problems) or ("" if said else "nothing in it is text: its messages are gone"),
        )

    def _entry(self, message: Json, *, allowed: bool) -> tuple[str, str, list[str]]:
        """One message: who wrote it and when, what it says with its files, and what could not be read."""
        attached = [self._files.read(file, allowed=allowed) for file in messages.files_of(message)]
        text = messages.said(message, self._users)
        parts = [part for part in (text, *(one.markdown for one in attached)) if part]
        head = f"**{literal(self._users.author(message))}** ({timestamps.moment(message['ts']):%Y-%m-%d}):"
        return head, "\n\n".join(parts), [one.problem for one in attached if one.problem]


def gap_document(gap: Gap, home: str) -> Document:
    """The document that tells people of a conversation which is not read: nothing but its problem."""
    return Document(
        external_id=gap.id,
        version=hashlib.sha256(json.dumps([FORMAT, gap.name, gap.why]).encode()).hexdigest()[:32],
        title=gap.name,
        body="",
        url=f"{home}archives/{gap.id.partition(':')[0]}",
        updated_at=timestamps.EPOCH,
        audience=Audience.INTERNAL,
        problem=gap.why,
    )


def permalink(home: str, channel: str, ts: str) -> str:
    return f"{home}archives/{channel}/p{ts.replace('.', '')}"


def title_of(markdown: str) -> str:
    """The first words of a message, without their marks."""
    for line in _CODE.sub("", markdown).split("\n"):
        plain = html.unescape(_MARKS.sub("", _LINK.sub(r"\1", line[:MAX_FIRST_LINE])))
        words = " ".join(plain.split())
        if any(letter.isalnum() for letter in words):
            return (
                words
                if len(words) <= MAX_TITLE_LENGTH
                else words[:MAX_TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + "…"
            )
    return ""
