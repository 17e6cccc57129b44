"""One file per source, and what they share: `api` (the wire) and `text` (to Markdown)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from connectors import markdown_folder
from connectors.check import Finding
from connectors.confluence import Confluence
from connectors.confluence import check as confluence_check
from connectors.confluence import webhooks as confluence_webhooks
from connectors.confluence.settings import ConfluenceSettings
from connectors.google_docs import GoogleDocs
from connectors.google_docs import check as google_docs_check
from connectors.google_docs import webhooks as google_docs_webhooks
from connectors.google_docs.settings import GoogleDocsSettings
from connectors.markdown_folder import MarkdownFolder, MarkdownFolderSettings
from connectors.slack import Slack
from connectors.slack import check as slack_check
from connectors.slack import events as slack_events
from connectors.slack.settings import SlackSettings
from connectors.webhook import WebhookEvent
from connectors.zendesk import Zendesk, ZendeskSettings
from connectors.zendesk import check as zendesk_check
from connectors.zendesk import webhooks as zendesk_webhooks
from sync.model import Connector


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: what an operator sets, and the connector made of valid settings and of `allowances`.

    `check` says what an operator should know before the source is synced, by asking the vendor.
    `verify` judges a message to the source's webhook, by its settings, headers (lower case), raw body and the time now,
    or raises Refused; None: the kind has no webhooks.
    """

    settings: type[BaseModel]
    connect: Callable[..., Connector]
    check: Callable[[Any], Iterator[Finding]]
    verify: Callable[[Any, Mapping[str, str], bytes, datetime], WebhookEvent] | None = None


CONNECTORS: Final[Mapping[str, Kind]] = {
    "zendesk": Kind(ZendeskSettings, Zendesk, zendesk_check.check, zendesk_webhooks.verify),
    "confluence": Kind(ConfluenceSettings, Confluence, confluence_check.check, confluence_webhooks.verify),
    "google_docs": Kind(GoogleDocsSettings, GoogleDocs, google_docs_check.check, google_docs_webhooks.verify),
    "markdown_folder": Kind(MarkdownFolderSettings, MarkdownFolder, markdown_folder.check),
    "slack": Kind(SlackSettings, Slack, slack_check.check, slack_events.verify),
}
"""Every kind of source by the name that the configuration gives it."""
