"""What a question costs the state, from the request to the last event: counted, and the same on any machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from sync.state.database import State
from tests.session_api.kit import CHAT, Shop, shop

BUDGET = "daily_usd = 5\nprice_input = 1\nprice_output = 2\n[widget]"
ANSWERED = "How long do parcels to Norway take?"


@dataclass(order=True)
class Cost:
    statements: int = 0
    commits: int = 0


@contextmanager
def counted(state: State) -> Iterator[Cost]:
    """Count what the state is asked and told while the block runs."""
    cost = Cost()

    def asked(_: Any, __: Any, statement: str, *___: Any) -> None:
        cost.statements += not statement.startswith("BEGIN")

    def committed(_: Any) -> None:
        cost.commits += 1

    event.listen(state._engine, "before_cursor_execute", asked)
    event.listen(state._engine, "commit", committed)
    try:
        yield cost
    finally:
        event.remove(state._engine, "before_cursor_execute", asked)
        event.remove(state._engine, "commit", committed)


def undisturbed(state: State, work: Callable[[], object]) -> Cost:
    """What the work costs, tried twice: what the service does now and then beside it disturbs one of them at most."""
    costs = []
    for _ in range(2):
        with counted(state) as cost:
            work()
        costs.append(cost)
    return min(costs)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("statements")
    with shop(folder, CHAT.replace("[widget]", BUDGET)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "buttons"), [(ANSWERED, 0), ("hello", 0), ("Do you sell submarines?", 1), ("A person, please", 1)]
)
def test_a_question_costs_few_statements_and_commits(acme: Shop, question: str, buttons: int) -> None:
    widget = acme.widget()
    first = widget.ask("hello")

    new = undisturbed(acme.engine.state, lambda: widget.ask(question))
    following = undisturbed(acme.engine.state, lambda: widget.ask(question, first.thread))

    assert new.statements <= 13 + 2 * buttons
    assert following.statements <= 15 + 2 * buttons
    assert max(new.commits, following.commits) <= 4 + buttons


def test_a_new_thread_is_named_in_the_commit_that_makes_it(acme: Shop) -> None:
    answered = acme.widget().ask(ANSWERED)

    [row] = acme.engine.state.ask("SELECT body FROM chat_threads WHERE id = :id", id=answered.thread)
    [updated] = answered.of("thread.updated")
    assert f'"title":"{ANSWERED}"' in row.body
    assert updated["thread"]["title"] == ANSWERED
    assert answered.events[-1] == updated
