"""What is kept of visitors: a question visits as much of it at 400 messages, 500 threads and 100,000 questions."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cli.state_schema import SCHEMAS
from session_api.chat import retention
from session_api.state import question_log, questions, threads, visitors
from session_api.state.questions import QuestionRecord
from session_api.state.threads import Stored
from sync.state.database import State
from tests.sync.grown import Visits, visits

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)"
NOW = 2_000_000_000.0


def filled(file: Path, *, messages: int, kept: int, asked: int) -> State:
    """A visitor with that many messages in one thread, threads, and questions by everybody."""
    state = State.open(f"sqlite:///{file}", schemas=SCHEMAS)
    with state.transaction() as tx:
        tx.run(
            f"""INSERT INTO chat_threads (id, visitor, body, made_at, used_at)
                {NUMBERS} SELECT 't' || n, 'v', 'body', :now, :now FROM numbers""",
            count=kept,
            now=NOW,
        )
        tx.run(
            f"""INSERT INTO chat_items (id, thread, body) {NUMBERS} SELECT 'i' || n, 't1', 'body' FROM numbers""",
            count=messages,
        )
        tx.run(
            f"""INSERT INTO chat_questions (thread, visitor, origin, answer, asked_at, question, outcome)
                {NUMBERS} SELECT 't' || n, 'v' || n, '', 'a' || n, :now + n, 'q', 'answered' FROM numbers""",
            count=asked,
            now=NOW,
        )
    return state


def one_question(state: State) -> Visits:
    """All that a question, a look at the history and a scrape of the log do in the state."""
    record = QuestionRecord("t1", "v", "", "answer", "How?", "model", NOW)
    with visits(state) as counted:
        assert threads.load_thread(state, "v", "t1")
        assert threads.items_after(state, "v", "t1", threads.ItemRange(None, "desc", 20))
        assert threads.threads_after(state, "v", None, "desc", 20)
        with state.transaction() as tx:
            threads.save_item(tx, "v", "t1", Stored("new", "body"), NOW)
        questions.record(state, record)
        questions.rate(state, "v", "t1", ["answer"], "positive")
        assert question_log.questions(state, question_log.QuestionFilter(), before=None, limit=20)
        visitors.named(state, "v")
    return counted


def test_a_question_visits_as_much_however_much_is_kept(tmp_path: Path) -> None:
    little = filled(tmp_path / "little.db", messages=40, kept=50, asked=100)
    much = filled(tmp_path / "much.db", messages=400, kept=500, asked=100_000)

    before, after = one_question(little), one_question(much)
    little.close()
    much.close()

    assert after.statements == before.statements
    assert after.work <= before.work * 1.2 + 20


@pytest.fixture
def old(tmp_path: Path) -> Iterator[State]:
    state = filled(tmp_path / "old.db", messages=10, kept=450, asked=450)
    with state.transaction() as tx:
        tx.run("INSERT INTO chat_visitors (id, subject, made_at) VALUES ('c_1', 'ann', 0), ('c_2', 'bob', 0)")
        tx.run("UPDATE chat_threads SET used_at = 1, visitor = 'c_1' WHERE id <> 't1'")
        tx.run("UPDATE chat_questions SET asked_at = 1, visitor = 'c_2' WHERE answer <> 'a1'")
    yield state
    state.close()


def test_retention_deletes_in_slices_and_everything_that_is_old(old: State) -> None:
    with visits(old) as counted:
        gone = retention.prune(old, timedelta(days=1))

    assert gone == 449
    assert [row.id for row in old.ask("SELECT id FROM chat_threads")] == ["t1"]
    assert [row.answer for row in old.ask("SELECT answer FROM chat_questions")] == ["a1"]
    assert old.ask("SELECT id FROM chat_visitors") == []
    assert counted.statements >= 449 / retention.SLICE * 2
