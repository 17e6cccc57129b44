"""Watch questions: asked after changes; an answer that loses its source or flips is told until somebody looks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from answering.state import watch
from answering.state.attention import attention
from answering.state.watch import WatchDraft, WatchQuestion, WatchResult, WatchSource, WatchStanding
from cli import watching
from cli.state_schema import SCHEMAS
from sandbox.wire import Fault
from sync.errors import Gone, Misconfigured
from sync.state.database import State
from tests.session_api.kit import CHAT, Shop, shop
from tests.sync.world import Clock

TOKEN = "operators-only"
ADMIN = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "ada"}
QUESTION = "Who pays for the parcel?"
RETURNS = WatchSource("Returns", "https://help.test/returns")
SHIPPING = WatchSource("Shipping", "https://help.test/shipping")


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("acme"), f'{CHAT}[admin]\ntoken = "{TOKEN}"\n') as opened:
        yield opened


def ask_all(acme: Shop) -> list[str]:
    state = acme.engine.state
    return watching.ask(acme.config, state, watch.everything(state))


def get(acme: Shop, path: str) -> Any:
    return acme.http.get(path, headers=ADMIN).raise_for_status().json()


def test_an_answer_that_a_changed_page_no_longer_gives_flips_and_is_told_everywhere(acme: Shop) -> None:
    added = acme.http.post("/api/admin/watch", json={"question": QUESTION}, headers=ADMIN)
    assert (added.status_code, added.json()["standing"]) == (201, "waiting")
    assert watching.ask_due(acme.config, acme.engine.state) == 1
    assert get(acme, "/api/admin/watch")["watch"][0]["standing"] == "ok"
    article = next(row.external_id for row in acme.rows("documents") if row.title == "Returns")

    acme.company.zendesk.archive_article(int(article.split(":")[0]))
    acme.sync(full=True)
    [flip] = ask_all(acme)

    assert flip == "answered → abstained"
    shown = get(acme, "/api/admin/watch/1")
    assert (shown["standing"], [one["outcome"] for one in shown["results"]]) == ("flipped", ["abstained", "answered"])
    told = get(acme, "/api/admin/status")["answers"]
    assert (told["watch"]["flipped"], told["look_at"][0]["why"]) == (1, flip)
    assert 'answerwell_watch_questions{standing="flipped"} 1.0' in acme.http.get("/metrics").text
    accepted = acme.http.post("/api/admin/watch/1/accept", headers=ADMIN)
    assert accepted.json()["standing"] == "ok"
    assert ask_all(acme) == [""]


def test_a_model_that_fails_is_no_flip_and_costs_are_booked(acme: Shop) -> None:
    acme.http.post("/api/admin/watch", json={"question": QUESTION}, headers=ADMIN)
    ask_all(acme)
    booked = acme.rows("chat_spend")
    acme.company.openai_wire.fail(Fault(r"/v1/responses", status=500, times=9))

    assert ask_all(acme) == [""]

    assert get(acme, "/api/admin/watch/1")["standing"] == "failing"
    assert booked[0].micro_usd > 0
    assert acme.rows("chat_questions") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": " "}, 422),
        ({"question": QUESTION, "documents": ["wiki:7"]}, 422),
        ({"question": QUESTION, "outcome": "perhaps"}, 422),
        ({"question": QUESTION, "index": "none"}, 404),
    ],
)
def test_what_cannot_be_watched_is_refused_with_the_fix(acme: Shop, body: dict[str, str], status: int) -> None:
    refused = acme.http.post("/api/admin/watch", json=body, headers=ADMIN)

    assert (refused.status_code, bool(refused.json()["error"]["fix"])) == (status, True)
    assert acme.http.delete("/api/admin/watch/1", headers=ADMIN).status_code == 404


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> Iterator[State]:
    with closing(State.open("sqlite://", clock, schemas=SCHEMAS)) as opened:
        yield opened


def watched(state: State, **more: Any) -> WatchQuestion:
    return watch.find(state, watch.add(state, WatchDraft(QUESTION, "public", "ada", **more)))


def answered(state: State, *sources: WatchSource, outcome: str = "answered") -> WatchResult:
    return WatchResult(state.now(), 1, outcome, "", "We do.", sources)


def test_the_first_answer_is_what_is_right_where_nobody_said_it(state: State) -> None:
    one = watched(state)

    flips = [watch.record(state, watch.find(state, one.id), result) for result in (
        answered(state, outcome="error"),
        answered(state, RETURNS, SHIPPING),
        answered(state, SHIPPING),
        answered(state, WatchSource("Other", "")),
        answered(state, outcome="abstained"),
        answered(state, outcome="refused"),
        answered(state, RETURNS),
    )]  # fmt: skip

    assert flips == ["", "", "", "no longer cites Returns", "answered → abstained", "", ""]
    assert watch.find(state, one.id).standing is WatchStanding.OK
    assert [one.flip for one in watch.results(state, one.id)][:3] == ["", "", "answered → abstained"]


def test_one_that_must_be_abstained_from_flips_when_it_is_answered(state: State) -> None:
    one = watched(state, outcome="abstained")

    assert watch.record(state, one, answered(state, RETURNS)) == "abstained → answered"
    assert attention(state)["look_at"][0]["what"] == "watch"


def test_they_are_due_at_once_hourly_and_a_minute_after_something_changed(state: State, clock: Clock) -> None:
    one = watched(state)
    assert [due.id for due in watch.due(state)] == [one.id]
    watch.record(state, one, answered(state, RETURNS))
    assert watch.due(state) == []

    clock.forward(10)
    with state.transaction() as tx:
        tx.run(
            """INSERT INTO runs (source, started_at, finished_at, counts) VALUES ('s', 0, :now, '{"attached": 1}')""",
            now=state.now(),
        )
    assert watch.due(state) == []
    clock.forward(50)
    assert len(watch.due(state)) == 1
    watch.record(state, one, answered(state, RETURNS))
    clock.forward(3599)
    assert watch.due(state) == []
    clock.forward(1)
    assert len(watch.due(state)) == 1


def test_a_question_is_asked_once_however_many_find_it_due(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    one, two = (State.open(url, clock, schemas=SCHEMAS) for _ in range(2))
    with closing(one), closing(two):
        numbers = [watched(one).id for _ in range(30)]

        with ThreadPoolExecutor(4) as pool:
            claimed = list(pool.map(lambda n: watch.claim_due((one, two)[n % 2], 20), range(8)))

    assert sorted(question.id for some in claimed for question in some) == numbers


def test_a_claim_ends_with_its_result_or_its_time(state: State, clock: Clock) -> None:
    first, second = watched(state), watched(state)
    assert [one.id for one in watch.claim_due(state, 1)] == [first.id]
    assert [one.id for one in watch.due(state)] == [second.id]

    watch.record(state, first, answered(state, RETURNS))
    clock.forward(watch.EVERY.total_seconds())

    assert [one.id for one in watch.claim_due(state, 9)] == [first.id, second.id]
    clock.forward(watch.CLAIM.total_seconds() - 1)
    assert watch.due(state) == []
    clock.forward(1)
    assert [one.id for one in watch.claim_due(state, 9)] == [first.id, second.id]  # whoever claimed it is gone


def test_what_is_not_there_is_said(state: State) -> None:
    one = watched(state)
    with pytest.raises(Misconfigured, match="no answer yet"):
        watch.accept(state, one.id)
    watch.remove(state, one.id)
    watch.record(state, one, answered(state, RETURNS))  # it was asked while somebody removed it

    for act in (watch.find, watch.remove, watch.accept):
        with pytest.raises(Gone, match=f"no watch question {one.id}"):
            act(state, one.id)
    assert state.ask("SELECT * FROM watch_results") == []
