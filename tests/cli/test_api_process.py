"""How the API is served, and how one application follows another while the server runs."""

from pathlib import Path

from cli import config as configuration
from cli import wiring
from cli.api_process import Current, application, serving
from connectors import CONNECTORS
from session_api.app import Services, create_app
from sync.state.database import State
from tests import loopback

BALANCERS = {"nginx": 60, "AWS": 60, "HAProxy": 60}
"""For how many seconds each keeps an idle connection unless it is told otherwise."""


def test_an_idle_connection_is_kept_longer_than_any_balancer_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "answerwell.toml"
    path.write_text('[openai]\napi_key = "k"\n', "utf-8")

    async def nothing(*_: object) -> None: ...

    served = serving(nothing, configuration.load(path, {}, CONNECTORS))

    assert served.timeout_keep_alive > max(BALANCERS.values())


def test_what_every_application_opened_is_closed_when_the_server_stops() -> None:
    closed: list[str] = []
    state = State.open("sqlite:///:memory:")
    services = Services(state, wake=lambda *_: None, broker_answers=lambda: True)

    first, second = create_app(services), create_app(services)
    for name, app in (("first", first), ("second", second)):

        async def close(name: str = name) -> None:
            closed.append(name)

        app.state.closing.append(close)
        app.get("/name")(lambda name=name: name)
    current = Current(first)

    with loopback.serve(current, lifespan="on") as url:
        before = loopback.http.get(f"{url}/name").json()
        current.replace(second)
        after = loopback.http.get(f"{url}/name").json()
        assert closed == []

    state.close()
    assert (before, after) == ("first", "second")
    assert sorted(closed) == ["first", "second"]


def test_what_is_served_now_is_made_ready_for_the_first_visitor() -> None:
    prepared: list[str] = []
    state = State.open("sqlite:///:memory:")
    services = Services(state, wake=lambda *_: None, broker_answers=lambda: True)
    first, second = create_app(services), create_app(services)
    first.state.preparing.append(lambda: prepared.append("first"))
    second.state.preparing.append(lambda: prepared.append("second"))
    current = Current(first)

    current.prepare()
    current.replace(second)
    current.prepare()

    state.close()
    assert prepared == ["first", "second"]


def test_the_previous_admin_token_is_read_from_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "answerwell.toml"
    tokens = 'token = "new-3f9c5b1e7a2d4860"\nprevious_token = "old-8b1d6e2f0c4a9375"\n'
    path.write_text(f'[openai]\napi_key = "k"\n[admin]\n{tokens}', "utf-8")
    config = configuration.load(path, {}, CONNECTORS)

    with wiring.opened(config) as state:
        operations = application(config, state).state.operations

    assert operations.tokens == ("new-3f9c5b1e7a2d4860", "old-8b1d6e2f0c4a9375")
