"""The help center as a visitor's browser gets it: an article's page and the files of its body."""

import html
import re

from sandbox.http import Answer
from sandbox.zendesk import answers, ticket_shapes
from sandbox.zendesk.records import Article, Attachment, Role
from sandbox.zendesk.request import Request
from sandbox.zendesk.visibility import sees

ARTICLE = re.compile(r"/hc/(?P<locale>[^/]+)/articles/(?P<id>[0-9]+)[^/]*")
ATTACHMENT = re.compile(r"/hc/article_attachments/(?P<id>[0-9]+)[^/]*")

SIGN_IN = b"<!doctype html><html><title>Sign in</title><body><form><input name=user></form></body></html>"


def page(request: Request) -> Answer:
    """Answer what the asker may read. Raises 404 for anything else, as the vendor does for visitors."""
    if match := ARTICLE.fullmatch(request.path):
        record = request.caller.brand.articles.get(int(match["id"]))
        if record is not None and sees(request, record, match["locale"]):
            return _article(record, match["locale"])
    elif match := ATTACHMENT.fullmatch(request.path):
        for record in request.caller.brand.by_id():
            for attachment in record.attachments:
                if attachment.id == int(match["id"]) and sees(request, record, record.source_locale):
                    return _file(attachment)
    raise answers.record_not_found()


def ticket_file(request: Request) -> Answer:
    """Answer a file of a comment to whom knows its address; with `secure_downloads`, strangers get a sign-in page."""
    if request.world.secure_downloads and request.caller.role is Role.ANONYMOUS:
        return Answer(content=SIGN_IN, headers={"content-type": "text/html; charset=utf-8"})
    token = request.path.removeprefix("/attachments/token/").partition("/")[0]
    for ticket in list(request.world.tickets.values()):
        for comment in ticket.comments if ticket.deleted_at is None else ():
            for attachment in comment.attachments:
                if ticket_shapes.token_of(attachment) == token:
                    return _file(attachment)
    raise answers.record_not_found()


def _article(record: Article, locale: str) -> Answer:
    shown = record.translations[locale]
    title = html.escape(shown.title)
    content = (
        f'<!doctype html><html lang="{html.escape(locale)}"><meta charset="utf-8"><title>{title}</title>'
        f"<body><h1>{title}</h1>{shown.body or ''}</body></html>"
    )
    return Answer(content=content.encode(), headers={"content-type": "text/html; charset=utf-8"})


def _file(attachment: Attachment) -> Answer:
    return Answer(content=attachment.content, headers={"content-type": attachment.content_type})
