"""/api/admin: recorded, answered at once, done by a worker, told until it is done."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.session_api.operating import Site, site
from tests.sync.world import INTERNAL

EVERY_ADDRESS = (
    ("GET", "/api/admin/status"),
    ("GET", "/api/admin/runs"),
    ("GET", "/api/admin/runs/t1"),
    ("GET", "/api/admin/runs/t1/events"),
    ("GET", "/api/admin/problems"),
    ("GET", "/api/admin/documents"),
    ("POST", "/api/admin/ask"),
    ("POST", "/api/admin/indexes/public/evaluation"),
    ("GET", "/api/admin/indexes/public/evaluations"),
    *((method, "/api/admin/verified") for method in ("GET", "POST")),
    *((method, "/api/admin/verified/1") for method in ("GET", "PUT", "DELETE")),
    ("POST", "/api/admin/verified/1/confirm"),
    *((method, "/api/admin/watch") for method in ("GET", "POST")),
    *((method, "/api/admin/watch/2") for method in ("GET", "DELETE")),
    ("POST", "/api/admin/watch/2/accept"),
    ("GET", "/api/admin/questions"),
    ("POST", "/api/admin/visitors/revoke"),
    *(("POST", f"/api/admin/sources/s/{act}") for act in ("sync", "pause", "resume", "release")),
    *(("POST", f"/api/admin/indexes/public/{act}") for act in ("reindex", "promote", "rollback")),
)


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.fixture(scope="module")
def untouched() -> Iterator[Site]:
    """A site that nobody with the token has asked for anything."""
    with site() as made:
        yield made


@pytest.mark.parametrize(("method", "path"), EVERY_ADDRESS)
@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Basic operators-only", "operators-only"])
def test_nobody_without_the_token_gets_anything_done(untouched: Site, method: str, path: str, sent: str) -> None:
    headers = {"Authorization": sent} if sent else {}

    answer = untouched.http.request(method, f"{untouched.url}{path}", headers=headers)

    untouched.get("/api/admin/verified")  # the right token ends the count of wrong ones, else the address is locked out
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "token_invalid"
    assert "Bearer" in answer.headers["www-authenticate"]
    assert untouched.woken == []
    assert untouched.installation.state.ask("SELECT * FROM requests") == []


def test_every_address_is_in_the_openapi_document_with_the_token_it_wants(here: Site) -> None:
    paths = here.http.get(f"{here.url}/openapi.json").json()["paths"]

    told = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/api/admin") and operation["security"]
    }
    named = {"s": "{name}", "public": "{name}", "t1": "{run}", "1": "{answer}", "2": "{watch}"}
    assert told == {
        (method, "/".join(named.get(part, part) for part in path.split("/"))) for method, path in EVERY_ADDRESS
    }


def test_without_a_configured_token_it_is_off_and_says_how_to_switch_it_on() -> None:
    with site(token=None) as here:
        answer = here.get("/api/admin/status")

    assert answer.status_code == 403
    assert "[admin]" in answer.json()["error"]["fix"]


def test_a_sync_is_answered_at_once_recorded_with_who_asked_and_told_until_it_is_done(here: Site) -> None:
    here.installation.source.put("d01", "edited")
    here.installation.clock.forward(10)

    asked = here.post("/api/admin/sources/s/sync", **{"X-Operator": "Ada L."})
    before = here.get(f"/api/admin/runs/{asked.json()['id']}").json()
    here.work()
    after = here.get(f"/api/admin/runs/{asked.json()['id']}").json()

    assert asked.status_code == 202
    assert here.woken == [("sync", "s")]
    assert (before["state"], before["who"]) == ("queued", "Ada L. at 127.0.0.1")
    assert (after["state"], after["error"], after["counts"]["uploaded"]) == ("done", "", 1)
    assert here.installation.differences() == []


def test_a_full_sync_lists_everything(here: Site) -> None:
    here.installation.source.tombstones = False
    here.installation.source.delete("d01")

    here.post("/api/admin/sources/s/sync", {"full": True})
    here.work()

    assert here.installation.differences() == []


def test_what_is_asked_while_the_broker_is_down_is_done_all_the_same() -> None:
    with site(broker=False) as here:
        asked = here.post("/api/admin/sources/s/sync")
        here.work()

        assert asked.status_code == 202
        assert here.get(f"/api/admin/runs/{asked.json()['id']}").json()["state"] == "done"


def test_a_paused_source_refuses_a_sync_with_who_paused_it(here: Site) -> None:
    here.post("/api/admin/sources/s/pause", **{"X-Operator": "ada"})

    refused = here.post("/api/admin/sources/s/sync")
    resumed = here.post("/api/admin/sources/s/resume")

    assert refused.status_code == 409
    assert "paused by ada" in refused.json()["error"]["message"]
    assert resumed.json()["state"] == "done"
    assert here.post("/api/admin/sources/s/sync").status_code == 202


def test_held_removals_are_released_only_if_all_of_them_were_looked_at(here: Site) -> None:
    names = sorted(here.installation.source.documents)
    here.installation.source.tombstones = False
    here.installation.source.documents.clear()
    here.post("/api/admin/sources/s/sync", {"full": True})
    here.work()

    nothing = here.post("/api/admin/sources/s/release", {"documents": names[1:]})
    released = here.post("/api/admin/sources/s/release", {"documents": names})
    here.work()

    assert nothing.status_code == 409
    assert here.get(f"/api/admin/runs/{released.json()['id']}").json()["state"] == "done"
    assert here.installation.differences() == []


def test_a_release_is_listed_once_and_never_as_done_and_queued_at_once(here: Site) -> None:
    here.installation.source.tombstones = False
    here.installation.source.documents.clear()
    here.post("/api/admin/sources/s/sync", {"full": True})
    here.work()

    asked = here.post("/api/admin/sources/s/release").json()
    before = releases(here)
    here.work()

    assert before == [(asked["id"], "queued")]
    assert releases(here) == [(asked["id"], "done")]


def test_an_index_is_rebuilt_switched_to_and_back(here: Site) -> None:
    stores = [store(here)]
    for act in ("reindex", "rollback"):
        asked = here.post(f"/api/admin/indexes/public/{act}").json()
        here.work()
        here.work()
        assert here.get(f"/api/admin/runs/{asked['id']}").json()["state"] == "done"
        stores.append(store(here))

    assert stores[0] == stores[2] != stores[1]
    assert here.woken == [("reindex", "")] * 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/admin/sources/nobody/sync"),
        ("POST", "/api/admin/sources/nobody/pause"),
        ("POST", "/api/admin/sources/nobody/release"),
        ("POST", "/api/admin/indexes/nothing/reindex"),
        ("GET", "/api/admin/runs/r999"),
        ("GET", "/api/admin/runs/t999/events"),
        ("GET", "/api/admin/runs/1; DROP TABLE runs"),
    ],
)
def test_what_is_not_there_is_not_found(here: Site, method: str, path: str) -> None:
    answer = here.http.request(method, f"{here.url}{path}", headers=here.headers)

    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"code", "message", "fix"}


def test_runs_are_listed_newest_first_page_by_page(here: Site) -> None:
    for _ in range(3):
        here.installation.clock.forward(10)
        here.post("/api/admin/sources/s/sync")
        here.installation.clock.forward(10)
        here.work()

    first = here.get("/api/admin/runs", params={"limit": 4}).json()
    second = here.get("/api/admin/runs", params={"limit": 4, "before": first["next"]}).json()

    listed = [run["id"] for run in first["runs"] + second["runs"]]
    assert listed == ["t4", "r3", "t3", "r2", "t2", "r1", "t1"]
    assert second["next"] is None


def test_documents_are_found_by_word_state_and_source(here: Site) -> None:
    here.installation.source.put("d99", "new and not synced", audience=INTERNAL)

    everything = here.get("/api/admin/documents", params={"limit": 3}).json()
    rest = here.get("/api/admin/documents", params={"after": everything["next"]}).json()
    found = here.get("/api/admin/documents", params={"q": "TITLE D01", "state": "searchable"}).json()["documents"]
    none = here.get("/api/admin/documents", params={"q": "100%"}).json()["documents"]
    wrong = here.get("/api/admin/documents", params={"state": "lost"})

    assert len(everything["documents"]) == 3
    assert rest["next"] is None
    assert [document["document"] for document in found] == ["d01"]
    assert none == []
    assert wrong.status_code == 404
    assert "searchable" in wrong.json()["error"]["message"]


def test_a_run_is_followed_by_events_until_its_end(here: Site) -> None:
    asked = here.post("/api/admin/sources/s/sync").json()
    events: list[tuple[str, Any]] = []

    with here.http.stream("GET", f"{here.url}/api/admin/runs/{asked['id']}/events", headers=here.headers) as answer:
        for name, content in read_events(answer):
            events.append((name, content["state"]))
            if len(events) == 1:
                here.work()

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [name for name, _ in events][-2:] == ["run", "end"]
    assert (events[0][1], events[-1][1]) == ("queued", "done")


def test_the_same_address_tells_events_to_whoever_wants_them(here: Site) -> None:
    here.work()
    wanting = {**here.headers, "Accept": "text/event-stream"}

    answer = here.http.get(f"{here.url}/api/admin/runs/t1", headers=wanting)

    assert [name for name, _ in read_events(answer)] == ["run", "end"]


def test_a_turn_whose_worker_was_killed_is_not_shown_as_running(here: Site) -> None:
    with here.installation.state.transaction() as tx:
        tx.run("INSERT INTO runs (source, started_at) VALUES ('s', :now)", now=here.installation.state.now())

    [newest, *_] = here.get("/api/admin/runs").json()["runs"]

    assert newest["state"] == "failed"
    assert "worker ended" in newest["error"]


def test_status_tells_what_waits(here: Site) -> None:
    here.post("/api/admin/sources/s/sync")

    status = here.get("/api/admin/status").json()

    assert status["queue"] == {"tasks": 3, "seconds": 4.5}
    assert [request["what"] for request in status["requests"]] == ["sync"]
    assert status["sources"][0]["name"] == "s"


def releases(here: Site) -> list[tuple[str, str]]:
    runs = here.get("/api/admin/runs").json()["runs"]
    return [(run["id"], run["state"]) for run in runs if run["what"] == "release"]


def store(here: Site) -> str:
    indexes = here.get("/api/admin/status").json()["indexes"]
    return str(next(index["store"] for index in indexes if index["name"] == "public"))


def read_events(answer: httpx2.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("after", ["100000000000000000000000", "9223372036854775808", "-1"])
def test_a_place_that_no_page_begins_at_is_refused_and_no_fault(untouched: Site, after: str) -> None:
    answer = untouched.get(f"/api/admin/documents?after={after}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
