"""The addresses that an orchestrator asks."""

import pytest

from session_api.app import Services, create_app
from sync.state.database import State
from tests import loopback


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
