"""What stands between a model and a customer: thresholds, sources, budgets, moderation, and an index that changes."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.openai.state import Speech
from sandbox.wire import Fault
from session_api.chat import erasure, retention
from session_api.state import spend
from sync.operations import commands
from sync.state import queries
from tests import loopback
from tests.session_api.kit import CHAT, SHOP, Shop, message, shop
from tests.session_api.waiting import until

QUESTION = "Who pays for the parcel?"
ANSWER = "We pay for the parcel."


@contextmanager
def saying(acme: Shop, speak: Callable[[str, Sequence[Any]], Speech | None]) -> Iterator[None]:
    acme.company.openai.speak = speak
    try:
        yield
    finally:
        acme.company.openai.speak = None


def returns(found: Sequence[Any]) -> str:
    return str(next(one.file for one in found if "parcel." in one.text))


def last(acme: Shop, thread: str) -> Any:
    """The record of the thread's latest question, once it is written."""
    until(lambda: [row for row in acme.rows("chat_questions") if row.thread == thread])
    return [row for row in acme.rows("chat_questions") if row.thread == thread][-1]


def test_leaked_marks_are_gone_and_citations_stand_where_they_belong(acme: Shop) -> None:
    mark = "\ue200filecite\ue202turn0file0\ue201"

    def speak(question: str, found: Sequence[Any]) -> Speech:
        text = f"{ANSWER}{mark} You may send anything back.{mark}"
        file = returns(found)
        cuts = tuple(text[at : at + 3] for at in range(0, len(text), 3))
        return Speech(text, ((file, len(ANSWER) + len(mark)), (file, len(text)), (file, len(text))), cuts)

    with saying(acme, speak):
        answered = acme.widget().ask(QUESTION)

    assert answered.text == answered.streamed == f"{ANSWER} You may send anything back."
    notes = answered.message["content"][0]["annotations"]
    assert [note["index"] for note in notes] == [len(ANSWER), len(answered.text)]


@pytest.mark.parametrize("invented", ["file-000000000000000000000000", ""])
def test_only_what_was_retrieved_may_be_cited(acme: Shop, invented: str) -> None:
    with saying(acme, lambda question, found: Speech("Nobody pays.", ((invented, 12),))):
        answered = acme.widget().ask(QUESTION)

    assert answered.sources == []
    assert "found nothing" in answered.text


def test_an_answer_without_citations_is_attributed_to_the_passage_that_says_it(acme: Shop) -> None:
    """Some compatible servers send no annotations."""
    said = "You may send anything back within 60 days of delivery."
    with saying(acme, lambda question, found: Speech(said)):
        answered = acme.widget().ask("May I send anything back after delivery?")

    assert answered.text == said
    assert [source["title"] for source in answered.sources] == ["Returns"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("You may send anything back within 90 days of delivery.", "90 stands in no passage"),
        ("Bicycles, scooters and unicycles enjoy lifelong warranty coverage.", "the passages say"),
        ("Write to mallory@evil.example about the parcel.", "mallory@evil.example stands in no passage"),
        ("I could not find anything about that in the documents.", "claims nothing"),
        ("", "said nothing"),
    ],
)
def test_what_no_passage_supports_is_taken_back(acme: Shop, said: str, reason: str) -> None:
    def speak(question: str, found: Sequence[Any]) -> Speech:
        return Speech(said, () if "could not" in said else ((returns(found), len(said)),))

    with saying(acme, speak):
        answered = acme.widget().ask(QUESTION)

    assert "found nothing" in answered.text
    assert answered.sources == []
    record = last(acme, answered.thread)
    assert record.outcome == "abstained"
    assert reason in record.reason


def test_what_is_made_up_is_not_spun_out(acme: Shop) -> None:
    """The first wrong sentence ends the answer and the call."""
    words = ("You get 90 days. ", *(f"And then {n} more. " for n in range(100, 300)))

    with saying(acme, lambda question, found: Speech("".join(words), deltas=words)):
        answered = acme.widget().ask(QUESTION)

    assert "found nothing" in answered.text
    assert "more" not in answered.streamed
    until(lambda: acme.company.openai.streaming == 0)


def test_what_was_asked_and_became_of_it_is_recorded(acme: Shop) -> None:
    answered = acme.widget().ask(QUESTION)

    record = last(acme, answered.thread)

    assert (record.question, record.outcome, record.origin) == (QUESTION, "answered", SHOP)
    assert (record.model, record.answer) == ("quoting", answered.message["id"])
    [source] = json.loads(record.sources)
    assert source == {"title": "Returns", "url": answered.sources[0]["url"]}
    assert record.tokens_read > 0
    assert record.tokens_written > 0
    assert record.micro_usd == 2500  # a file search; the model's price is not configured
    assert 0 <= record.first_token_ms <= record.latency_ms


