"""How the fake cuts lists into pages, and where its two ways of paging trap a client."""

from typing import Any

import pytest

from tests.sandbox.zendesk_kit import Desk

ARTICLES = "/api/v2/help_center/articles.json"


def walk(desk: Desk, **params: Any) -> list[dict[str, Any]]:
    """Every page of the list, by `links.next`."""
    bodies = [desk.get(ARTICLES, **params).json()]
    while bodies[-1]["meta"]["has_more"]:
        bodies.append(desk.get(bodies[-1]["links"]["next"]).json())
    return bodies


def ids(body: dict[str, Any]) -> list[int]:
    return [article["id"] for article in body["articles"]]


def test_cursor_pages_list_everything_once_and_keep_the_parameters(desk: Desk) -> None:
    made = [desk.sandbox.put_article(title=str(number)) for number in range(7)]

    bodies = walk(desk, **{"page[size]": 3, "include": "translations"})

    assert [len(body["articles"]) for body in bodies] == [3, 3, 1]
    assert [number for body in bodies for number in ids(body)] == made
    assert all("translations" in article for body in bodies for article in body["articles"])
    assert (bodies[-1]["links"]["next"], bodies[-1]["meta"]["has_more"]) == (None, False)


def test_the_link_header_names_the_next_cursor_page(desk: Desk) -> None:
    for number in range(3):
        desk.sandbox.put_article(title=str(number))

    first = desk.get(ARTICLES, **{"page[size]": 2})
    last = desk.get(first.json()["links"]["next"])

    assert first.headers["link"] == f'<{first.json()["links"]["next"]}>; rel="next"'
    assert "link" not in last.headers


def test_cursor_pages_can_be_walked_backwards(desk: Desk) -> None:
    made = [desk.sandbox.put_article(title=str(number)) for number in range(5)]

    last = desk.get(desk.get(ARTICLES, **{"page[size]": 2}).json()["links"]["last"]).json()
    before = desk.get(last["links"]["prev"]).json()

    assert (ids(last), ids(before)) == (made[3:], made[1:3])


def test_an_article_archived_between_cursor_pages_shifts_nothing(desk: Desk) -> None:
    made = [desk.sandbox.put_article(title=str(number)) for number in range(4)]
    first = desk.get(ARTICLES, **{"page[size]": 2}).json()

    desk.sandbox.archive_article(made[0])

    assert ids(desk.get(first["links"]["next"]).json()) == made[2:]


def test_sorting_is_silently_ignored_under_a_cursor(desk: Desk) -> None:
    old = desk.sandbox.put_article(title="old")
    desk.clock.pass_time(10)
    new = desk.sandbox.put_article(title="new")
    descending = {"sort_by": "updated_at", "sort_order": "desc"}

    assert ids(desk.get(ARTICLES, **descending).json()) == [new, old]
    assert ids(desk.get(ARTICLES, **descending, **{"page[size]": 100}).json()) == [old, new]


def test_offset_pages_are_thirty_long_and_count(desk: Desk) -> None:
    made = [desk.sandbox.put_article(title=str(number)) for number in range(35)]

    first = desk.get(ARTICLES).json()
    second = desk.get(first["next_page"]).json()

    numbers = {key: first[key] for key in ("count", "page", "per_page", "page_count", "previous_page")}
    assert numbers == {"count": 35, "page": 1, "per_page": 30, "page_count": 2, "previous_page": None}
    assert (first["sort_by"], first["sort_order"]) == ("position", "asc")
    assert ids(first) + ids(second) == made
    assert second["next_page"] is None


@pytest.mark.parametrize("params", [{"page": 101}, {"page": 101, "per_page": 100}])
def test_offset_pages_end_at_the_hundredth(desk: Desk, params: dict[str, int]) -> None:
    answer = desk.get(ARTICLES, **params)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_offset_paging_offers_its_next_page_even_beyond_the_depth(desk: Desk) -> None:
    for number in range(101):
        desk.sandbox.put_article(title=str(number))

    last = desk.get(ARTICLES, page=100, per_page=1).json()

    assert desk.get(last["next_page"]).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"page[size]": 101},
        {"page[size]": 0},
        {"page[size]": 10, "per_page": 10},
        {"page[size]": 10, "page": 2},
        {"page[size]": 10, "page[after]": "nonsense"},
        {"page[size]": 10, "page[after]": "Wy", "page[before]": "Wy"},
    ],
)
def test_malformed_cursor_paging_is_refused(desk: Desk, params: dict[str, Any]) -> None:
    answer = desk.get(ARTICLES, **params)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidPaginationParameter")


@pytest.mark.parametrize(
    "query",
    ["colour=red", "per_page=101", "per_page=x", "page=0", "sort_by=title", "include=sections", "include=x&include=y"],
)
def test_parameters_outside_the_contract_are_refused(desk: Desk, query: str) -> None:
    answer = desk.get(f"{ARTICLES}?{query}")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize("path", ["/api/v2/nothing.json", "/api/v2/help_center/articles/abc.json", "/", "/api/v2"])
def test_paths_outside_the_contract_are_refused(desk: Desk, path: str) -> None:
    answer = desk.get(path)

    assert (answer.status_code, answer.json()["error"]) == (404, "InvalidEndpoint")


def test_a_path_without_its_json_suffix_is_refused(desk: Desk) -> None:
    assert desk.get("/api/v2/help_center/articles").status_code == 415


def test_nothing_can_be_written(desk: Desk) -> None:
    assert desk.client.post(f"{desk.url}{ARTICLES}", json={}).status_code == 404
