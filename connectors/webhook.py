"""Signed messages by which a vendor says that something changed. They only wake a sync, which then asks the vendor."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.errors import SyncError

TOLERANCE = timedelta(minutes=5)


class Refused(SyncError):
    """The message does not prove that the vendor sent it, just now."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A message that the vendor did send. `wake`: the source may have changed; `answer`: what to answer with.

    `documents`: ids of those that it speaks of, where the feed alone may not show that they changed.
    """

    wake: bool
    answer: str = ""
    documents: tuple[str, ...] = ()


def check_signatures(given: str, wanted: Iterable[str], who: str) -> None:
    """Raise Refused unless the given one is among those wanted, one for each secret. No time tells how much fits."""
    told = given.encode("utf-8", errors="replace")
    if not any(hmac.compare_digest(told, one.encode()) for one in wanted):
        raise Refused(f"{who}: the signature does not fit; check the source's signing secret")


def check_moment(moment: datetime, now: datetime, who: str) -> None:
    """Raise Refused for a message made more than five minutes from now: it may be one that was overheard."""
    if abs(now - moment) > TOLERANCE:
        raise Refused(f"{who}: the message is from another time; check this machine's clock")
