"""POST /api/admin/ask: the same answer as `answerwell ask`, while customers are served."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.session_api.kit import CHAT, Shop, shop

TOKEN = "operators-only"
ADMIN = f'[admin]\ntoken = "{TOKEN}"\n'


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("acme"), CHAT + ADMIN) as opened:
        yield opened


def ask(acme: Shop, **body: object) -> httpx2.Response:
    return acme.http.post("/api/admin/ask", json=body, headers={"Authorization": f"Bearer {TOKEN}"})


def test_an_operator_is_told_the_answer_its_sources_and_why(acme: Shop) -> None:
    answer = ask(acme, question="Who pays for the parcel?").json()

    assert (answer["outcome"], answer["index"], answer["language"]) == ("answered", "public", "en")
    assert [source["title"] for source in answer["sources"]] == ["Returns"]
    assert answer["why"]["passages"][0]["score"] > 0
    assert answer["why"]["withheld"] == []
    assert acme.rows("chat_questions") == []
    assert acme.rows("chat_threads") == []


def test_it_answers_as_the_widget_does(acme: Shop) -> None:
    question = "How long do parcels to Norway take?"

    assert ask(acme, question=question).json()["answer"] == acme.widget().ask(question).text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": ""}, 422),
        ({}, 422),
        ({"question": "x", "speed": 1}, 422),
        ({"question": "x" * 20_001}, 422),
        ({"question": "Who pays for the parcel?", "index": "none"}, 404),
        ({"question": "Who pays for the parcel?", "index": "internal"}, 200),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_fix(acme: Shop, body: dict[str, object], status: int) -> None:
    answer = ask(acme, **body)

    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]["fix"]


def test_an_index_is_evaluated_on_questions_that_are_sent(acme: Shop) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    [url] = {source["url"] for source in ask(acme, question="Who pays for the parcel?").json()["sources"]}
    questions = [{"question": "Who pays for the parcel?", "documents": [url]}]

    done = acme.http.post(
        "/api/admin/indexes/public/evaluation", json={"questions": questions, "ask": True}, headers=headers
    )
    wrong = acme.http.post(
        "/api/admin/indexes/public/evaluation",
        json={"questions": [{"question": "a", "documents": ["x:y"]}]},
        headers=headers,
    )

    assert (done.json()["recall"]["at_1"], done.json()["answers"]["cited_right"]) == (1.0, 1.0)
    assert (wrong.status_code, "x:y" in wrong.json()["error"]["message"]) == (422, True)
    assert acme.http.get("/api/admin/indexes/public/evaluations", headers=headers).json() == {"evaluations": []}
