"""The endpoints of the second generation: spaces, pages, blog posts, attachments, comments, folders, users."""

from collections.abc import Callable

from sandbox.confluence import answers, shapes
from sandbox.confluence.paging import Key, by_cursor
from sandbox.confluence.records import Content, Kind, Space
from sandbox.confluence.rendering import FORMATS, rendered
from sandbox.confluence.request import Request, ids_of
from sandbox.confluence.visibility import VISITOR, sees, sees_space
from sandbox.http import Answer, Json, json_object

SORTS: dict[str, Callable[[Content], Key]] = {
    "id": lambda c: (c.id,),
    "created-date": lambda c: (c.created_at, c.id),
    "modified-date": lambda c: (c.modified_at, c.id),
    "title": lambda c: (c.title, c.id),
}
STATUSES = frozenset({"current", "archived", "deleted", "trashed"})
SINGLE_STATUSES = STATUSES | {"historical", "draft"}
BULK_FORMATS = frozenset({"storage", "atlas_doc_format"})
SPACE_TYPES = frozenset(
    {"global", "collaboration", "knowledge_base", "personal", "system", "onboarding", "xflow_sample_space"}
)


def spaces(request: Request) -> Answer:
    keys = frozenset(request.text("keys").split(",")) - {""}
    ids, status = ids_of(request, "ids", 250), request.several_of("status", frozenset({"current", "archived"}))
    types = request.several_of("type", SPACE_TYPES)

    def wanted(space: Space) -> bool:
        return (
            sees_space(space, request.caller)
            and (not keys or space.key in keys)
            and (ids is None or space.id in ids)
            and (not status or space.status in status)
            and (not types or space.type in types)
        )

    found = [space for space in list(request.world.spaces.values()) if wanted(space)]
    return by_cursor(request, found, lambda s: (s.id,), shapes.space)


def pages(request: Request) -> Answer:
    return _listing(request, "page")


def blog_posts(request: Request) -> Answer:
    return _listing(request, "blogpost")


def page(request: Request) -> Answer:
    return _single(request, "page")


def blog_post(request: Request) -> Answer:
    return _single(request, "blogpost")


def ancestors(request: Request) -> Answer:
    above = [*request.world.above(_seen(request, "page"))]
    results = [{"id": str(c.id), "type": c.kind} for c in reversed(above)]
    return Answer({"results": results, "_links": {"base": request.origin}})


def folder(request: Request) -> Answer:
    record = _seen(request, "folder")
    above = request.world.contents.get(record.parent or 0)
    return Answer(
        {
            "id": str(record.id),
            "type": "folder",
            "status": record.status,
            "title": record.title,
            "parentId": str(above.id) if above else None,
            "parentType": above.kind if above else None,
            "position": 1,
            "authorId": record.author,
            "ownerId": record.author,
            "createdAt": int(record.created_at * 1000),
            "spaceId": str(record.space),
            "version": shapes.version(record),
            "_links": {
                "webui": f"/spaces/{request.world.spaces[record.space].key}/folder/{record.id}",
                "base": request.origin,
            },
        }
    )


def attachments(request: Request) -> Answer:
    return _attachments(request, request.world.of("attachment"))


def attachments_of(request: Request) -> Answer:
    above = _seen(request, "page", "blogpost")
    return _attachments(request, [c for c in request.world.of("attachment") if c.parent == above.id])


def attachment(request: Request) -> Answer:
    number = request.place["id"].removeprefix("att")
    record = request.world.contents.get(int(number)) if number.isdecimal() else None
    if (
        record is None
        or record.kind != "attachment"
        or record.status != "current"
        or not sees(request.world, record, request.caller)
    ):
        raise answers.not_found()
    shape = shapes.attachment(request.world, record)
    shape["_links"]["base"] = request.origin
    return Answer(shape)


def footer_comments(request: Request) -> Answer:
    return _comments(request, "footer")


def inline_comments(request: Request) -> Answer:
    return _comments(request, "inline")


def replies(request: Request) -> Answer:
    root = _seen(request, "comment")
    return _commented(request, [c for c in request.world.of("comment") if c.reply_to == root.id])


def users(request: Request) -> Answer:
    required = answers.v2_error(400, "INVALID_REQUEST_BODY", "accountIds is required")
    body = json_object(request.body, required)
    if not isinstance(body.get("accountIds"), list) or set(body) != {"accountIds"}:
        raise required
    if len(body["accountIds"]) > 250:
        raise answers.v2_error(400, "INVALID_REQUEST_BODY", "at most 250 accountIds")
    known = [
        (account, request.world.users[account]) for account in body["accountIds"] if account in request.world.users
    ]
    results = [
        {
            "accountId": account,
            "displayName": name,
            "publicName": name,
            "email": "",
            "accountType": "atlassian",
            "accountStatus": "active",
            "isExternalCollaborator": False,
        }
        for account, name in known
    ]
    return Answer({"results": results, "_links": {"base": request.origin}})


def _space_refused(request: Request) -> None:
    """Refuse a visitor in the way that this site does."""
    refusal = request.world.refusal
    if refusal == 401:
        raise answers.unauthorized()
    if refusal == 403:
        raise answers.v2_error(403, "FORBIDDEN", "Forbidden")
    if refusal == 404:
        raise answers.not_found()


