"""Articles, internal articles, collections and help centers."""

from sandbox.http import Answer
from sandbox.intercom import shapes
from sandbox.intercom.answers import error, not_found
from sandbox.intercom.paging import numbered
from sandbox.intercom.request import Request, body_of


def articles(request: Request) -> Answer:
    """Every article in whatever state, last edit of its default locale first."""
    newest_first = sorted(request.world.articles.values(), key=lambda one: (-one.shown.updated_at, -one.id))
    rows, pages = numbered(request, newest_first, default=25, most=250)
    told = [shapes.article(request, one) for one in rows]
    return Answer({"type": "list", "pages": pages, "total_count": len(newest_first), "data": told})


def article(request: Request) -> Answer:
    one = request.world.articles.get(_id(request))
    if one is None:
        raise not_found()
    told = shapes.article(request, one)
    views = {"type": "article_statistics", "views": 12, "conversations": 0, "reactions": 0}
    return Answer(told | {"statistics": views})


def create_article(request: Request) -> Answer:
    """Refuse what lacks a title or an author, which is all that is asked of a fake that nothing is written to."""
    asked = body_of(request)
    for name in ("title", "author_id"):
        if not asked.get(name):
            raise error(400, "parameter_not_found", f"{name} must be in the main body")
    raise error(422, "parameter_invalid", "this workspace takes no articles")


def draft(request: Request) -> Answer:
    """The staged text of a published article: nothing that a reader sees."""
    one = request.world.articles.get(_id(request))
    if one is None or not one.staged:
        raise not_found()
    return Answer(shapes.article(request, one) | {"body": one.staged})


def internal_articles(request: Request) -> Answer:
    newest_first = sorted(request.world.internal_articles.values(), key=lambda one: (-one.updated_at, -one.id))
    rows, pages = numbered(request, newest_first, default=50, most=150, as_sent=True)
    told = [shapes.internal_article(request, one) for one in rows]
    return Answer({"type": "list", "pages": pages, "total_count": len(newest_first), "data": told})


def internal_article(request: Request) -> Answer:
    one = request.world.internal_articles.get(_id(request))
    if one is None:
        raise not_found()
    return Answer(shapes.internal_article(request, one))


def collections(request: Request) -> Answer:
    world = request.world
    newest_first = sorted(world.collections.values(), key=lambda one: (-one.updated_at, -one.id))
    rows, pages = numbered(request, newest_first, default=20, most=150)
    told = [shapes.collection(world, one) for one in rows]
    return Answer({"type": "list", "pages": pages, "total_count": len(newest_first), "data": told})


def help_centers(request: Request) -> Answer:
    told = [shapes.help_center(request.world, center) for center in request.world.help_centers.values()]
    return Answer({"type": "list", "data": told})


def _id(request: Request) -> int:
    """The id that the path names, 0 for one that is none: it is not found, as any other."""
    text = request.place["id"]
    return int(text) if text.isascii() and text.isdecimal() else 0
