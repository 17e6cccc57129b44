from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import openai
import pytest

from tests.sandbox.openai_kit import GUIDE, sandbox, stocked, upload

BILLING = b"# Invoices\n\nInvoices are sent on the first of the month. Change the billing address under Account.\n"
GERMAN = "# Kündigung\n\nSie können Ihren Vertrag jederzeit kündigen. Die Kündigungen gehen an den Support.\n".encode()


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with sandbox() as (_, client):
        yield client


def test_the_file_that_answers_comes_first_with_all_that_is_known_of_it(client: openai.OpenAI) -> None:
    store, file = client.vector_stores.create().id, upload(client, GUIDE, "guide.md")
    client.vector_stores.file_batches.create(
        store, files=[{"file_id": file, "attributes": {"url": "u"}}, {"file_id": upload(client, BILLING)}]
    )

    page = client.vector_stores.search(store, query="How do I reset my passwords?")

    first = page.data[0]
    assert (first.file_id, first.filename, first.attributes) == (file, "guide.md", {"url": "u"})
    assert first.content[0].text == GUIDE.decode().strip()
    assert 0.9 < first.score <= 1


@pytest.mark.parametrize("question", ["resetting passwords", "RESET PASSWORD", "password, reset!"])
def test_english_words_are_found_in_any_form(client: openai.OpenAI, question: str) -> None:
    store, files = stocked(client, BILLING, GUIDE)

    assert [one.file_id for one in client.vector_stores.search(store, query=question).data] == [files[1]]


@pytest.mark.parametrize("question", ["Wie kündige ich Verträge?", "VERTRAG KÜNDIGEN", "ku\u0308ndigung"])
def test_german_words_are_found_in_any_form(client: openai.OpenAI, question: str) -> None:
    store, files = stocked(client, GUIDE, GERMAN)

    assert [one.file_id for one in client.vector_stores.search(store, query=question).data] == [files[1]]


def test_the_language_attribute_outweighs_what_the_text_looks_like(client: openai.OpenAI) -> None:
    store, file = client.vector_stores.create().id, upload(client, b"Vertragsabschluss")
    client.vector_stores.files.create(store, file_id=file, attributes={"language": "de-AT"})

    assert client.vector_stores.search(store, query="Vertragsabschlusses").data[0].file_id == file


def test_a_word_in_the_title_counts_more_than_one_in_the_text(client: openai.OpenAI) -> None:
    about = b"# Webhooks\n\nHow to set them up, step by step, for everybody.\n"
    aside = b"# Exports\n\nExports can be made by hand, by webhooks, or webhooks again.\n"
    other = [f"# Topic {n}\n\nSomething else altogether.\n".encode() for n in range(5)]
    store, files = stocked(client, aside, about, *other)

    assert [one.file_id for one in client.vector_stores.search(store, query="webhooks").data] == [files[1], files[0]]


def test_small_words_tell_questions_of_one_kind_apart(client: openai.OpenAI) -> None:
    kinds = [b"How can I get tested?", b"Where can I get tested?", b"When can I get tested?"]
    store, files = stocked(client, *kinds)

    assert client.vector_stores.search(store, query="Where do I get a test?").data[0].file_id == files[1]


def test_the_last_words_of_a_long_question_count_as_the_first(client: openai.OpenAI) -> None:
    prose = " ".join(f"word{n}" for n in range(60))
    store, files = stocked(client, prose.encode(), b"# One\n\ngreen red", b"# Two\n\nred green")

    found = [one.file_id for one in client.vector_stores.search(store, query=f"{prose} red green").data]

    assert found == [files[0], files[2], files[1]]


def test_the_address_of_a_page_is_no_text_of_it(client: openai.OpenAI) -> None:
    store, files = stocked(client, GUIDE.replace(b"Open", b"https://help.example.com/hc/7-Invoices\n\nOpen"), BILLING)

    found = client.vector_stores.search(store, query="help with invoices").data

    assert [one.file_id for one in found] == [files[1]]


def test_scores_fall_and_a_threshold_cuts_the_rest(client: openai.OpenAI) -> None:
    words = ["alpha", "beta", "gamma", "delta"]
    texts = [f"# Page {n}\n\n" + " ".join(words[: n + 1]) for n in range(4)]
    store, _ = stocked(client, *[text.encode() for text in texts])

    found = client.vector_stores.search(store, query="alpha beta gamma delta").data
    kept = client.vector_stores.search(
        store, query="alpha beta gamma delta", ranking_options={"score_threshold": found[1].score}
    ).data

    assert all(one.score >= other.score for one, other in pairwise(found))
    assert len(found) == 4
    assert kept == found[:2]


