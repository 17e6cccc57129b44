"""A made-up company to try Answerwell on: Acme sells air purifiers, an app for them, and filters by subscription."""

import base64
import time
from collections.abc import Callable

from sandbox.load import html_of
from sandbox.sample_articles import ARTICLES, SECTIONS, ArticleText
from sandbox.sample_conversations import conversations
from sandbox.sample_german import GERMAN, SECTION_NAMES
from sandbox.sample_tickets import TICKETS
from sandbox.sample_zendesk import put_conversations
from sandbox.zendesk import ZendeskSandbox
from sandbox.zendesk.articles import NewAttachment

QUESTIONS = (
    "How many days do I have to send a product back?",
    "My purifier will not connect to the Wi-Fi",
    "What does a blinking orange light mean?",
    "How often should the filter be replaced?",
    "Wie kündige ich mein Filter-Abo?",
    "Do you sell bicycles?",
)
"""What the demo asks; the fifth is German, and nothing answers the last."""

DAY = 86400
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")


def acme(*, clock: Callable[[], float] = time.time, solved: bool = False) -> ZendeskSandbox:
    """An account with English and German articles for every kind of reader, and tickets with private comments.

    `solved`: with three hundred solved conversations more.
    """
    account = ZendeskSandbox(clock=clock)
    sections = _sections(account)
    for number, text in enumerate(ARTICLES):
        _article(account, sections[text.section], text, account.world.now() - (200 - 5 * number) * DAY)
    for number, ticket in enumerate(TICKETS):
        account.put_ticket(
            ticket.subject,
            ticket.description,
            ticket.comments,
            status=ticket.status,
            requester=ticket.requester,
            at=account.world.now() - (30 - number) * DAY,
        )
    if solved:
        put_conversations(account, conversations())
    return account


def _sections(account: ZendeskSandbox) -> dict[str, int]:
    categories: dict[str, int] = {}
    for name in SECTIONS.values():
        if name not in categories:
            categories[name] = account.put_category(name, translations={"de": SECTION_NAMES[name]})
    return {
        name: account.put_section(name, category=categories[category], translations={"de": SECTION_NAMES[name]})
        for name, category in SECTIONS.items()
    }


def _article(account: ZendeskSandbox, section: int, text: ArticleText, written_at: float) -> None:
    german = GERMAN.get(text.key)
    article = account.put_article(
        title=text.title,
        body=text.body if text.html else html_of(text.body),
        section=section,
        labels=text.labels,
        draft=text.state == "draft",
        user_segment_id={"signed_in": account.signed_in, "staff": account.staff}.get(text.state),
        translations={"de": (german[0], html_of(german[1]))} if german else None,
        attachments=[NewAttachment(name, PIXEL, "image/png", inline=True) for name in text.images],
        updated_at=written_at,
    )
    for attachment in account.world.brands["main"].articles[article].attachments:
        body = text.body.replace(f"{{{attachment.file_name}}}", f"/hc/article_attachments/{attachment.id}")
        account.put_article(id=article, body=body, updated_at=written_at)
    account.article_of[text.key] = article
    if text.state == "archived":
        account.archive_article(article)
