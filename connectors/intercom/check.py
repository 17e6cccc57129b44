"""What an operator should know of an Intercom workspace before it is synced."""

import time
from collections.abc import Iterator

from connectors.check import Finding, Level
from connectors.http.client import HttpClient
from connectors.http.transport import HttpxTransport, Json, Transport, now
from connectors.intercom.account import client_of, code_of
from connectors.intercom.articles import PATH as ARTICLES
from connectors.intercom.conversation_feed import DELETED
from connectors.intercom.conversations import PATH as CONVERSATIONS
from connectors.intercom.help_centers import CENTERS, COLLECTIONS
from connectors.intercom.internal_articles import PATH as INTERNAL_ARTICLES
from connectors.intercom.pagination import rows
from connectors.intercom.settings import IntercomSettings
from sync.errors import SyncError

READ = {
    "articles": (ARTICLES, COLLECTIONS, CENTERS),
    "internal_articles": (INTERNAL_ARTICLES,),
    "conversations": (CONVERSATIONS, DELETED),
}
"""What is read for each word of `include`."""
NOTHING: Json = {}
"""An article without a title is refused: asking for it makes nothing, and tells whether the token could make one."""


def check(settings: IntercomSettings, transport: Transport | None = None) -> Iterator[Finding]:
    """Ask for the start of everything that a sync reads, and for what the token may do beyond that."""
    api = client_of(settings, transport or HttpxTransport(), clock=now, sleep=time.sleep)
    try:
        yield from _identity(api, settings)
    except SyncError as error:
        yield Finding(Level.PROBLEM, f"intercom {settings.origin} is not readable", str(error))
        return
    for word in settings.include:
        yield from _readable(api, word)
    if "articles" in settings.include:
        yield from _open_help_centers(api)
    yield from _excess(api, settings)
    if not settings.webhook_secret:
        yield Finding(Level.OK, "intercom: no webhook_secret, so changes are found by the schedule alone")


def _identity(api: HttpClient, settings: IntercomSettings) -> Iterator[Finding]:
    app = api.get("/me").json().get("app")
    told: Json = app if isinstance(app, dict) else {}
    region = str(told.get("region") or "").lower()
    yield Finding(Level.OK, f"intercom: the token is of the workspace {told.get('name') or told.get('id_code') or '?'}")
    if region and not settings.url and region != settings.region:
        what = f"intercom: the workspace's data lies in region {region}, and region {settings.region} is asked"
        yield Finding(Level.WARNING, what, f'set region = "{region}"')


def _readable(api: HttpClient, word: str) -> Iterator[Finding]:
    try:
        for path in READ[word]:
            api.get(path)
    except SyncError as error:
        yield Finding(Level.PROBLEM, f"intercom: {word} are not readable", str(error))
    else:
        yield Finding(Level.OK, f"intercom: {word} are readable")


def _open_help_centers(api: HttpClient) -> Iterator[Finding]:
    try:
        centers = rows(api.get(CENTERS), "data", api.where(CENTERS))
    except SyncError:
        return  # said before
    shown = [str(row.get("display_name") or row.get("identifier")) for row in centers if row.get("website_turned_on")]
    if not shown:
        fix = "turn a help center's website on; until then every article is internal"
        yield Finding(Level.WARNING, "intercom: no help center is open, so no article is public", fix)
    else:
        yield Finding(Level.OK, f"intercom: open help centers: {', '.join(shown)}")


def _excess(api: HttpClient, settings: IntercomSettings) -> Iterator[Finding]:
    """What the token may do, and nothing here needs: a token that leaks then does more harm."""
    if "conversations" not in settings.include and _may_read(api, CONVERSATIONS):
        fix = "take the permission from the app, unless [helpdesk] reads past conversations with it"
        yield Finding(Level.WARNING, "intercom: the token may read conversations, which are not included", fix)
    if _may_write(api):
        fix = "take the permission to write articles from the app; reading them is enough"
        yield Finding(Level.WARNING, "intercom: the token may write articles, which a sync never does", fix)


def _may_read(api: HttpClient, path: str) -> bool:
    try:
        return api.get(path, {"per_page": 1}, expect=(401, 403)).ok
    except SyncError:
        return False


def _may_write(api: HttpClient) -> bool:
    """Whether what is wrong with an empty article is the article, and not who sends it."""
    try:
        answer = api.post(ARTICLES, NOTHING, expect=(400, 401, 403, 404, 422))
    except SyncError:
        return False
    return answer.status in (400, 422) and code_of(answer).startswith("parameter")
