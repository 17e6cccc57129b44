"""Who sees which article: the vendor's rules for drafts, user segments and closed help centers."""

from sandbox.zendesk import answers
from sandbox.zendesk.records import Article, Role, Translation
from sandbox.zendesk.request import Request


def enters(request: Request) -> bool:
    """Whether the asker gets into the help center at all."""
    return request.caller.role is not Role.ANONYMOUS or request.caller.brand.access == "open"


def sees(request: Request, record: Article, locale: str | None) -> bool:
    """Whether the article has that locale (None: its own) and the asker may read it there."""
    translation = record.translations.get(locale or record.source_locale)
    if translation is None or record.archived:
        return False
    if request.caller.role >= Role.AGENT:
        return True
    if translation.draft:
        return False
    segments = [s for s in (record.user_segment_id, *record.user_segment_ids) if s is not None]
    if request.caller.role is Role.ANONYMOUS:
        return not segments and enters(request)
    return all(request.world.segments[segment].user_type == "signed_in_users" for segment in segments)


def readable(request: Request, locale: str | None) -> Article:
    """Return the article of the path. Raises 404 where there is none, and `refusal` where it is not for the asker."""
    record = request.caller.brand.articles.get(request.id)
    if record is None or record.archived or (locale or record.source_locale) not in record.translations:
        raise answers.record_not_found()
    if sees(request, record, locale):
        return record
    refusals = {401: answers.unauthenticated, 403: answers.forbidden, 404: answers.record_not_found}
    refusal = refusals[request.world.refusal]()
    raise refusal


def visible_translations(request: Request, record: Article) -> list[Translation]:
    return [translation for translation in record.translations.values() if sees(request, record, translation.locale)]
