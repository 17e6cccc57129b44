"""One file per source, and what they share: `api` (the wire) and `text` (to Markdown)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from connectors.nudges import Nudge
from connectors.zendesk import Zendesk, ZendeskSettings
from connectors.zendesk import webhooks as zendesk_webhooks
from sync.model import Connector


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: what an operator sets, and the connector made of valid settings and of `allowances`.

    `verify` judges a message to the source's webhook, by its settings, headers (lower case), raw body and the time now,
    or raises Refused; None: the kind has no webhooks.
    """

    settings: type[BaseModel]
    connect: Callable[..., Connector]
    verify: Callable[[Any, Mapping[str, str], bytes, datetime], Nudge] | None = None


CONNECTORS: Final[Mapping[str, Kind]] = {
    "zendesk": Kind(ZendeskSettings, Zendesk, zendesk_webhooks.verify),
}
"""Every kind of source by the name that the configuration gives it."""
