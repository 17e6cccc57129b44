"""Verified answers: a person's answer goes before any model, cited as verified, until its source changes."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from answering.verified import matches
from tests.session_api.kit import ARTICLES, CHAT, Shop, shop

TOKEN = "operators-only"
ADMIN = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "ada"}
QUESTION = "Can I return a gift?"
ANSWER = "Yes, within **90 days**, with or without the receipt."


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("acme"), f'{CHAT}[admin]\ntoken = "{TOKEN}"\n') as opened:
        yield opened


def returns(acme: Shop) -> str:
    return next(str(row.url) for row in acme.rows("documents") if row.title == "Returns")


def written(acme: Shop, **more: Any) -> httpx2.Response:
    body = {"question": QUESTION, "answer": ANSWER, "documents": [returns(acme)], **more}
    return acme.http.post("/api/admin/verified", json=body, headers=ADMIN)


def standing(acme: Shop, answer: int = 1) -> str:
    return str(acme.http.get(f"/api/admin/verified/{answer}", headers=ADMIN).json()["standing"])


def test_it_is_what_the_visitor_reads_cited_as_verified_and_no_model_is_asked(acme: Shop) -> None:
    kept = written(acme, phrasings=["May I send back a present?"], owner="Ada")

    said = [acme.widget().ask(asked) for asked in ("can i RETURN a gift", "May I send back a present?")]
    other = acme.widget().ask("How do I wrap a gift?")

    assert (kept.status_code, kept.json()["owner"], kept.json()["standing"]) == (201, "Ada", "active")
    assert [one.text for one in said] == [ANSWER, ANSWER]
    assert [source["url"] for source in said[0].sources] == [returns(acme)]
    assert said[0].sources[0]["description"].startswith("Verified on 20")
    assert other.text != ANSWER
    assert acme.said_by_model == 1
    records = [(row.outcome, row.rule, row.model, row.micro_usd) for row in acme.rows("chat_questions")]
    assert records[:2] == [("answered", "verified", "", 0)] * 2


def test_it_flags_itself_when_its_source_says_something_else_until_somebody_confirms_it(acme: Shop) -> None:
    written(acme)
    article = next(row.external_id for row in acme.rows("documents") if row.title == "Returns")
    body = "<p>Gifts are not taken back any more. Other things may be sent back within 60 days of delivery.</p>"
    acme.company.zendesk.put_article(id=int(article.split(":")[0]), title="Returns", body=body)
    acme.sync()

    flagged, said = standing(acme), acme.widget().ask(QUESTION)
    confirmed = acme.http.post("/api/admin/verified/1/confirm", json={}, headers=ADMIN)

    assert (flagged, said.text == ANSWER) == ("changed", False)
    assert confirmed.json()["standing"] == "active"
    assert acme.widget().ask(QUESTION).text == ANSWER


def test_it_expires_and_says_so_before(acme: Shop) -> None:
    written(acme, expires_in="10d")
    assert standing(acme) == "expiring"
    assert acme.widget().ask(QUESTION).text == ANSWER
    with acme.engine.state.transaction() as tx:
        tx.run("UPDATE verified_answers SET expires_at = 1")

    assert standing(acme) == "expired"
    assert acme.widget().ask(QUESTION).text != ANSWER


def test_an_internal_answer_is_for_the_internal_index_alone(acme: Shop) -> None:
    written(acme, audience="internal")

    inside = acme.http.post("/api/admin/ask", json={"question": QUESTION, "index": "internal"}, headers=ADMIN).json()

    assert acme.widget().ask(QUESTION).text != ANSWER
    assert (inside["answer"], inside["rule"]) == (ANSWER, "verified")


def test_it_is_changed_listed_and_removed(acme: Shop) -> None:
    written(acme)
    changed = acme.http.put("/api/admin/verified/1", json={"question": QUESTION, "answer": "Ask us."}, headers=ADMIN)
    said = acme.widget().ask(QUESTION)

    assert (changed.json()["answer"], changed.json()["sources"], said.text) == ("Ask us.", [], "Ask us.")
    assert [source["title"] for source in said.sources] == [QUESTION]
    assert acme.http.delete("/api/admin/verified/1", headers=ADMIN).status_code == 204
    assert acme.http.get("/api/admin/verified", headers=ADMIN).json() == {"verified": []}
    assert acme.http.delete("/api/admin/verified/1", headers=ADMIN).json()["error"]["code"] == "not_found"
    assert acme.rows("verified_sources") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"documents": ["https://help.acme.test/none"]}, "no document"),
        ({"documents": ["help-center:"]}, "no document"),
        ({"answer": "  "}, "answer"),
        ({"question": ""}, "question"),
        ({"expires_in": "soon"}, "expires_in"),
        ({"expires_in": "-3d"}, "expires_in"),
        ({"audience": "everybody"}, "audience"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_says_why(acme: Shop, body: dict[str, Any], said: str) -> None:
    refused = written(acme, **body)

    assert refused.status_code == 422
    assert said in refused.json()["error"]["message"]
    assert acme.rows("verified_answers") == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Can I return a gift?", "can I return a gift", True),
        ("Can I return a gift?", "Please, can I return the gifts?", True),
        ("How long does shipping to Norway take?", "how long will shipping to norway take", True),
        ("Wie lange dauert der Versand?", "Wie lange dauert denn der Versand", False),
        ("Can I return a gift?", "Can I return a gift after 90 days?", False),
        ("Can I return it after 30 days?", "Can I return it after 90 days?", False),
        ("When do I cancel?", "How do I cancel?", False),
        ("Why can I cancel?", "Why can I not cancel?", False),
        ("Why can I cancel?", "Why can't I cancel?", False),
        ("Can I return a gift card?", "Can I return a gift?", False),
        ("", "Can I return a gift?", False),
        ("¿Cuánto cuesta?", "¿Dónde cuesta?", False),
    ],
)
def test_only_a_question_of_the_same_words_is_the_same(one: str, other: str, same: bool) -> None:
    assert matches(one, other) is same
    assert matches(other, one) is same


def test_nothing_of_it_is_read_where_there_is_none(acme: Shop) -> None:
    assert acme.widget().ask("Who pays for the parcel?").text in ARTICLES["Returns"]
