"""What an operator should know of a Zendesk account before it is synced."""

from collections.abc import Iterator

from connectors.check import Finding, Level
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.settings import ZendeskSettings
from sync.errors import SyncError

TOKENS_END = "API tokens stop on 2027-04-30; make an OAuth client and set client_id and client_secret"


def check(settings: ZendeskSettings) -> Iterator[Finding]:
    """Ask the account for the start of everything that a sync reads, and say what does not answer."""
    account = Zendesk(settings)
    for part in account.parts:
        what = f"zendesk {part.key}" if part.key != "tickets" else f"zendesk {settings.url}: tickets"
        try:
            changes, _ = part.snapshot(None)
        except SyncError as error:
            yield Finding(Level.PROBLEM, f"{what} is not readable", str(error))
        else:
            yield Finding(Level.OK, f"{what}: readable" + ("" if changes else ", and nothing is published there"))
    if settings.api_token.get_secret_value():
        yield Finding(Level.WARNING, f"zendesk {settings.url} is read with an API token", TOKENS_END)
    if not settings.webhook_secret:
        yield Finding(Level.OK, "zendesk: no webhook_secret, so changes are found by the schedule alone")
