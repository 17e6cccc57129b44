"""A file as Zendesk lists it, of an article or of a comment."""

from connectors.attachments import AttachedFile
from connectors.http.transport import Json


def attached_file(row: Json) -> AttachedFile:
    """Read a row of `article_attachments`, or of a comment's `attachments`."""
    return AttachedFile(
        id=str(row["id"]),
        name=str(row.get("file_name") or row.get("display_file_name") or row["id"]),
        media_type=str(row.get("content_type") or ""),
        size=int(row.get("size") or 0),
        url=str(row.get("content_url") or ""),
    )
