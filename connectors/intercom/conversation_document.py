"""What an Intercom conversation says: what was said in public, as one document. Never who said it by name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from connectors import attachments, dialogue
from connectors.attachments import AttachedFile
from connectors.dialogue import Comment, Dialogue, PersonId
from connectors.http.transport import Json
from connectors.intercom import signed_links
from connectors.intercom.article_document import moment
from connectors.intercom.pagination import whole
from connectors.translation import one_line
from sync.model import Document

FORMAT = "1"
PREFIX = "conversation:"
MAX_PARTS = 500
SAID = frozenset({"comment", "open", "close", "assignment", "assign_and_reopen", "snoozed", "message", "quick_reply"})
"""The parts that a customer may see, where they have words. A note is not among them, nor what nobody knows yet."""
CUSTOMERS = frozenset({"user", "lead", "contact", "visitor"})
ROLES: Mapping[str, str] = {"admin": "Agent", "team": "Agent", "bot": "Bot"}

_TAG = re.compile(r"<[^<>]{0,500}>")
_MARKUP = re.compile(r"<(?:p|div|h\d|ul|ol|img|pre|table|blockquote|br)\b", re.IGNORECASE)


def conversation_id(row: Json) -> str:
    return f"{PREFIX}{row['id']}"


def version_of(row: Json) -> str:
    """Return the version that lists and a single read agree on: they show the text in different ways."""
    source = row.get("source")
    redacted = isinstance(source, dict) and source.get("redacted") is True
    return f"{FORMAT}.{whole(row.get('updated_at')) or 0}" + (".redacted" if redacted else "")


def document(row: Json, url: str) -> Document:
    """Build the document of a conversation with its parts; one in which nothing is public says so."""
    said = comments(row)
    shown = Dialogue(
        external_id=conversation_id(row),
        title=subject_of(row),
        untitled=f"Conversation {row['id']}",
        url=url,
        customer=customer_of(row),
        names=_roles(row),
        labels=tuple(sorted({one_line(tag) for tag in tags_of(row)})),
        attributes={"status": str(row["state"])[:256]} if row.get("state") else {},
    )
    found = dialogue.document(shown, said)
    if found is None:
        nothing = Comment(0, "", moment(row.get("created_at")), public=True, text="")
        found = dialogue.document(shown, [nothing])
        assert found is not None  # noqa: S101  it has a comment
        found = replace(found, body="", problem="nothing in it is public")
    return replace(found, version=version_of(row), problem=found.problem or _missing(row))


def subject_of(row: Json) -> str:
    """Return what the conversation is called, '' where it is not."""
    return one_line(row.get("title")) or one_line(_TAG.sub(" ", str(_source(row).get("subject") or "")))


def comments(row: Json) -> list[Comment]:
    """Return what was said, the first message first; private and redacted messages carry no words."""
    said = [one for one in messages(row) if one[0].get("body") or one[0].get("attachments")]
    return [_comment(number, part, who, public=public) for number, (part, who, public) in enumerate(said)]


def messages(row: Json) -> Iterator[tuple[Json, PersonId, bool]]:
    """The first message, and each other that has words or files: as it is, who wrote it, whether a customer sees it."""
    source = _source(row)
    if source:
        whole_source = {**source, "created_at": row.get("created_at")}
        yield whole_source, author_of(source), source.get("redacted") is not True
    for part in parts_of(row):
        if part.get("body") or part.get("attachments"):
            yield part, author_of(part), part.get("part_type") in SAID and part.get("redacted") is not True


def parts_of(row: Json) -> list[Json]:
    """Return the parts that an answer shows, oldest first."""
    listed = row.get("conversation_parts")
    parts = listed.get("conversation_parts") if isinstance(listed, dict) else None
    found = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return sorted(found, key=lambda part: whole(part.get("created_at")) or 0)


def files_of(row: Json) -> tuple[AttachedFile, ...]:
    """Return the files with text of what is public, each once."""
    found = {file.id: file for comment in comments(row) for file in comment.files}
    return attachments.readable(list(found.values()))


def words_of(part: Json) -> str:
    """Return what a message says as Markdown, e-mail addresses masked, without addresses that expire."""
    body = signed_links.without(str(part.get("body") or "")).strip()
    return dialogue.said(html=body) if _MARKUP.match(body) else dialogue.said(plain=body)


def author_of(part: Json) -> PersonId:
    author = part.get("author")
    return f"{author.get('type')}:{author.get('id')}" if isinstance(author, dict) else ""


def customer_of(row: Json) -> PersonId | None:
    """Return who asked: the one who opened the conversation, or else its first contact that wrote."""
    for _, who, _ in messages(row):
        if str(who).partition(":")[0] in CUSTOMERS:
            return who
    return None


def tags_of(row: Json) -> list[object]:
    tags = row.get("tags")
    listed = tags.get("tags") if isinstance(tags, dict) else None
    return [tag.get("name") for tag in listed if isinstance(tag, dict)] if isinstance(listed, list) else []


def unseen_parts(row: Json) -> int:
    """Return how many parts an answer does not show: the oldest, above five hundred."""
    listed, statistics = row.get("conversation_parts"), row.get("statistics")
    counted = [
        whole(listed.get("total_count")) if isinstance(listed, dict) else None,
        (whole(statistics.get("count_conversation_parts")) or 0) - 1 if isinstance(statistics, dict) else None,
    ]
    return max(0, max(filter(None, counted), default=0) - len(parts_of(row)))


def _comment(number: int, part: Json, who: PersonId, *, public: bool) -> Comment:
    return Comment(
        id=number,
        author=who,
        created_at=moment(part.get("created_at")),
        public=public,
        text=words_of(part) if public else "",
        files=attachments.readable(_files(part)) if public else (),
    )


def _files(part: Json) -> list[AttachedFile]:
    listed = part.get("attachments")
    return [
        AttachedFile(
            id=signed_links.bare(str(file["url"])),
            name=str(file.get("name") or "file"),
            media_type=str(file.get("content_type") or ""),
            size=whole(file.get("filesize")) or 0,
            url=str(file["url"]),
        )
        for file in (listed if isinstance(listed, list) else [])
        if isinstance(file, dict) and file.get("url")
    ]


def _roles(row: Json) -> dict[PersonId, str]:
    """What those who are not customers are called: a name says nothing that an answer needs."""
    found = {who: ROLES.get(str(who).partition(":")[0], "") for _, who, _ in messages(row)}
    return {who: role for who, role in found.items() if role}


def _source(row: Json) -> Json:
    source = row.get("source")
    return source if isinstance(source, dict) else {}


def _missing(row: Json) -> str:
    unseen = unseen_parts(row)
    return f"Intercom shows its {MAX_PARTS} newest messages only; {unseen} older ones are missing" if unseen else ""
