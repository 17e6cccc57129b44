"""How Confluence refuses, pages, and says that a record is not there."""

from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from connectors.confluence.site import Closed
from connectors.http import client as api
from connectors.http.client import HttpClient
from connectors.http.transport import Json, Params, Response, now
from sync.errors import CursorExpired, Misconfigured, Retryable, SyncError


class Heavy(SyncError):
    """The answer took the server too long: only asking for less helps."""


class Broken(Retryable):
    """The server failed over the answer; if it fails again, something in it may be why."""


def refused(answer: Response, where: str, settings: str) -> SyncError | None:
    """What stands behind an answer to our account."""
    if answer.status == 429 and "retry-after" not in answer.headers:
        return Retryable(f"{where}: too many calls (429)", after=_resets(answer))
    return api.refused(answer, where, settings)


def refused_in_bulk(answer: Response, where: str, settings: str) -> SyncError | None:
    """The same for a list that carries bodies."""
    if answer.status == 504:
        return Heavy(f"{where} did not answer in time (504)")
    if answer.status in (500, 502):
        return Broken(f"{where} failed ({answer.status})")
    return refused(answer, where, settings)


def refused_to_visitors(answer: Response, where: str, settings: str) -> SyncError | None:
    """The same for whoever is not signed in: then a refusal is an answer, in whatever form it comes."""
    if answer.status in (301, 302, 303, 307, 401, 403, 404):
        return Closed(f"{where} is not open to everyone ({answer.status}); {settings}")
    return refused(answer, where, settings)


def rows(envelope: Json, where: str) -> list[Json]:
    """Return a list of records. Raises Retryable unless every one has an id: half an answer is none."""
    found = envelope.get("results")
    if not isinstance(found, list) or not all(isinstance(r, dict) and (r.get("id") or r.get("key")) for r in found):
        raise Retryable(f"{where} answered without results")
    return found


def listed(
    api: HttpClient, path: str, params: Json, after: str | None, *, expect: Collection[int] = ()
) -> tuple[Response, list[Json], str | None]:
    """Return one page of a list that goes on by cursor, and the next cursor; None after the last page.

    Of the address that the answer gives for the next page only the cursor is used: it may lack what we asked for, it
    is relative to another base on the gateway, and credentials go nowhere else.
    """
    cursor = {"cursor": after} if after else {}
    answer = api.get(path, params | cursor, expect={*expect, *([400] if after else [])})
    if answer.status == 400 and after:
        raise CursorExpired(f"{api.where(path)} does not go on from that cursor")
    if answer.status != 200:
        return answer, [], None
    where = api.where(path)
    envelope = answer.json()
    found, following = rows(envelope, where), _following(envelope, answer, where)
    if following is not None and following == after:
        raise Retryable(f"{where} repeats the same page")
    return answer, found, following


def everything(
    api: HttpClient, path: str, params: Json, *, expect: Collection[int] = ()
) -> tuple[Response, list[Json]]:
    """Return every record of a list, each once."""
    found: dict[str, Json] = {}
    after: str | None = None
    while True:
        answer, page, after = listed(api, path, params, after, expect=expect)
        found.update((str(row["id"]), row) for row in page)
        if after is None:
            return answer, list(found.values())


def record(api: HttpClient, path: str, params: Params) -> Json | None:
    """Return one record; None where Confluence says, in its own words, that there is none, or none for us."""
    answer = api.get(path, params, expect=(404,))
    if answer.status == 404:
        if says_not_found(answer):
            return None
        raise Misconfigured(f"{api.where(path)} is no address there (404); check url and deployment")
    return answer.json()


def restriction(api: HttpClient, content: str) -> bool | None:
    """Say whether a restriction of its own names who may read the content at a path; None where we may not know."""
    path = f"{content}/restriction/byOperation/read"
    row = record(api, path, {"expand": "restrictions.user,restrictions.group"})
    if row is None:
        return None
    restrictions = row.get("restrictions")
    if not isinstance(restrictions, dict) or not restrictions:
        raise Retryable(f"{api.where(path)} answered without restrictions")
    return is_restriction(restrictions)


def is_restriction(restrictions: Json) -> bool:
    """Whether it names anybody; nobody at all means that there is none."""
    return any(
        bool(at(restrictions, whom, "results")) or bool(at(restrictions, whom, "size")) for whom in ("user", "group")
    )


def says_not_found(answer: Response) -> bool:
    """Whether a 404 is about the record, and not about the address."""
    envelope = answer.json()
    errors = envelope.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return errors[0].get("code") == "NOT_FOUND" or errors[0].get("status") == 404
    return envelope.get("statusCode") == 404 and "data" in envelope


def query_of(url: object, name: str) -> str | None:
    """Return one parameter of an address, None where there is none."""
    values = parse_qs(urlsplit(url).query).get(name) if isinstance(url, str) else None
    return values[0] if values else None


def text_at(envelope: Json, *path: str) -> str | None:
    """Return the text at a path of names, None where there is none."""
    value = at(envelope, *path)
    return value if isinstance(value, str) else None


def at(envelope: object, *path: str) -> object:
    """Return whatever is at a path of names, None where there is nothing."""
    for name in path:
        envelope = envelope.get(name) if isinstance(envelope, dict) else None
    return envelope


def objects_at(envelope: object, *path: str) -> list[Json]:
    """Return the objects of a list at a path of names; none where there is no list."""
    found = at(envelope, *path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _following(envelope: Json, answer: Response, where: str) -> str | None:
    link = at(envelope, "_links", "next")
    if not link:
        link = next(
            (
                part.partition(">")[0].strip(" <")
                for part in answer.headers.get("link", "").split(", <")
                if 'rel="next"' in part
            ),
            None,
        )
    if not link:
        return None
    cursor = query_of(link, "cursor")
    if not cursor:
        raise Retryable(f"{where} has more, and does not say where")
    return cursor


def _resets(answer: Response) -> timedelta | None:
    """Return the wait that the vendor's other headers tell: when an allowance refills, or how often it does."""
    try:
        wait = datetime.fromisoformat(answer.headers.get("x-ratelimit-reset", "")) - now()
    except (ValueError, TypeError):
        interval = answer.headers.get("x-ratelimit-interval-seconds", "")
        return timedelta(seconds=int(interval)) if interval.isdecimal() else None
    return min(max(timedelta(seconds=1), wait), timedelta(days=1))
