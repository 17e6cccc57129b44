"""One file per source, and what they share: `api` (the wire) and `text` (to Markdown)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from connectors.zendesk import Zendesk, ZendeskSettings
from sync.model import Connector


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: what an operator sets, and the connector made of valid settings and of `allowances`."""

    settings: type[BaseModel]
    connect: Callable[..., Connector]


CONNECTORS: Final[Mapping[str, Kind]] = {
    "zendesk": Kind(ZendeskSettings, Zendesk),
}
"""Every kind of source by the name that the configuration gives it."""
