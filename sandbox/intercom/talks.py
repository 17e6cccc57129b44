"""Edits of conversations: what customers, teammates and bots say and do in them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sandbox.intercom.records import Author, Conversation, Deleted, IntercomWorkspace, Message, MessageFile

CUSTOMER = Author("user", "6762f0f31bb69f9f2193bb8b", "Ann Olsen", "ann.o@mail.test")
AGENT = Author("admin", "991010", "Dana Reyes", "dana.reyes@acme.test")
BOT = Author("bot", "5221", "Fin", "operator+acme12@intercom.io", from_ai_agent=True)
REDACTED = "<p><i>This message was deleted</i></p>"


class Talks:
    """Every edit stamps the conversation; reading it does not."""

    def __init__(self, world: IntercomWorkspace) -> None:
        self.world = world

    def put_conversation(
        self,
        body: str,
        replies: Sequence[tuple[Author, str]] = (),
        *,
        subject: str = "",
        title: str | None = None,
        author: Author = CUSTOMER,
        files: Sequence[tuple[str, bytes, str]] = (),
        state: Any = "open",
        at: int | None = None,
        **fields: Any,
    ) -> int:
        """Make a conversation that its author opened, with what was replied, a minute apart."""
        number, now = self.world.new_id(), at or self.world.now()
        source = Message(self.world.new_id(), "source", body, author, now, self._files(files))
        parts = tuple(
            Message(self.world.new_id(), "comment", said, who, now + 60 * place)
            for place, (who, said) in enumerate(replies, start=1)
        )
        last = parts[-1].created_at if parts else now
        contact = author if author.type in ("user", "lead") else CUSTOMER
        filled: dict[str, Any] = {"tags": (), "team": 0, "assignee": 0, "contact": contact} | fields
        self.world.conversations[number] = Conversation(
            number,
            subject,
            title,
            source,
            "customer_initiated" if author.type in ("user", "lead") else "admin_initiated",
            parts=parts,
            state=state,
            created_at=now,
            updated_at=last,
            closed_at=last if state == "closed" else None,
            **filled,
        )
        return number

    def say(
        self,
        number: int,
        body: str | None,
        author: Author = AGENT,
        part_type: str = "comment",
        files: Sequence[tuple[str, bytes, str]] = (),
    ) -> int:
        """Add a part, of any type."""
        part = Message(self.world.new_id(), part_type, body, author, self.world.now(), self._files(files))
        self.change(number, parts=(*self.world.conversations[number].parts, part))
        return part.id

    def redact(self, number: int, part: int | None = None) -> None:
        """Replace what a part said, or the first message."""
        old = self.world.conversations[number]
        if part is None:
            self.change(number, source=replace(old.source, body=REDACTED, redacted=True, attachments=()))
            return
        parts = tuple(
            replace(one, body=REDACTED, redacted=True, attachments=()) if one.id == part else one for one in old.parts
        )
        self.change(number, parts=parts)

    def change(self, number: int, **fields: Any) -> None:
        """Change tags, title, state or anything else."""
        now = self.world.now()
        self.world.conversations[number] = replace(self.world.conversations[number], updated_at=now, **fields)

    def close(self, number: int) -> None:
        now = self.world.now()
        self.say(number, None, AGENT, "close")
        self.change(number, state="closed", closed_at=now)

    def mark_read(self, number: int) -> None:
        self.world.conversations[number] = replace(self.world.conversations[number], read=True)

    def delete_conversation(self, number: int) -> None:
        del self.world.conversations[number]
        self.world.deleted.append(Deleted(number, self.world.now()))

    def _files(self, files: Sequence[tuple[str, bytes, str]]) -> tuple[MessageFile, ...]:
        return tuple(MessageFile(self.world.new_id(), name, content, kind) for name, content, kind in files)
