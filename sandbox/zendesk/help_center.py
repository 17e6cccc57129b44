"""Reads of one brand's help center, filtered by who asks."""

from collections.abc import Callable
from typing import Any

from sandbox.http import Answer, Json
from sandbox.zendesk import answers, shapes
from sandbox.zendesk.paging import Listing, paged
from sandbox.zendesk.records import Article, Category, Section, Translation
from sandbox.zendesk.request import Request, locale_of
from sandbox.zendesk.visibility import enters, readable, sees, visible_translations

PLACED: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("position", lambda record: (record.position, record.id)),
    ("created_at", lambda record: (record.created_at, record.id)),
    ("updated_at", lambda record: (record.updated_at, record.id)),
)


def locales(request: Request) -> Answer:
    return Answer(
        {"locales": list(request.caller.brand.locales), "default_locale": request.caller.brand.default_locale}
    )


def articles(request: Request) -> Answer:
    locale = locale_of(request)
    embedded = bool(request.several_of("include", ("translations",)))
    listing: Listing[Article] = Listing(
        name="articles",
        records=request.caller.brand.by_id(),
        key=lambda record: (record.id,),
        shape=lambda record: _with_translations(request, record, locale, embedded=embedded),
        keep=lambda record: sees(request, record, locale),
        sorts=PLACED,
    )
    return paged(request, listing)


def article(request: Request) -> Answer:
    locale = locale_of(request)
    include = request.several_of("include", ("translations", "sections", "categories", "users"))
    record = readable(request, locale)
    section = request.caller.brand.sections.get(record.section_id)
    category = request.caller.brand.categories.get(section.category_id) if section else None
    author = request.world.users.get(record.author_id)
    embedded = "translations" in include
    body: Json = {"article": _with_translations(request, record, locale, embedded=embedded)}
    if "sections" in include:
        body["sections"] = [shapes.section(request, section, _named(section, locale))] if section else []
    if "categories" in include:
        body["categories"] = [shapes.category(request, category, _named(category, locale))] if category else []
    if "users" in include:
        body["users"] = [shapes.user(author)] if author else []
    return Answer(body)


def incremental(request: Request) -> Answer:
    """Articles changed at or after `start_time`; the last change of a page starts the next, so ties repeat."""
    start = request.number("start_time", None, least=0)
    if start > request.world.now() - request.world.start_floor:
        raise answers.too_recent("StartTimeTooRecent", request.world.start_floor)
    changed = [record for record in request.caller.brand.by_update() if record.updated_at >= start][
        : request.world.export_size
    ]
    if not changed:
        return Answer({"count": 0, "next_page": None, "end_time": 1, "articles": []})
    end = changed[-1].updated_at
    return Answer(
        {
            "count": len(changed),
            "next_page": request.link({"start_time": str(end)}),
            "end_time": end,
            "articles": [shapes.article(request, record, None) for record in changed],
        }
    )


def translations(request: Request) -> Answer:
    record = readable(request, request.place.get("locale"))
    wanted = frozenset(filter(None, request.params.get("locales", "").split(",")))
    draft, outdated = request.flag("draft"), request.flag("outdated")
    shown = [
        translation
        for translation in visible_translations(request, record)
        if (not wanted or translation.locale in wanted)
        and (draft is None or translation.draft == draft)
        and not outdated
    ]
    listing: Listing[Translation] = Listing(
        name="translations",
        records=sorted(shown, key=lambda translation: translation.id),
        key=lambda translation: (translation.id,),
        shape=lambda translation: shapes.translation(request, record, translation),
    )
    return paged(request, listing)


def attachments(request: Request) -> Answer:
    record = readable(request, request.place.get("locale"))
    kinds = {None: None, "inline": True, "block": False}
    if request.place.get("kind") not in kinds:
        raise answers.invalid_endpoint()
    inline = kinds[request.place.get("kind")]
    return paged(
        request,
        Listing(
            name="article_attachments",
            records=[a for a in record.attachments if inline is None or a.inline == inline],
            key=lambda attachment: (attachment.id,),
            shape=lambda attachment: shapes.attachment(request, record, attachment),
            per_page=100,
        ),
    )


def categories(request: Request) -> Answer:
    locale = locale_of(request)
    listing: Listing[Category] = Listing(
        name="categories",
        records=sorted(request.caller.brand.categories.copy().values(), key=lambda record: record.id),
        key=lambda record: (record.id,),
        shape=lambda record: shapes.category(request, record, locale),
        keep=lambda record: enters(request) and (locale is None or locale in record.names),
        sorts=PLACED,
    )
    return paged(request, listing)


def sections(request: Request) -> Answer:
    """All sections, or those of the category that the path names."""
    locale = locale_of(request)
    category = int(request.place["id"]) if "id" in request.place else None
    if category is not None and category not in request.caller.brand.categories:
        raise answers.record_not_found()
    listing: Listing[Section] = Listing(
        name="sections",
        records=sorted(request.caller.brand.sections.copy().values(), key=lambda record: record.id),
        key=lambda record: (record.id,),
        shape=lambda record: shapes.section(request, record, locale),
        keep=lambda record: (
            enters(request) and (locale is None or locale in record.names) and category in {None, record.category_id}
        ),
        sorts=PLACED,
    )
    return paged(request, listing)


def user_segments(request: Request) -> Answer:
    built_in = request.flag("built_in")
    return paged(
        request,
        Listing(
            name="user_segments",
            records=[s for s in list(request.world.segments.values()) if built_in is None or s.built_in == built_in],
            key=lambda segment: (segment.id,),
            shape=shapes.segment,
        ),
    )


def content_tags(request: Request) -> Answer:
    return paged(
        request,
        Listing(
            name="records",
            records=list(request.world.content_tags.values()),
            key=lambda tag: (int(tag.id),),
            shape=shapes.content_tag,
        ),
    )


def _with_translations(request: Request, record: Article, locale: str | None, *, embedded: bool) -> Json:
    body = shapes.article(request, record, locale)
    if embedded:
        shown = visible_translations(request, record)
        body["translations"] = [shapes.translation(request, record, translation) for translation in shown]
    return body


def _named(container: Section | Category, locale: str | None) -> str | None:
    return locale if locale in container.names else None
