"""A made-up source: any number of documents, each made when it is asked for, none remembered."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from sync.errors import Gone
from sync.model import Audience, Change, Cursor, Document, Page

WORDS = [
    "account",
    "address",
    "agent",
    "answer",
    "attach",
    "balance",
    "billing",
    "button",
    "cancel",
    "card",
    "change",
    "charge",
    "customer",
    "deliver",
    "email",
    "error",
    "export",
    "field",
    "file",
    "filter",
    "help",
    "import",
    "invoice",
    "label",
    "language",
    "limit",
    "login",
    "market",
    "message",
    "number",
    "order",
    "page",
    "partner",
    "password",
    "payment",
    "plan",
    "policy",
    "price",
    "product",
    "profile",
    "refund",
    "report",
    "reset",
    "return",
    "rule",
    "schedule",
    "search",
    "section",
    "send",
    "setting",
    "shipping",
    "sign",
    "store",
    "support",
    "team",
    "ticket",
    "token",
    "update",
    "user",
    "verify",
    "view",
    "visitor",
    "window",
    "workspace",
]


@dataclass(frozen=True)
class MadeUp:
    """Implements `sync.model.Connector` over `size` public documents of about `length` characters."""

    size: int
    length: int = 2000
    page: int = 100

    def head(self) -> Cursor:
        return Cursor("0")

    def snapshot(self, after: Cursor | None) -> Page:
        start = int(after or 0)
        end = min(start + self.page, self.size)
        changes = tuple(Change(d.external_id, d.version, d) for d in map(self.document, range(start, end)))
        return Page(changes, Cursor(str(end)), more=end < self.size)

    def changes(self, after: Cursor) -> Page:
        return Page((), after, more=False)

    def fetch(self, external_id: str) -> Document:
        if not external_id.isdecimal() or int(external_id) >= self.size:
            raise Gone(external_id)
        return self.document(int(external_id))

    def document(self, number: int) -> Document:
        """Return the same document for the same number, every time."""
        words = random.Random(number).choices(WORDS, k=self.length // 7)
        paragraphs = [" ".join(words[start : start + 60]) for start in range(0, len(words), 60)]
        return Document(
            external_id=str(number),
            version="1",
            title=f"How to {words[0]} the {words[1]} of {number}",
            body="## Before you begin\n\n" + "\n\n".join(paragraphs),
            url=f"https://help.example.com/articles/{number}",
            updated_at=datetime(2026, 1, 1, tzinfo=UTC),
            audience=Audience.PUBLIC,
            language="en",
            breadcrumb=("Help", words[2].title()),
            labels=(words[3], words[4]),
        )
