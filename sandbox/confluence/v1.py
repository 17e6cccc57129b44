"""The endpoints of the first generation: on Cloud the search, restrictions and downloads; on Data Center all of it."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from sandbox.confluence import answers, cql, shapes
from sandbox.confluence.paging import by_start, decode
from sandbox.confluence.records import Content, Site, Space
from sandbox.confluence.rendering import rendered
from sandbox.confluence.request import Request
from sandbox.confluence.visibility import VISITOR, sees, sees_space
from sandbox.http import Answer, Json, opaque

EXPANDS = frozenset(
    {
        "version",
        "space",
        "container",
        "ancestors",
        "body.storage",
        "metadata.labels",
        "restrictions.read.restrictions.user",
        "restrictions.read.restrictions.group",
        "ancestors.restrictions.read.restrictions.user",
        "ancestors.restrictions.read.restrictions.group",
    }
)
RENDERED = frozenset({"body.view", "body.export_view", "body.styled_view"})
BODY_CAP, EXPAND_CAP, BARE_CAP = 50, 200, 1000


def search(request: Request) -> Answer:
    """Answer one page of a search by cursor; `start` is ignored, which once made readers go in circles."""
    if request.caller == VISITOR:
        raise answers.v1_error(401, "Anonymous searches are off", "Unauthorized")
    found = _found(request)
    expand = _expanded(request)
    limit = min(request.number("limit", 25), request.world.search_cap, 25 if expand & RENDERED else 1000)
    after = decode(request.params["cursor"])["after"] if "cursor" in request.params else 0
    page = found[after : after + limit]
    _refuse_unreadable_ancestors(request, page, expand)
    links: Json = {"base": request.origin, "context": "/wiki", "self": f"{request.origin}{request.path}"}
    more = len(found) > after + limit
    if more or (request.world.trailing_next and page):
        query = {
            "next": "true",
            "cursor": opaque({"after": after + limit}),
            "limit": limit,
            "cql": request.params["cql"],
        }
        links["next"] = (
            f"{request.path}?{urlencode(query)}"  # without `expand`: a client that follows it as it stands loses that
        )
    results = [shapes.v1_content(request.world, c, expand, request.origin) for c in page]
    return Answer({"results": results, "start": after, "limit": limit, "size": len(results), "_links": links})


def search_by_start(request: Request) -> Answer:
    """Answer one page of a search as Data Center does."""
    expand = _expanded(request)
    found = [c for c in _found(request) if sees(request.world, c, request.caller)]
    return by_start(request, found, _shaper(request, expand), _cap(expand))


def restriction(request: Request) -> Answer:
    record = _content(request)
    expand = request.several_of("expand", frozenset({"restrictions.user", "restrictions.group"}))
    body = shapes.restrictions(record)
    if not expand:
        body["restrictions"] = {}
    return Answer(body | {"_links": {"self": f"{request.origin}{request.path}"}})


def spaces(request: Request) -> Answer:
    keys = set(request.params.get("spaceKey", "").split(",")) - {""}

    def wanted(space: Space) -> bool:
        return sees_space(space, request.caller) and (not keys or space.key in keys)

    if request.caller == VISITOR and not any(s.anonymous for s in request.world.spaces.values()):
        raise answers.v1_error(401, "Client must be authenticated to access this resource.", "Unauthorized")
    found = sorted((s for s in list(request.world.spaces.values()) if wanted(s)), key=lambda s: s.id)

    def shape(space: Space) -> Json:
        links = {"webui": f"/display/{space.key}"}
        return {
            "id": space.id,
            "key": space.key,
            "name": space.name,
            "type": space.type,
            "status": space.status.upper(),
            "_links": links,
        }

    return by_start(request, found, shape, BARE_CAP)


def contents(request: Request) -> Answer:
    expand = _expanded(request)
    start, limit = request.number("start", 0, least=0), min(request.number("limit", 25), _cap(expand))
    found = _listed(request)
    _bear(request, found[start : start + limit], expand)
    return by_start(request, found, _shaper(request, expand), _cap(expand))


def scan(request: Request) -> Answer:
    """Answer one page of the listing by cursor, where this release has it."""
    if not request.world.scan:
        raise answers.v1_not_found("scan")
    expand = _expanded(request)
    found = _listed(request)
    limit = min(request.number("limit", 25), _cap(expand), request.world.page_cap)
    after = decode(request.params["cursor"])["after"] if "cursor" in request.params else 0
    rest = [c for c in found if c.id > after]
    page = rest[:limit]
    _bear(request, page, expand)
    links: Json = {"base": request.origin, "context": ""}
    if len(rest) > limit:
        query = urlencode({**request.params, "cursor": opaque({"after": page[-1].id})})
        links["next"] = f"{request.path}?{query}"
    shape = _shaper(request, expand)
    return Answer({"results": [shape(c) for c in page], "limit": limit, "size": len(page), "_links": links})


def content(request: Request) -> Answer:
    expand = _expanded(request)
    record = _content(request, request.params.get("status", "current"))
    shape = _shaper(request, expand)(record)
    for name in sorted(expand & RENDERED):
        shape.setdefault("body", {})[name[5:]] = {
            "value": rendered(request.world, record, request.caller),
            "representation": name[5:],
        }
    shape["_links"]["base"] = request.origin
    return Answer(shape)


def children(request: Request) -> Answer:
    """Answer the attachments or the comments of a content; comments in one list, replies among them."""
    above = _content(request)
    kind = request.place["kind"]
    expand = _expanded(request)
    found = [
        c
        for c in request.world.of("attachment" if kind == "attachment" else "comment")
        if c.parent == above.id and c.status == "current" and (kind == "attachment" or _located(request, c))
    ]
    return by_start(request, found, _shaper(request, expand), _cap(expand))


def download(request: Request) -> Answer:
    """Send the reader on to where the file lies."""
    above = request.id
    found = [c for c in request.world.of("attachment") if c.parent == above and c.title == request.place["name"]]
    if not found or not sees(request.world, found[0], request.caller):
        raise answers.v1_not_found(above)
    return Answer(status=302, headers={"location": f"/media/{found[0].id}"}, content=b"")


def media(world: Site, path: str) -> Answer:
    """The host of the files, which knows neither spaces nor accounts."""
    record = world.contents.get(int(path.rpartition("/")[2]))
    if record is None:
        raise answers.v1_not_found(path)
    return Answer(content=record.file, headers={"content-type": record.media_type})


def _located(request: Request, record: Content) -> bool:
    wanted = request.params.get("location")
    depth_all = request.params.get("depth") == "all"
    return (wanted is None or record.location == wanted) and (depth_all or record.reply_to is None)


def _listed(request: Request) -> list[Content]:
    key, kind = request.params.get("spaceKey"), request.params.get("type", "page")
    status = request.params.get("status", "current")
    if kind not in ("page", "blogpost") or status not in ("current", "trashed", "draft", "any"):
        raise answers.v1_bad_request("unknown type or status")
    space = request.world.space_of(key) if key else None
    if key and not sees_space(space, request.caller):
        raise answers.v1_error(404, f"No space found with key : {key}", "Not Found")
    found = [
        c for c in request.world.of("page" if kind == "page" else "blogpost") if space is None or c.space == space.id
    ]
    shown = {"current", "trashed", "draft"} if status == "any" else {status}
    return [c for c in found if c.status in shown and sees(request.world, c, request.caller)]


def _bear(request: Request, page: list[Content], expand: frozenset[str]) -> None:
    """Fail over bodies that are too many, or one of which cannot be read."""
    if "body.storage" not in expand:
        return
    if request.world.heaviest is not None and len(page) > request.world.heaviest:
        raise answers.gateway_timeout()
    if any(record.id == request.world.poison for record in page):
        raise answers.v1_error(500, "body.storage could not be read", "Internal Server Error")


def _shaper(request: Request, expand: frozenset[str]) -> Callable[[Content], Json]:
    return lambda record: shapes.v1_content(request.world, record, expand, request.origin)


def _cap(expand: frozenset[str]) -> int:
    return BODY_CAP if "body.storage" in expand or expand & RENDERED else EXPAND_CAP if expand else BARE_CAP


def _expanded(request: Request) -> frozenset[str]:
    return request.several_of("expand", EXPANDS | RENDERED)


def _content(request: Request, status: str = "any") -> Content:
    number = request.place["id"].removeprefix("att")
    record = request.world.contents.get(int(number)) if number.isdecimal() else None
    if record is None or status not in ("any", record.status) or not sees(request.world, record, request.caller):
        raise answers.v1_not_found(request.place["id"])
    return record


def _found(request: Request) -> list[Content]:
    world = request.world
    query = cql.parse(request.params.get("cql", ""))
    if not query.types <= world.search_types:
        raise answers.v1_bad_request(f"Could not parse cql : {request.params['cql']}")
    indexed = world.clock() - world.index_lag
    since = None
    if query.since is not None:  # read in the caller's time zone
        since = (query.since - timedelta(hours=world.caller_offset)).timestamp()

    def matches(c: Content) -> bool:
        space = world.spaces[c.space]
        number = f"att{c.id}" if c.kind == "attachment" else str(c.id)
        return (
            c.status == "current"
            and (not query.types or c.kind in query.types)
            and (not query.spaces or space.key in query.spaces)
            and (not query.ids or number in query.ids)
            and (not query.containers or str(c.parent) in query.containers)
            and (c.modified_at if since is not None else c.created_at) <= indexed
            and (since is None or c.modified_at >= since)
            and all(above.status == "current" for above in world.above(c) if c.kind in ("attachment", "comment"))
            and sees(world, c, request.caller)
        )

    kinds = world.of("page", "blogpost", "comment", "attachment")
    return sorted(filter(matches, kinds), key=lambda c: (c.modified_at, c.id), reverse=query.newest_first)


def _refuse_unreadable_ancestors(request: Request, page: list[Content], expand: frozenset[str]) -> None:
    """One unreadable or unpublished ancestor fails the whole page, as it does at the vendor."""
    if any(name.startswith("ancestors.restrictions") for name in expand):
        for record in page:
            for above in request.world.above(record):
                if above.status != "current" or not sees(request.world, above, request.caller):
                    raise answers.v1_not_found(above.id)
