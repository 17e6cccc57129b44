"""How Intercom pages its lists: by number or by cursor. Of an address of the next page nothing is used."""

from dataclasses import dataclass
from typing import Any

from connectors.http.client import HttpClient
from connectors.http.transport import Json, Params, Response
from connectors.intercom.account import CREDENTIALS, code_of, is_missing, refused
from sync.errors import Misconfigured, Retryable

VERSION_REFUSED = "intercom_version_invalid"


@dataclass(frozen=True, slots=True)
class NumberedPage:
    """One page of a list. `total`: how many records the vendor counts. `after`: the next page's place, None: last."""

    rows: list[Json]
    total: int | None
    after: Json | None


def numbered(
    api: HttpClient, path: str, name: str, after: Json | None, size: int, asked: Params | None = None
) -> NumberedPage:
    """Return one page of a list that is paged by number; fewer rows than asked for are a page all the same.

    Where the vendor does not take so many on a page, as many are asked for as it gives by itself.
    """
    place: Json = after or {"page": 1, "per_page": size}
    answer = api.get(path, {**place, **(asked or {})}, expect=(400,))
    if answer.status == 400 and after is None and code_of(answer) not in ("", VERSION_REFUSED):
        place = {"page": 1}
        answer = api.get(path, {**place, **(asked or {})})
    where = api.where(path)
    if error := refused(answer, where, CREDENTIALS):
        raise error
    envelope = answer.json()
    pages = envelope.get("pages")
    last = whole(pages.get("total_pages")) if isinstance(pages, dict) else None
    found = rows(answer, name, where)
    if last is None and not found and whole(envelope.get("total_count")) == 0:
        last = 1
    if last is None:
        raise Retryable(f"{where} does not say whether there is more")
    following = {**place, "page": place["page"] + 1} if place["page"] < last else None
    return NumberedPage(found, whole(envelope.get("total_count")), following)


def everything(api: HttpClient, path: str, name: str, size: int) -> list[Json]:
    """Return every record of a list that is paged by number, each once. Raises Retryable where it counts more."""
    found: dict[str, Json] = {}
    after: Json | None = None
    while True:
        page = numbered(api, path, name, after, size)
        found.update((str(row["id"]), row) for row in page.rows)
        after = page.after
        if after is None:
            break
    if page.total is not None and len(found) < page.total:
        raise Retryable(f"{api.where(path)}: lists {len(found)} of the {page.total} that it counts; it is listed again")
    return list(found.values())


def next_cursor(answer: Response, where: str) -> str | None:
    """Return where the next page of a list that is paged by cursor starts; None after the last."""
    pages = answer.json().get("pages")
    if not isinstance(pages, dict):
        raise Retryable(f"{where} does not say whether there is more")
    following = pages.get("next")
    if not following:
        return None
    cursor = following.get("starting_after") if isinstance(following, dict) else None
    if not isinstance(cursor, str) or not cursor:
        raise Retryable(f"{where} has more, and does not say where")
    return cursor


def rows(answer: Response, name: str, where: str) -> list[Json]:
    """Return a list of records. Raises Retryable unless every one has an id: half an answer is none."""
    found = answer.json().get(name)
    if not isinstance(found, list) or not all(isinstance(row, dict) and row.get("id") for row in found):
        raise Retryable(f"{where} answered without {name}")
    return found


def record(api: HttpClient, path: str, params: Params | None = None) -> Json | None:
    """Return one record; None where Intercom says, in its own words, that there is no such record."""
    answer = api.get(path, params, expect=(404,))
    if is_missing(answer):
        return None
    if answer.status == 404:
        raise Misconfigured(f"{api.where(path)} is no address there (404); check url")
    found = answer.json()
    if not found.get("id"):
        raise Retryable(f"{api.where(path)} answered without a record")
    return found


def whole(value: Any) -> int | None:
    """Return a whole number that is written as one or as text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None
