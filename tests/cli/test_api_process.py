"""One application follows another while the server runs."""

from cli.api_process import Current
from session_api.app import Services, create_app
from sync.state.database import State
from tests import loopback


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
