"""Rows of the two APIs as records."""

from urllib.parse import quote

from connectors.confluence import responses
from connectors.confluence.records import (
    Attachment,
    Content,
    Facts,
    Kind,
    PageComment,
    Touched,
    document_id,
    one_line,
    time_of,
)
from connectors.http.transport import Json
from connectors.text import clean_text


def content_of(row: Json, kind: Kind, base: str) -> Content:
    version = responses.at(row, "version", "number")
    return Content(
        id=str(row["id"]),
        kind=kind,
        space=str(row.get("spaceId") or ""),
        title=one_line(row.get("title")),
        parent=str(row.get("parentId") or ""),
        parent_kind=str(row.get("parentType") or "") if row.get("parentId") else "",
        number=version if isinstance(version, int) else 0,
        edited_at=time_of(responses.at(row, "version", "createdAt") or row.get("createdAt")),
        url=base + (responses.text_at(row, "_links", "webui") or f"/pages/viewpage.action?pageId={row['id']}"),
        storage=responses.text_at(row, "body", "storage", "value"),
    )


def file_of(row: Json, base: str, container: str = "") -> Attachment:
    """Read an attachment as v2 shows it, or as the search does; `container` where the row does not name it."""
    number, size = (
        responses.at(row, "version", "number"),
        row.get("fileSize") or responses.at(row, "extensions", "fileSize"),
    )
    above = str(row.get("pageId") or row.get("blogPostId") or container_of(row) or container)
    title = clean_text(str(row.get("title") or ""))
    return Attachment(
        id=document_id("attachment", str(row["id"])),
        title=one_line(title),
        media_type=str(row.get("mediaType") or responses.at(row, "extensions", "mediaType") or ""),
        size=size if isinstance(size, int) else 0,
        number=number if isinstance(number, int) else 0,
        edited_at=time_of(
            responses.at(row, "version", "createdAt") or responses.at(row, "version", "when") or row.get("createdAt")
        ),
        container=above,
        url=f"{base}/download/attachments/{above}/{quote(title, safe='')}",
        download=str(row.get("downloadLink") or responses.text_at(row, "_links", "download") or ""),
    )


def facts_of(row: Json) -> Facts | None:
    """Read what the search tells of a content; None where it does not tell all of it."""
    restrictions = responses.at(row, "restrictions", "read", "restrictions")
    if responses.at(row, "metadata", "labels", "results") is None or not isinstance(restrictions, dict):
        return None
    return Facts(
        labels_of(responses.objects_at(row, "metadata", "labels", "results")), responses.is_restriction(restrictions)
    )


def labels_of(rows: list[Json]) -> tuple[str, ...]:
    """Return everybody's labels; those under `my` are one person's."""
    return tuple(sorted({one_line(row.get("name")) for row in rows if row.get("prefix") != "my"} - {""}))


def touched_of(row: Json) -> Touched:
    number = responses.at(row, "version", "number")
    kind = str(row.get("type") or "")
    return Touched(
        kind,
        document_id(kind, str(row["id"])),
        container_of(row),
        number if isinstance(number, int) else 0,
        time_of(responses.at(row, "version", "when")),
        str(row.get("title") or ""),
        str(responses.at(row, "extensions", "mediaType") or responses.at(row, "metadata", "mediaType") or ""),
    )


def container_of(row: Json) -> str:
    named = responses.at(row, "container", "id")
    linked = responses.text_at(row, "_expandable", "container") or ""
    return str(named or linked.rstrip("/").rpartition("/")[2])


def comment_of(row: Json) -> PageComment:
    number = responses.at(row, "version", "number")
    return PageComment(
        id=str(row["id"]),
        number=number if isinstance(number, int) else 0,
        edited_at=time_of(responses.at(row, "version", "createdAt") or responses.at(row, "version", "when")),
        author=responses.text_at(row, "version", "authorId") or "",
        name=one_line(responses.text_at(row, "version", "by", "displayName")),
        storage=responses.text_at(row, "body", "storage", "value") or "",
    )