def _scope(request: Request) -> frozenset[int] | None:
    """The spaces that the request names; None for all. Raises 404 for one that the caller does not see."""
    if "id" in request.place:
        space = request.world.spaces.get(request.id)
        if space is None:
            raise answers.not_found()
        if not sees_space(space, request.caller):
            if request.caller != VISITOR:
                raise answers.not_found()
            _space_refused(request)
        return frozenset({request.id})
    named = ids_of(request, "space-id", 100)
    if request.caller == VISITOR and not any(
        s.anonymous for s in request.world.spaces.values() if not named or s.id in named
    ):
        _space_refused(request)
    return named


def _listing(request: Request, kind: Kind) -> Answer:
    world = request.world
    scope = _scope(request)
    ids = ids_of(request, "id", 250)
    statuses = request.several_of("status", STATUSES, frozenset({"current", "archived"}))
    title, body_format = request.params.get("title"), _format(request, BULK_FORMATS)
    sort = request.params.get("sort", "id")
    if sort.removeprefix("-") not in SORTS:
        raise answers.invalid("sort", f"Expected any of {', '.join(SORTS)}.")

    def wanted(c: Content) -> bool:
        return (
            c.status in statuses
            and (scope is None or c.space in scope)
            and (ids is None or c.id in ids)
            and (title is None or c.title == title)
            and sees(world, c, request.caller)
        )

    found = [c for c in world.of(kind) if wanted(c)]
    limit = request.number("limit", 25, 250)
    if body_format and world.heaviest is not None and min(limit, len(found)) > world.heaviest:
        raise answers.gateway_timeout()

    def shape(c: Content) -> Json:
        if body_format and c.id == world.poison:
            raise answers.v2_error(500, "INTERNAL_SERVER_ERROR", "body.storage could not be read")
        return shapes.page(world, c, {body_format: c.storage} if body_format else {})

    return by_cursor(request, found, SORTS[sort.removeprefix("-")], shape, descending=sort.startswith("-"))


def _single(request: Request, kind: Kind) -> Answer:
    world = request.world
    statuses = request.several_of("status", SINGLE_STATUSES, frozenset({"current", "archived"}))
    record = _seen(request, kind, statuses=statuses)
    body_format = _format(request, FORMATS)
    bodies = {}
    if body_format == "storage":
        bodies = {"storage": record.storage}
    elif body_format:
        reader = VISITOR if body_format == "anonymous_export_view" else request.caller
        bodies = {body_format: rendered(world, record, reader)}
    shape = shapes.page(world, record, bodies)
    shape["_links"]["base"] = request.origin
    if request.flag("include-labels"):
        labels = [shapes.label(n, name) for n, name in enumerate(record.labels, 1)][:50]
        shape["labels"] = {"results": labels, "meta": {"hasMore": len(record.labels) > 50}, "_links": {}}
    if request.flag("include-version") is False:
        del shape["version"]
    return Answer(shape)


def _seen(request: Request, *kinds: Kind, statuses: frozenset[str] = frozenset({"current", "archived"})) -> Content:
    record = request.world.contents.get(request.id)
    if record is None or record.kind not in kinds or record.status not in statuses:
        raise answers.not_found()
    if request.caller == VISITOR and not sees_space(request.world.spaces.get(record.space), VISITOR):
        _space_refused(request)
    if not sees(request.world, record, request.caller):
        raise answers.not_found()
    return record


def _format(request: Request, allowed: frozenset[str]) -> str | None:
    value = request.params.get("body-format")
    if value is not None and value not in allowed:
        raise answers.invalid("body-format", f"Expected any of {', '.join(sorted(allowed))}.")
    return value


def _attachments(request: Request, records: list[Content]) -> Answer:
    statuses = request.several_of(
        "status", frozenset({"current", "archived", "trashed"}), frozenset({"current", "archived"})
    )
    sort = request.params.get("sort", "created-date")
    if sort.removeprefix("-") not in ("created-date", "modified-date"):
        raise answers.invalid("sort", "Expected a date.")
    found = [
        c
        for c in records
        if c.status in statuses and sees(request.world, c, request.caller) and _above_is_current(request, c)
    ]
    key, descending = SORTS[sort.removeprefix("-")], sort.startswith("-")
    return by_cursor(
        request, found, key, lambda c: shapes.attachment(request.world, c), default=50, descending=descending
    )


def _above_is_current(request: Request, record: Content) -> bool:
    return request.world.contents[record.parent or 0].status == "current"


def _comments(request: Request, location: str) -> Answer:
    above = _seen(request, "page", "blogpost")
    roots = [c for c in request.world.of("comment") if c.parent == above.id and c.reply_to is None]
    return _commented(request, [c for c in roots if c.location == location])


def _commented(request: Request, records: list[Content]) -> Answer:
    body_format = _format(request, BULK_FORMATS)
    found = [c for c in records if c.status == "current" and sees(request.world, c, request.caller)]
    return by_cursor(request, found, SORTS["id"], lambda c: shapes.comment(request.world, c, body_format))
