"""Paging by the Link header (RFC 8288)."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import parse_qs, urlsplit

from connectors.http.client import HttpClient
from connectors.http.transport import Params, Response
from sync.errors import Retryable

_BETWEEN = re.compile(r",\s*(?=<)")
_RELATION = re.compile(r';\s*rel\s*=\s*"?([^";,]*)', re.IGNORECASE)


def next_params(answer: Response) -> Params | None:
    """Return the parameters of the page that the answer names as `rel="next"`; None on the last page.

    Only the query of that address is used: credentials go to the own origin alone, whatever a link says.
    """
    for link in _BETWEEN.split(answer.headers.get("link", "")):
        target, _, attributes = link.partition(">")
        relation = _RELATION.search(attributes)
        if relation and "next" in relation[1].lower().split():
            return parse_qs(urlsplit(target.strip(" <")).query, keep_blank_values=True)
    return None


def linked_pages(
    client: HttpClient,
    path: str,
    params: Params | None = None,
    *,
    expect: Collection[int] = (),
    buckets: tuple[str, ...] = ("",),
) -> Iterator[Response]:
    """Yield each page of a list that is a JSON array, as `HttpClient.get_array` returns them.

    Raises what that raises, and Retryable for a page that names itself as the next one.
    """
    asked: Params | None = params or {}
    while asked is not None:
        answer = client.get_array(path, asked, expect=expect, buckets=buckets)
        yield answer
        following = next_params(answer)
        if following is not None and following == asked:
            raise Retryable(f"{client.where(path)} repeats the same page")
        asked = following
