"""The addresses that an orchestrator asks."""

import os
import signal
import threading
from contextlib import closing

import pytest

from session_api.app import Services, create_app
from sync.config import KnowledgeIndex
from sync.model import Audience, StoreId
from sync.pipeline import generations
from sync.state.database import State
from tests import loopback
from tests.valkey import client_of, valkey
from workers.broker import answers, broker


@pytest.mark.parametrize(("broker", "status"), [(True, 200), (False, 503)])
def test_ready_means_that_database_and_broker_answer(broker: bool, status: int) -> None:
    state = State.open("sqlite://")
    app = create_app(Services(state, wake=lambda task, source: None, broker_answers=lambda: broker))

    with loopback.serve(app) as url:
        alive, ready = loopback.http.get(f"{url}/healthz"), loopback.http.get(f"{url}/readyz")

    assert alive.status_code == 200
    assert ready.status_code == status
    assert ready.json()["checks"] == {"database": True, "broker": broker}
    state.close()


def test_ready_is_answered_while_the_broker_is_frozen() -> None:
    returned = threading.Event()
    with valkey() as socket, closing(State.open("sqlite://")) as state, closing(client_of(socket)) as asking:
        process = int(asking.info("server")["process_id"])
        client = broker(f"unix://{socket}").client()

        def broker_answers() -> bool:
            found = answers(client)
            returned.set()
            return found

        app = create_app(Services(state, wake=lambda task, source: None, broker_answers=broker_answers))
        os.kill(process, signal.SIGSTOP)
        try:
            with loopback.serve(app) as url:
                ready = loopback.http.get(f"{url}/readyz")
                still_frozen = not returned.is_set()
                alive = loopback.http.get(f"{url}/healthz")
        finally:
            os.kill(process, signal.SIGCONT)
        client.close()

    assert still_frozen
    assert (ready.status_code, ready.json()["checks"]) == (503, {"database": True, "broker": False})
    assert alive.status_code == 200


def test_ready_tells_of_a_store_that_cannot_be_used_and_stays_ready() -> None:
    with closing(State.open("sqlite://")) as state:
        one = KnowledgeIndex("public", frozenset({Audience.PUBLIC}), bound=StoreId("vs_1"))
        generations.prepare(state, None, [one])  # type: ignore[arg-type]  # a bound store is not made
        with state.transaction() as tx:
            tx.run("UPDATE generations SET problem = 'has expired'")
        app = create_app(Services(state, wake=lambda task, source: None, broker_answers=lambda: True))

        with loopback.serve(app) as url:
            ready = loopback.http.get(f"{url}/readyz")

    assert ready.status_code == 200
    assert "vs_1 has expired" in ready.json()["stores"]["public"]
    assert "answerwell reindex public" in ready.json()["stores"]["public"]
