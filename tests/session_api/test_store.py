"""The store on both databases: threads, items, records and visitors, each only for whom they are."""

from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from chatkit.store import NotFoundError
from chatkit.types import AssistantMessageContent, AssistantMessageItem, Page, Thread, ThreadMetadata

from answering.blocking import BlockingPool
from answering.events import AnswerOutcome
from cli.state_schema import SCHEMAS
from session_api.access.tokens import Session
from session_api.admin import question_report
from session_api.chat import erasure, retention
from session_api.chat.store import VisitorStore, aware, new_id
from session_api.state import questions, revocations, spend, threads, visitors
from session_api.state.question_log import UNANSWERED, QuestionFilter
from session_api.state.questions import QuestionRecord
from sync.state.database import State
from tests.awaiting import awaited
from tests.session_api.asked import a_week

T = TypeVar("T")
NOW = datetime(2026, 11, 26, 12)  # noqa: DTZ001 - as the SDK writes it


def session(visitor: str) -> Session:
    return Session(visitor, "https://www.acme.com", "public", known=False, id="s", expires_at=0, issued_at=0)


ADA, BOB = session("v_ada"), session("v_bob")


class StoreContract:
    """What both databases must do."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def state(self, url: str) -> Iterator[State]:
        opened = State.open(url, schemas=SCHEMAS)
        yield opened
        opened.close()

    @pytest.fixture
    def store(self, state: State) -> VisitorStore:
        return VisitorStore(state, BlockingPool(2))

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return awaited(call)

    def thread(self, store: VisitorStore, owner: Session = ADA) -> ThreadMetadata:
        made = ThreadMetadata(id=new_id("thread"), created_at=NOW)
        self.run(store.save_thread(made, owner))
        return made

    def item(self, thread: ThreadMetadata, text: str = "hi") -> AssistantMessageItem:
        content = [AssistantMessageContent(text=text)]
        return AssistantMessageItem(id=new_id("message"), thread_id=thread.id, created_at=NOW, content=content)

    def test_a_thread_that_carries_its_items_is_stored_without_them(self, store: VisitorStore) -> None:
        made = Thread(id=new_id("thread"), created_at=NOW, title="A", items=Page(data=[]))

        self.run(store.save_thread(made, ADA))
        loaded = self.run(store.load_thread(made.id, ADA))

        assert Thread(**loaded.model_dump(), items=Page()).title == "A"
        assert loaded.created_at.tzinfo is not None

    def test_a_new_thread_is_there_with_its_first_item(self, store: VisitorStore) -> None:
        made = ThreadMetadata(id=store.generate_thread_id(ADA), created_at=NOW)
        self.run(store.save_thread(made, ADA))
        first = self.item(made)

        self.run(store.add_thread_item(made.id, first, ADA))

        assert self.run(store.load_thread(made.id, ADA)).id == made.id
        assert self.run(store.load_item(made.id, first.id, ADA)) == first

    def test_items_are_updated_paged_and_deleted(self, store: VisitorStore) -> None:
        made = self.thread(store)
        kept = [self.item(made, str(n)) for n in range(5)]
        for one in kept:
            self.run(store.add_thread_item(made.id, one, ADA))
        kept[2].content[0].text = "changed"

        self.run(store.save_item(made.id, kept[2], ADA))
        self.run(store.delete_thread_item(made.id, kept[4].id, ADA))
        first = self.run(store.load_thread_items(made.id, None, 2, "asc", ADA))
        rest = self.run(store.load_thread_items(made.id, first.after, 9, "asc", ADA))

        assert [one.id for one in first.data + rest.data] == [one.id for one in kept[:4]]
        assert rest.data[0] == kept[2]
        assert (first.has_more, rest.has_more, rest.after) == (True, False, None)

    def test_nobody_reaches_what_is_anothers(self, store: VisitorStore) -> None:
        made = self.thread(store)
        one = self.item(made)
        self.run(store.add_thread_item(made.id, one, ADA))
        own = self.thread(store, BOB)
        taken = self.item(own)
        taken.id = one.id

        tries: list[Callable[[], Coroutine[Any, Any, Any]]] = [
            lambda: store.load_thread(made.id, BOB),
            lambda: store.save_thread(made, BOB),
            lambda: store.delete_thread(made.id, BOB),
            lambda: store.load_thread_items(made.id, None, 9, "asc", BOB),
            lambda: store.load_thread_items(own.id, one.id, 9, "asc", BOB),
            lambda: store.add_thread_item(made.id, self.item(made), BOB),
            lambda: store.save_item(own.id, taken, BOB),
            lambda: store.load_item(made.id, one.id, BOB),
            lambda: store.load_item(own.id, one.id, BOB),
            lambda: store.load_threads(9, made.id, "desc", BOB),
            lambda: store.load_attachment("atc_1", BOB),
        ]
        for tried in tries:
            with pytest.raises(NotFoundError):
                self.run(tried())
        self.run(store.delete_thread_item(made.id, one.id, BOB))

        assert self.run(store.load_item(made.id, one.id, ADA)) == one
        assert [thread.id for thread in self.run(store.load_threads(9, None, "desc", BOB)).data] == [own.id]

    @pytest.mark.parametrize("identifier", ["", "x\x00", "é", "x" * 101, "' OR 1=1"])
    def test_what_is_no_id_is_not_found(self, store: VisitorStore, identifier: str) -> None:
        with pytest.raises(NotFoundError):
            self.run(store.load_thread(identifier, ADA))

    def test_text_of_every_kind_survives(self, store: VisitorStore) -> None:
        made = self.thread(store)
        one = self.item(made, "emoji 🎉 · שלום · NUL \x00 · \\u0000 · 'quote' :name %s {x}")

        self.run(store.add_thread_item(made.id, one, ADA))

        assert self.run(store.load_item(made.id, one.id, ADA)) == one

    def record(self, visitor: str, **more: Any) -> QuestionRecord:
        told = {"thread": "thr_1", "visitor": visitor, "origin": "o", "answer": new_id("message"), "question": "Q"}
        return QuestionRecord(**{**told, "model": "m", "asked_at": 0.0, **more})

    def test_a_reservation_counts_until_it_is_settled(self, state: State) -> None:
        reserved = spend.reserve(state, 400_000, 1.0)
        before = spend.spent_today(state)

        questions.record(state, self.record("v_ada", micro_usd=2500), reserved)

        assert before == 0.4
        assert spend.spent_today(state) == 0.0025

    def test_questions_at_the_same_time_cannot_pass_the_limit_together(self, state: State) -> None:
        with ThreadPoolExecutor(8) as threads:
            reserved = list(threads.map(lambda _: spend.reserve(state, 400_000, 1.0), range(40)))

        assert sorted(one.micro_usd for one in reserved if one) == [200_000, 400_000, 400_000]
        assert spend.spent_today(state) == 1.0

    def test_records_add_up_to_the_days_cost(self, state: State) -> None:
        for _ in range(3):
            questions.record(
                state, self.record("v_ada", micro_usd=2500, outcome=AnswerOutcome.ANSWERED, first_token_ms=12)
            )
        questions.record(state, self.record("v_ada"))

        assert spend.spent_today(state) == 0.0075
        assert [row.outcome for row in state.ask("SELECT outcome FROM chat_questions ORDER BY seq DESC")] == [
            "error",
            "answered",
            "answered",
            "answered",
        ]

    def test_feedback_is_only_for_ones_own_answers(self, state: State) -> None:
        kept = self.record("v_ada")
        questions.record(state, kept)

        assert questions.rate(state, "v_bob", "thr_1", [kept.answer], "negative") == 0
        assert questions.rate(state, "v_ada", "thr_1", [kept.answer], "positive") == 1
        assert [row.feedback for row in state.ask("SELECT feedback FROM chat_questions")] == ["positive"]

    def test_what_was_asked_is_read_back_in_pages_and_sums(self, state: State) -> None:
        a_week(state)

        page = question_report.report(state, QuestionFilter(outcomes=UNANSWERED), limit=3)
        rest = question_report.report(state, QuestionFilter(outcomes=UNANSWERED), before=page["next"], limit=3)

        assert [len(one["questions"]) for one in (page, rest)] == [3, 1]
        assert (page["totals"]["answered_with_source"], page["totals"]["unanswered"]) == (2, 4)
        assert page["totals"]["reasons"]["nothing_found"] == 2

    def test_customers_are_known_again_and_claim_their_threads(self, state: State, store: VisitorStore) -> None:
        made = self.thread(store)
        customer = visitors.customer(state, "ada@acme")

        assert visitors.customer(state, "ada@acme") == customer
        with state.transaction() as tx:
            assert threads.reassign(tx, "v_ada", customer) == 1
            assert threads.reassign(tx, "v_ada", customer) == 0
        assert self.run(store.load_thread(made.id, session(customer))).id == made.id

    def test_what_is_revoked_is_refused_and_nothing_else(self, state: State) -> None:
        revocations.revoke(state, "session:a", state.now() + 60)
        revocations.revoke(state, "session:a", state.now() + 90)

        assert revocations.revoked(state, ["visitor:x", "session:a"], state.now())
        assert not revocations.revoked(state, ["visitor:x", "session:b"], state.now())

    def test_a_customer_is_erased_by_either_id(self, state: State, store: VisitorStore) -> None:
        customer = visitors.customer(state, "ada@acme")
        made = self.thread(store, session(customer))
        self.run(store.add_thread_item(made.id, self.item(made), session(customer)))
        questions.record(state, self.record(customer))

        erased = erasure.erase(state, "ada@acme")

        assert (erased.threads, erased.items, erased.questions) == (1, 1, 1)
        assert revocations.revoked(state, [f"visitor:{customer}"], state.now())
        assert visitors.customer(state, "ada@acme") != customer

    def test_what_is_old_is_forgotten_and_what_is_used_stays(self, state: State, store: VisitorStore) -> None:
        old, new = self.thread(store), self.thread(store)
        with state.transaction() as tx:
            tx.run("UPDATE chat_threads SET used_at = used_at - 86400 * 91 WHERE id = :id", id=old.id)

        assert retention.prune(state, timedelta(days=90)) == 1
        assert [one.id for one in self.run(store.load_threads(9, None, "asc", ADA)).data] == [new.id]


class TestSqlite(StoreContract):
    @pytest.fixture
    def url(self, tmp_path_factory: pytest.TempPathFactory) -> str:
        return f"sqlite:///{tmp_path_factory.mktemp('store')}/answerwell.db"


@pytest.mark.processes
class TestPostgresql(StoreContract):
    @pytest.fixture
    def url(self, postgresql: Callable[[], str]) -> str:
        return postgresql()


def test_an_hour_of_the_server_is_not_an_hour_of_the_reader() -> None:
    assert aware(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo is UTC
