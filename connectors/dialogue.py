"""Dialogues: what was said in public about one request, as one document. Never who wrote from which address."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors import text
from connectors.attachments import AttachedFile
from sync.model import Attributes, Audience, Document

FORMAT = "2"  # part of every version: a new way to build documents renews them all

_MAILBOX = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")

PersonId = int | str


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; a private one carries no text and no files. `text` is Markdown without addresses: see `said`."""

    id: int
    author: PersonId
    created_at: datetime
    public: bool
    text: str
    files: tuple[AttachedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A ticket or conversation, without its comments. `untitled`: what it is called where it has no title.

    `names`: of those whom the ticket itself names. For them alone a listing and a single read know the same.
    """

    external_id: str
    title: str
    untitled: str
    url: str
    customer: PersonId | None
    names: Mapping[PersonId, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    attributes: Attributes = field(default_factory=dict)


def said(*, plain: str = "", html: str = "") -> str:
    """Return what a comment says as Markdown, its e-mail addresses masked; from the plain text where there is one."""
    return mask(text.from_plain(plain) if plain else text.to_markdown(html, ""))


def document(dialogue: Dialogue, comments: Iterable[Comment]) -> Document | None:
    """Build the document of the public comments, oldest first; None where there is none. Always internal.

    The version goes by who wrote what, not by names: a listing does not know everybody's.
    """
    public = sorted((c for c in comments if c.public), key=lambda c: (c.created_at, c.id))
    if not public:
        return None
    title = mask(" ".join(text.clean_text(dialogue.title).split())) or dialogue.untitled
    labels, attributes = dialogue.labels, dialogue.attributes
    seed = [FORMAT, title, labels, sorted(attributes.items()), [(c.author, c.text) for c in public]]
    return Document(
        external_id=dialogue.external_id,
        version=hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32],
        title=title,
        body="\n\n".join(f"**{_author(c, dialogue)}** ({c.created_at:%Y-%m-%d}):\n\n{c.text}" for c in public),
        url=dialogue.url,
        updated_at=public[-1].created_at,
        audience=Audience.INTERNAL,
        labels=labels,
        attributes=attributes,
    )


def mask(words: str) -> str:
    """Replace e-mail addresses."""
    return _MAILBOX.sub("[email]", words)


def _author(comment: Comment, dialogue: Dialogue) -> str:
    name = dialogue.names.get(comment.author, "")
    if not name or _MAILBOX.search(name):
        return "Customer" if comment.author == dialogue.customer else "Participant"
    return text.from_plain(" ".join(name.split()))