def test_the_model_is_told_the_question_and_the_rules_and_nothing_of_it_is_kept_there(acme: Shop) -> None:
    widget = acme.widget()
    widget.ask(QUESTION)

    body = acme.company.openai.asked[-1]
    live = queries.active(acme.engine.state, "public")

    assert live is not None
    assert body["store"] is False
    assert body["include"] == ["file_search_call.results"]
    assert body["max_output_tokens"] == 1200
    [tool] = body["tools"]
    ours = {"type": "eq", "key": "managed_by", "value": f"answerwell:{acme.engine.state.installation}"}
    assert tool["vector_store_ids"] == [live.store]
    assert tool["filters"] == {"type": "and", "filters": [{"type": "eq", "key": "audience", "value": "public"}, ours]}
    assert [(said["role"], said["content"]) for said in body["input"]] == [("user", QUESTION)]
    assert "Passages are quotations" in body["instructions"]
    visitor = acme.rows("chat_threads")[-1].visitor
    assert visitor not in json.dumps(body)
    assert acme.company.openai_wire.count(path="traces") == 0


def test_a_greeting_costs_nothing(acme: Shop) -> None:
    asked = acme.said_by_model

    answered = acme.widget().ask("Hello!")

    assert "Ask me anything" in answered.text
    assert acme.said_by_model == asked
    assert last(acme, answered.thread).outcome == "greeted"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Verkaufen Sie auch Fahrräder oder ist das nicht möglich?", "nichts gefunden"),
        ("Est-ce que vous avez des vélos dans le magasin ?", "rien n'y répond"),
        ("¿Cómo puedo comprar una bicicleta?", "nada lo responde"),
        ("هل تبيعون الدراجات؟", "ولم أجد"),
    ],
)
def test_the_service_speaks_the_language_of_the_question(acme: Shop, question: str, said: str) -> None:
    assert said in acme.widget().ask(question).text


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = """
min_score = 0.9
mask = ["email", "phone", "card"]
moderation = true
daily_usd = 0.01
price_input = 1.0
price_output = 4.0
"""
    text = CHAT.replace('model = "quoting"\n', f'model = "quoting"\n{settings}')
    with shop(tmp_path_factory.mktemp("strict"), text) as opened:
        yield opened


def test_passages_that_score_too_little_do_not_count(strict: Shop) -> None:
    with saying(strict, lambda question, found: Speech(ANSWER, ((returns(found), len(ANSWER)),))):
        answered = strict.widget().ask("Which colour has the parcel that the postman carries?")

    assert "found nothing" in answered.text
    assert last(strict, answered.thread).reason == "no passage scores enough"


def test_what_identifies_a_person_is_masked_before_it_is_stored_and_before_the_model(strict: Shop) -> None:
    heard: list[str] = []

    def listen(text: str) -> bool:
        heard.append(text)
        return False

    strict.company.openai.flags = listen
    widget = strict.widget()

    answered = widget.ask("I am ada@acme.com, call +49 30 1234567: who pays for the parcel?")
    strict.company.openai.flags = None

    stored = json.dumps([row._asdict() for table in ("chat_items", "chat_questions", "chat_threads")
                         for row in strict.rows(table)], default=str)  # fmt: skip
    assert heard == ["I am [e-mail address], call [phone number]: who pays for the parcel?"]
    assert answered.question["content"][0]["text"] == heard[0]
    assert "ada@acme.com" not in stored
    assert "1234567" not in stored


def test_what_moderation_flags_is_not_answered(strict: Shop) -> None:
    strict.company.openai.flags = lambda text: "bomb" in text
    asked = strict.said_by_model

    answered = strict.widget().ask("How do I build a bomb?")
    strict.company.openai.flags = None

    assert "cannot help" in answered.text
    assert strict.said_by_model == asked
    assert last(strict, answered.thread).outcome == "refused"


def test_a_moderation_that_fails_lets_nothing_through(strict: Shop) -> None:
    strict.company.openai_wire.fail(Fault(path="/v1/moderations", times=None))
    asked = strict.said_by_model

    answered = strict.widget().ask(QUESTION)
    strict.company.openai_wire.heal()

    assert [event["allow_retry"] for event in answered.of("error")] == [True]
    assert strict.said_by_model == asked


def test_the_days_budget_ends_answers_politely(strict: Shop) -> None:
    """The last test of this shop: from here on nothing is answered today."""
    asked = 0
    for _ in range(6):
        asked = strict.said_by_model
        answered = strict.widget().ask(QUESTION)

    assert "come back tomorrow" in answered.text
    assert "help@acme.com" in answered.text
    assert strict.said_by_model == asked
    assert spend.spent_today(strict.engine.state) >= 0.01
    assert last(strict, answered.thread).reason == "daily_usd is spent"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Shop]:
    """A shop that one test may change."""
    with shop(tmp_path) as opened:
        yield opened


def test_answers_follow_a_promotion_and_open_conversations_go_on(own: Shop) -> None:
    widget = own.widget()
    first = widget.ask(QUESTION)
    before = set(own.company.openai.stores())

    commands.rebuild(own.engine, ["public"])
    second = widget.ask(QUESTION, first.thread)

    [new] = set(own.company.openai.stores()) - before
    searched: list[str] = []

    def listen(question: str, found: Sequence[Any]) -> None:
        searched.append(found[0].file)

    with saying(own, listen):
        widget.ask(QUESTION, first.thread)
    assert first.text == second.text == ANSWER
    assert searched[0] in own.company.openai.stores()[new]


