"""Token rotation: each visitor token is good for one successor, and one that was replaced long ago is a copy.

A client that did not get the answer sends its token again, and so do two tabs that share one: neither is a thief. So
the rule goes by whether the successor was ever seen, not by how often a token comes. Once the successor was, its client
had it, and whoever still sends what came before holds a copy. (Our widget's tabs ask one after the other.)

| the token is | it means | answered with |
|---|---|---|
| the successor | the client has it: what came before is used up | a new successor |
| the newest that came back | the answer was lost, or two tabs | the same successor for a minute, then a new one |
| issued after all that is known here | a restored database, or a version that kept no record | a new successor |
| any other | two hold copies | nothing: all of the visitor's tokens end |
"""

from dataclasses import replace
from datetime import timedelta

from session_api.access.tokens import VisitorToken
from session_api.state.visitor_tokens import TokenFamily

GRACE = timedelta(minutes=1)


def rotated(family: TokenFamily | None, token: VisitorToken, successor: str, now: float) -> TokenFamily | None:
    """Return the family once the token came back; None where it is a copy, so that all of them must end.

    `family` None: no token of the visitor came back before. `successor`: the id of a new token, if one is needed.
    """
    if family is None:
        return TokenFamily(token.visitor, token.id, successor, now)
    if token.id == family.presented:
        fresh = now - family.since <= GRACE.total_seconds()
        return family if fresh else replace(family, successor=successor, since=now)
    if token.id == family.successor or token.issued_at > family.since:
        return replace(family, presented=token.id, successor=successor, since=now)
    return None
