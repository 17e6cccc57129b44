"""Records as each generation of the API shows them."""

from urllib.parse import quote, quote_plus

from sandbox.confluence.records import Content, Site, Space, iso
from sandbox.http import Json


def space(record: Space) -> Json:
    return {
        "id": str(record.id),
        "key": record.key,
        "name": record.name,
        "type": record.type,
        "status": record.status,
        "authorId": "557058:admin",
        "createdAt": iso(record.created_at),
        "homepageId": None,
        "description": None,
        "icon": None,
        "currentActiveAlias": record.key,
        "_links": {"webui": f"/spaces/{record.key}"},
    }


def version(record: Content) -> Json:
    return {
        "createdAt": iso(record.modified_at),
        "message": "",
        "number": record.number,
        "minorEdit": False,
        "authorId": record.author,
    }


def page(world: Site, record: Content, bodies: dict[str, str]) -> Json:
    """A page or a blog post, in a list or alone."""
    above = world.contents.get(record.parent) if record.parent is not None else None
    shape: Json = {
        "id": str(record.id),
        "status": record.status,
        "title": record.title,
        "spaceId": str(record.space),
        "authorId": record.author,
        "createdAt": iso(record.created_at),
        "version": version(record),
        "body": {name: {"representation": name, "value": value} for name, value in bodies.items()},
        "_links": {
            "webui": webui(world, record),
            "editui": f"/pages/resumedraft.action?draftId={record.id}",
            "tinyui": f"/x/{record.id:x}",
        },
    }
    if record.kind == "page":
        shape |= {
            "parentId": str(above.id) if above else None,
            "parentType": above.kind if above else None,
            "position": 4,
            "ownerId": record.author,
            "lastOwnerId": None,
            "subtype": record.subtype,
        }
    return shape


def webui(world: Site, record: Content) -> str:
    key = world.spaces[record.space].key
    name = quote_plus(record.title)
    return (
        f"/spaces/{key}/blog/{iso(record.created_at)[:10].replace('-', '/')}/{record.id}/{name}"
        if record.kind == "blogpost"
        else f"/spaces/{key}/pages/{record.id}/{name}"
    )


def attachment(world: Site, record: Content) -> Json:
    above = world.contents[record.parent or 0]
    place = {"blogpost": "blogPostId"}.get(above.kind, "pageId")
    download = f"/download/attachments/{above.id}/{quote(record.title)}?version={record.number}&cacheVersion=1&api=v2"
    shown = f"/pages/viewpageattachments.action?pageId={above.id}&preview=%2F{above.id}%2F{record.id}"
    return {
        "id": f"att{record.id}",
        "status": record.status,
        "title": record.title,
        "createdAt": iso(record.created_at),
        place: str(above.id),
        "mediaType": record.media_type,
        "mediaTypeDescription": "File",
        "comment": "",
        "fileId": f"00000000-0000-0000-0000-{record.id:012d}",
        "fileSize": len(record.file),
        "webuiLink": shown,
        "downloadLink": download,
        "version": version(record),
        "_links": {"webui": shown, "download": download},
    }


def comment(world: Site, record: Content, body_format: str | None) -> Json:
    shape: Json = {
        "id": str(record.id),
        "status": record.status,
        "title": f"Re: {record.title}",
        "version": version(record),
        "body": {},
        "_links": {
            "webui": f"/spaces/{world.spaces[record.space].key}/pages/{record.parent}?focusedCommentId={record.id}"
        },
    }
    if record.reply_to is not None:
        shape["parentCommentId"] = str(record.reply_to)
    else:
        shape["blogPostId" if world.contents[record.parent or 0].kind == "blogpost" else "pageId"] = str(record.parent)
    if body_format:
        shape["body"] = {"storage": {"representation": "storage", "value": record.storage}}
    return shape


def label(number: int, name: str) -> Json:
    return {"id": str(number), "name": name, "prefix": "global"}


def v1_content(world: Site, record: Content, expand: frozenset[str], site: str) -> Json:
    """Anything as v1 shows it: an id that is text, and only what was asked to be expanded."""
    number = f"att{record.id}" if record.kind == "attachment" else str(record.id)
    shape: Json = {
        "id": number,
        "type": record.kind,
        "status": record.status,
        "title": record.title,
        "extensions": _extensions(record),
        "_expandable": {},
        "_links": {
            "self": f"{site}/rest/api/content/{number}",
            "tinyui": f"/x/{record.id:x}",
            "webui": _v1_webui(world, record),
        },
    }
    if record.kind == "attachment":
        shape["_links"]["download"] = attachment(world, record)["downloadLink"]
        shape["metadata"] = {"mediaType": record.media_type, "comment": ""}
    if "version" in expand:
        shape["version"] = {"number": record.number, "when": iso(record.modified_at), "minorEdit": False}
    if "body.storage" in expand:
        shape["body"] = {"storage": {"value": record.storage, "representation": "storage"}}
    if "space" in expand:
        shape["space"] = {"id": record.space, "key": world.spaces[record.space].key, "type": "space"}
    if "ancestors" in expand:
        above = [c for c in world.above(record) if c.kind == "page"]
        shape["ancestors"] = [
            {"id": str(c.id), "type": c.kind, "status": c.status, "title": c.title} for c in reversed(above)
        ]
    if "container" in expand:
        shape["container"] = _container(world, record)
    if "metadata.labels" in expand:
        labels = [label(n, name) for n, name in enumerate(record.labels, 1)]
        shape.setdefault("metadata", {})["labels"] = {"results": labels, "start": 0, "limit": 200, "size": len(labels)}
    if any(name.startswith("restrictions.read") for name in expand):
        shape["restrictions"] = {"read": restrictions(record)}
    return shape


def restrictions(record: Content) -> Json:
    readers = sorted(record.readers or ())
    users = [{"type": "known", "accountId": reader} for reader in readers if not reader.startswith("group:")]
    groups = [{"type": "group", "name": reader[6:]} for reader in readers if reader.startswith("group:")]
    return {
        "operation": "read",
        "restrictions": {
            "user": {"results": users, "start": 0, "limit": 200, "size": len(users)},
            "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
        },
    }


def _container(world: Site, record: Content) -> Json:
    if record.kind in ("attachment", "comment"):
        above = world.contents[record.parent or 0]
        return {"id": str(above.id), "type": above.kind, "status": above.status, "title": above.title}
    return {"id": record.space, "key": world.spaces[record.space].key, "type": "global"}


def _extensions(record: Content) -> Json:
    if record.kind == "attachment":
        return {"mediaType": record.media_type, "fileSize": len(record.file)}
    return {"location": record.location} if record.kind == "comment" else {"position": 4}


def _v1_webui(world: Site, record: Content) -> str:
    if record.kind in ("attachment", "comment"):
        return f"/pages/viewpage.action?pageId={record.parent}"
    return webui(world, record)