def test_a_long_file_is_found_by_its_end_and_yields_to_others_after_two_passages(client: openai.OpenAI) -> None:
    long = (
        "# Handbook\n\n" + "".join(f"## Part {n}\n\n" + "widget setting. " * 300 for n in range(8)) + "Finally zebra."
    )
    store, files = stocked(client, long.encode(), b"# Note\n\nOne widget.\n")

    about_widgets = [one.file_id for one in client.vector_stores.search(store, query="widget", max_num_results=50).data]

    assert "zebra" in client.vector_stores.search(store, query="zebra").data[0].content[0].text
    assert set(about_widgets[:3]) == set(files)
    assert len(about_widgets) > 3


def test_several_queries_are_asked_as_one(client: openai.OpenAI) -> None:
    store, files = stocked(client, BILLING, GUIDE)

    page = client.vector_stores.search(store, query=["password", "invoices"], rewrite_query=True)

    assert {one.file_id for one in page.data} == set(files)


@pytest.mark.parametrize("question", ["", "?!", "xylophone", '" OR NEAR(', "a" * 20_000, "wörd " * 5000])
def test_an_odd_question_finds_nothing_and_breaks_nothing(client: openai.OpenAI, question: str) -> None:
    store, _ = stocked(client, BILLING)

    assert client.vector_stores.search(store, query=question).data == []


def test_an_empty_store_finds_nothing(client: openai.OpenAI) -> None:
    store, _ = stocked(client)

    assert client.vector_stores.search(store, query="password").data == []


def _is(kind: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "value": value}


@pytest.fixture(scope="module")
def shelf(client: openai.OpenAI) -> str:
    """Three files that differ by attributes only, named by them."""
    store = client.vector_stores.create().id
    attributes: list[dict[str, Any]] = [{"n": 1, "l": "de", "p": True}, {"n": 2, "l": "en", "p": False}, {"n": 3}]
    files = [{"file_id": upload(client, GUIDE, f"{one['n']}.md"), "attributes": one} for one in attributes]
    client.vector_stores.file_batches.create(store, files=files)  # type: ignore[arg-type]  # plain dictionaries
    return store


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (_is("eq", "l", "de"), "1"),
        (_is("ne", "l", "de"), "23"),
        (_is("eq", "n", 2), "2"),
        (_is("eq", "n", "2"), ""),
        (_is("eq", "p", True), "1"),
        (_is("eq", "n", True), ""),
        (_is("gt", "n", 1), "23"),
        (_is("gte", "n", 3), "3"),
        (_is("lt", "n", 2.5), "12"),
        (_is("lte", "n", 1), "1"),
        (_is("gt", "l", 1), ""),
        (_is("in", "l", ["de", "en"]), "12"),
        (_is("nin", "l", ["de"]), "23"),
        ({"type": "and", "filters": [_is("gt", "n", 1), _is("eq", "l", "en")]}, "2"),
        ({"type": "or", "filters": [_is("eq", "n", 3), {"type": "and", "filters": [_is("eq", "p", True)]}]}, "13"),
    ],
)
def test_filters_select_by_attributes(client: openai.OpenAI, shelf: str, wanted: Any, names: str) -> None:
    found = client.vector_stores.search(shelf, query="password", filters=wanted).data

    assert sorted(one.filename for one in found) == [f"{name}.md" for name in names]


def test_an_updated_attribute_is_what_filters_see(client: openai.OpenAI) -> None:
    store, files = stocked(client, GUIDE)

    client.vector_stores.files.update(files[0], vector_store_id=store, attributes={"audience": "public"})

    public: Any = _is("eq", "audience", "public")
    assert len(client.vector_stores.search(store, query="password", filters=public).data) == 1


def test_what_left_a_store_no_longer_weighs_on_its_scores(client: openai.OpenAI) -> None:
    store, _ = stocked(client, GUIDE, BILLING)

    def score() -> float:
        return client.vector_stores.search(store, query="password address").data[0].score

    before = score()
    more = [upload(client, GUIDE) for _ in range(4)]
    client.vector_stores.file_batches.create(store, file_ids=more)
    with_more = score()
    for file in more[:2]:
        client.vector_stores.files.delete(file, vector_store_id=store)
    half = score()
    for file in more[2:]:
        client.files.delete(file)

    assert len({before, with_more, half}) == 3
    assert score() == before


def test_stores_do_not_see_each_others_files(client: openai.OpenAI) -> None:
    _, files = stocked(client, GUIDE)
    other, _ = stocked(client, BILLING)

    assert client.vector_stores.search(other, query="password").data == []
    client.vector_stores.files.create(other, file_id=files[0])
    assert [one.file_id for one in client.vector_stores.search(other, query="password").data] == files
