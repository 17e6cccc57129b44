"""Sources: a folder for each kind, and what they share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic import BaseModel

    from connectors.check import Finding
    from connectors.http.rate_limit import QuotaStore
    from connectors.webhook import WebhookEvent
    from helpdesk.model import HelpDesk
    from sync.model import Connector


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source, by where its parts stand (`module:name`). A part is imported when it is first used.

    `helpdesk`: of a kind that is a help desk, too, whose past conversations can be kept.
    """

    settings_model: str
    connector: str
    checks: str
    webhook: str = ""
    helpdesk: str = ""

    @property
    def settings(self) -> "type[BaseModel]":
        """What an operator sets; importing it imports no connector."""
        model: type[BaseModel] = resolve_name(self.settings_model)
        return model

    def connect(self, settings: "BaseModel", *, allowances: "QuotaStore | None" = None) -> "Connector":
        """Return the connector of valid settings; `allowances`: what all its processes may ask of the vendor."""
        connector: Connector = resolve_name(self.connector)(settings, allowances=allowances)
        return connector

    @property
    def has_helpdesk(self) -> bool:
        return bool(self.helpdesk)

    def desk(self, settings: "BaseModel", *, allowances: "QuotaStore | None" = None) -> "HelpDesk":
        """Return the help desk of valid settings; its calls and the connector's share the allowances."""
        desk: HelpDesk = resolve_name(self.helpdesk)(settings, allowances=allowances)
        return desk

    def check(self, settings: "BaseModel") -> "Iterator[Finding]":
        """Ask the vendor, and say what an operator should know before the source is synced."""
        yield from resolve_name(self.checks)(settings)

    @property
    def has_webhook(self) -> bool:
        return bool(self.webhook)

    def verify(self, settings: Any, headers: Mapping[str, str], body: bytes, now: datetime) -> "WebhookEvent":
        """Judge a message to the source's webhook by its headers (lower case) and raw body.

        Raises Refused for one that the vendor does not prove to have sent just now.
        """
        event: WebhookEvent = resolve_name(self.webhook)(settings, headers, body, now)
        return event


CONNECTORS: Final[Mapping[str, SourceKind]] = {
    "zendesk": SourceKind(
        "connectors.zendesk.settings:ZendeskSettings",
        "connectors.zendesk.connector:Zendesk",
        "connectors.zendesk.check:check",
        "connectors.zendesk.webhooks:verify",
        "connectors.zendesk.helpdesk:ZendeskDesk",
    ),
    "confluence": SourceKind(
        "connectors.confluence.settings:ConfluenceSettings",
        "connectors.confluence.connector:Confluence",
        "connectors.confluence.check:check",
        "connectors.confluence.webhooks:verify",
    ),
    "google_docs": SourceKind(
        "connectors.google_docs.settings:GoogleDocsSettings",
        "connectors.google_docs.connector:GoogleDocs",
        "connectors.google_docs.check:check",
        "connectors.google_docs.webhooks:verify",
    ),
    "slack": SourceKind(
        "connectors.slack.settings:SlackSettings",
        "connectors.slack.connector:Slack",
        "connectors.slack.check:check",
        "connectors.slack.events:verify",
    ),
    "intercom": SourceKind(
        "connectors.intercom.settings:IntercomSettings",
        "connectors.intercom.connector:Intercom",
        "connectors.intercom.check:check",
        "connectors.intercom.webhooks:verify",
        "connectors.intercom.helpdesk:IntercomDesk",
    ),
    "markdown_folder": SourceKind(
        "connectors.markdown_folder.settings:MarkdownFolderSettings",
        "connectors.markdown_folder.connector:MarkdownFolder",
        "connectors.markdown_folder.connector:check",
    ),
}
"""Every kind of source by the name that the configuration gives it."""