def test_a_document_that_became_internal_is_neither_quoted_nor_cited(own: Shop) -> None:
    """The store may still hold it as public while the next sync is on its way."""
    with own.engine.state.transaction() as tx:
        tx.run("UPDATE documents SET audience = 'internal' WHERE title = 'Returns'")

    answered = own.widget().ask(QUESTION)

    assert "parcel." not in answered.text
    assert answered.sources == []


def test_the_filter_of_a_server_is_not_trusted(own: Shop) -> None:
    """A compatible server that ignores filters must not open what is not ours or not public."""
    live = queries.active(own.engine.state, "public")
    assert live is not None
    key, base = {"authorization": "Bearer sk-sandbox"}, f"{own.company.openai_url}/v1"
    said = "The secret margin of parcels is 80 percent."
    for attributes in ({}, {"audience": "public"}, {"managed_by": "answerwell:00000000", "audience": "public"}):
        file = {"file": ("secret.md", f"# Margins\n\n{said}".encode(), "text/markdown")}
        made = loopback.http.post(f"{base}/files", headers=key, files=file, data={"purpose": "assistants"}).json()["id"]
        attached = {"file_id": made, "attributes": attributes}
        loopback.http.post(f"{base}/vector_stores/{live.store}/files", headers=key, json=attached).raise_for_status()
    own.company.openai.ignores_filters = True

    answered = own.widget().ask("What is the secret margin of parcels?")

    assert "80" not in answered.text
    assert answered.sources == []


@pytest.mark.parametrize(("edited", "dated"), [(1735732800, "2025-01-01T12:00:00+00:00"), (0, None)])
def test_a_citation_has_the_date_of_its_page_and_names_the_day_of_the_last_sync(
    own: Shop, edited: int, dated: str | None
) -> None:
    with own.engine.state.transaction() as tx:
        tx.run("UPDATE sources SET synced_at = 1764158400")  # 2025-11-26
        tx.run("UPDATE documents SET updated_at = :edited", edited=edited)

    [source] = own.widget().ask(QUESTION).sources

    assert source["description"] == "As of 2025-11-26"
    assert source.get("timestamp") == dated


def test_before_the_first_sync_nothing_is_asked(own: Shop) -> None:
    with own.engine.state.transaction() as tx:
        tx.run("UPDATE generations SET state = 'building' WHERE index_name = 'public'")

    answered = own.widget().ask(QUESTION)

    [error] = answered.of("error")
    assert "Nothing can be searched yet" in error["message"]
    diagnosed = own.http.get("/widget/diagnose", params={"origin": SHOP}).json()
    assert [finding["code"] for finding in diagnosed["findings"]] == ["nothing_synced"]


def test_what_is_old_is_forgotten_and_a_visitor_is_erased_on_request(own: Shop) -> None:
    widget, other = own.widget(), own.widget()
    thread = widget.ask(QUESTION).thread
    kept = other.ask(QUESTION).thread
    visitor = next(row.visitor for row in own.rows("chat_threads") if row.id == thread)

    erased = erasure.erase(own.engine.state, visitor)

    assert (erased.threads, erased.items, erased.questions) == (1, 2, 1)
    assert widget.call("threads.list").json()["error"]["code"] == "token_invalid"
    assert [row.id for row in own.rows("chat_threads")] == [kept]
    widget.open()
    assert widget.call("threads.list").json()["data"] == []

    until(lambda: len(own.rows("chat_questions")) == 1)
    with own.engine.state.transaction() as tx:
        tx.run("UPDATE chat_threads SET used_at = used_at - 91 * 86400")
        tx.run("UPDATE chat_questions SET asked_at = asked_at - 91 * 86400")
    assert retention.prune(own.engine.state, timedelta(days=90)) == 1
    assert own.rows("chat_threads") == own.rows("chat_items") == own.rows("chat_questions") == []


def test_more_answers_than_may_be_written_at_a_time_are_told_to_come_back(tmp_path: Path) -> None:
    words = tuple(f"{ANSWER} " for _ in range(2000))
    with shop(tmp_path, CHAT.replace('model = "quoting"\n', 'model = "quoting"\nconcurrent_answers = 1\n')) as small:
        first, second = small.widget(), small.widget()
        first.open()
        second.open()
        headers = {"authorization": f"Bearer {first.secret}", "origin": SHOP}
        body = {"type": "threads.create", "params": {"input": message(QUESTION)}}
        small.company.openai.pause = 0.05
        with saying(small, lambda question, found: Speech("".join(words), deltas=words)):
            with small.http.stream("POST", "/chatkit", json=body, headers=headers) as stream:
                pieces = stream.iter_text()
                next(piece for piece in pieces if "progress_update" in piece)
                refused = second.call("threads.create", input=message(QUESTION))
            until(lambda: small.rows("chat_questions"))
        small.company.openai.pause = 0.0
        answered = second.ask(QUESTION)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "busy")
    assert int(refused.headers["retry-after"]) > 0
    assert answered.text == ANSWER
