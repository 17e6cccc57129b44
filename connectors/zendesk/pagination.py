"""How Zendesk pages its lists and says that a record is not there."""

from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from connectors.http.client import HttpClient
from connectors.http.transport import Json, Response
from sync.errors import Misconfigured, Retryable

PAGE = 100


def rows(answer: Response, name: str, where: str) -> list[Json]:
    """Return a list of records. Raises Retryable unless every one has an id: half an answer is none."""
    found = answer.json().get(name)
    if not isinstance(found, list) or not all(
        isinstance(row, dict) and isinstance(row.get("id"), int) for row in found
    ):
        raise Retryable(f"{where} answered without {name}")
    return found


def page(
    api: HttpClient,
    path: str,
    name: str,
    params: Json,
    after: Json | None,
    *,
    bucket: str,
    expect: Collection[int] = (),
) -> tuple[Response, list[Json], Json | None]:
    """Return one page of a list, and the parameters of the next page; None after the last.

    Of the address that the answer gives for the next page only the position is used: credentials go nowhere else.
    """
    asked = {**params, **after} if after and "page" in after else {**params, "page[size]": PAGE, **(after or {})}
    answer = api.get(path, asked, expect=expect, buckets=(bucket,))
    if answer.status != 200:
        return answer, [], None
    where = api.where(path)
    following = _following(answer.json(), where)
    if following is not None and following == after:
        raise Retryable(f"{where} repeats the same page")
    return answer, rows(answer, name, where), following


def everything(api: HttpClient, path: str, name: str, params: Json, *, bucket: str) -> list[Json]:
    """Return every record of a list, each once."""
    found: dict[int, Json] = {}
    after: Json | None = None
    while True:
        _, records, after = page(api, path, name, params, after, bucket=bucket)
        found.update((row["id"], row) for row in records)
        if after is None:
            return list(found.values())


def record(api: HttpClient, path: str, name: str, params: Json, *, bucket: str) -> Json | None:
    """Return one record; None where Zendesk says, in its own words, that there is no such record."""
    answer = api.get(path, params, expect=(404,), buckets=(bucket,))
    if answer.status == 404:
        if answer.json().get("error") == "RecordNotFound":
            return None
        raise Misconfigured(f"{api.where(path)} is no address there (404); check url and brand_urls")
    found = answer.json().get(name)
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        raise Retryable(f"{api.where(path)} answered without {name}")
    return found


def query_of(url: object, name: str) -> str | None:
    """Return one parameter of an address, None where there is none."""
    values = parse_qs(urlsplit(url).query).get(name) if isinstance(url, str) else None
    return values[0] if values else None


def time_of(text: object) -> datetime:
    """Return an aware time; the epoch where the record has none."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _following(envelope: Json, where: str) -> Json | None:
    meta = envelope.get("meta")
    if isinstance(meta, dict) and isinstance(meta.get("has_more"), bool):
        if not meta["has_more"]:
            return None
        links = envelope.get("links")
        link = links.get("next") if isinstance(links, dict) else None
        after = query_of(link, "page[after]") or meta.get("after_cursor")
        if not isinstance(after, str) or not after:
            raise Retryable(f"{where} has more, and does not say where")
        return {"page[after]": after}
    if "next_page" in envelope:
        place = {name: query_of(envelope["next_page"], name) for name in ("page", "per_page")}
        return {name: value for name, value in place.items() if value} or None
    raise Retryable(f"{where} does not say whether there is more")
