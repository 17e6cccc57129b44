"""Messages from vendors, judged by the connector of the source they are for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cli.config import Config
from connectors import CONNECTORS
from connectors.webhook import Refused, WebhookEvent
from session_api.webhooks import Unverified, Verify


def utc_now() -> datetime:
    return datetime.now(UTC)


def verifier(config: Config, clock: Callable[[], datetime] = utc_now) -> Verify:
    """Return what judges a message to a configured source; a source whose kind has no webhooks takes none."""
    sources = {source.common.name: source for source in config.sources}

    def verify(source: str, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        kind = CONNECTORS[sources[source].common.kind]
        if not kind.has_webhook:
            raise KeyError(source)
        try:
            return kind.verify(sources[source].settings, headers, body, clock())
        except Refused as error:
            raise Unverified(str(error)) from error

    return verify
