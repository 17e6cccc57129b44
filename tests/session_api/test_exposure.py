"""Operators' pages: who sees them, what they say, and that no page needs anything from elsewhere."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from cli import config as configuration
from cli.api_process import application, exposure
from cli.state_schema import SCHEMAS
from connectors import CONNECTORS
from session_api.access.lockout import MAX_WRONG
from session_api.access.settings import ServerSettings
from session_api.admin.settings import AdminSettings
from session_api.operators.exposure import Exposure
from sync.state.database import State

TOKEN = "scrapers-only-please"
MINIMAL = '[openai]\napi_key = "k"\n[chat]\nmodel = "m"\n[admin]\ntoken = "operators-only-please"\n'
PUBLIC = f'{MINIMAL}[server]\npublic_url = "https://help.acme.com"\n'
PAGES = ("/metrics", "/docs", "/openapi.json", "/demo")


@contextmanager
def served(folder: Path, text: str, port: int = 8400) -> Iterator[httpx2.Client]:
    file = folder / "answerwell.toml"
    file.write_text(text, "utf-8")
    state = State.open("sqlite:///:memory:", schemas=SCHEMAS)
    app = application(configuration.load(file, {}, CONNECTORS), state)
    with TestClient(app, base_url=f"http://127.0.0.1:{port}", follow_redirects=False) as client:
        yield client
    state.close()


def statuses(client: httpx2.Client, **headers: str) -> dict[str, int]:
    return {path: client.get(path, headers=headers).status_code for path in PAGES}


def test_on_one_machine_everything_is_shown(tmp_path: Path) -> None:
    with served(tmp_path, MINIMAL) as client:
        assert statuses(client) == dict.fromkeys(PAGES, 200)


@pytest.mark.parametrize("server", ['public_url = "https://help.acme.com"', 'host = "0.0.0.0"', 'host = "10.1.2.3"'])
def test_where_others_reach_us_nothing_of_it_is_shown(tmp_path: Path, server: str) -> None:
    with served(tmp_path, f"{MINIMAL}[server]\n{server}\n") as client:
        found = statuses(client, authorization="Bearer operators-only-please")
        told = client.get("/metrics").json()["error"]

    assert found == {"/metrics": 403, "/docs": 404, "/openapi.json": 404, "/demo": 404}
    assert "metrics_token or internal_port" in told["fix"]


def test_what_is_asked_for_is_shown_there_too(tmp_path: Path) -> None:
    text = f'{PUBLIC}docs = true\nmetrics_token = "{TOKEN}"\n[widget]\ndemo = true\n'
    with served(tmp_path, text) as client:
        without, wrong = statuses(client), statuses(client, authorization="Bearer operators-only-please")
        right = statuses(client, authorization=f"bearer {TOKEN}")

    assert without == wrong == {"/metrics": 401, "/docs": 200, "/openapi.json": 200, "/demo": 200}
    assert right == dict.fromkeys(PAGES, 200)


def test_a_port_of_its_own_shows_them_and_the_main_one_does_not(tmp_path: Path) -> None:
    text = f"{PUBLIC}internal_port = 9464\n"
    with served(tmp_path, text) as client:
        outside = statuses(client)
        healthy = client.get("/healthz").status_code
    with served(tmp_path, text, 9464) as client:
        inside = statuses(client)
        others = [client.get(path).status_code for path in ("/healthz", "/api/admin/status", "/embed.js")]

    assert set(outside.values()) == {404}
    assert healthy == 200
    assert inside == {"/metrics": 200, "/docs": 200, "/openapi.json": 200, "/demo": 404}
    assert others == [200, 404, 404]


@pytest.mark.parametrize(
    "path", ["/metrics/", "//metrics", "/docs/", "/Metrics", "/%6detrics", "/docs/oauth2-redirect"]
)
def test_no_other_spelling_shows_them(tmp_path: Path, path: str) -> None:
    with served(tmp_path, PUBLIC) as client:
        answer = client.get(path, follow_redirects=True)

    assert answer.status_code >= 400
    assert "answerwell_" not in answer.text


def test_a_port_is_that_of_the_socket_and_not_what_a_caller_says() -> None:
    gate = Exposure(internal_port=9464)

    assert gate.refusal("/metrics", 9464, "") is None
    assert gate.refusal("/metrics", 8400, "") is not None
    assert gate.refusal("/metrics", None, "") is not None


@pytest.mark.parametrize(
    ("text", "target"), [(MINIMAL, "/demo"), (MINIMAL.replace("[chat]", "[widget]\ndemo = false\n[chat]"), "/docs")]
)
def test_the_root_leads_to_the_first_page_for_people(tmp_path: Path, text: str, target: str) -> None:
    with served(tmp_path, text) as client:
        answer = client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, target)


def test_the_root_of_a_public_service_names_nothing_that_is_not_shown(tmp_path: Path) -> None:
    with served(tmp_path, PUBLIC) as client:
        assert client.get("/").headers.get("location") in {None, "/admin"}


def test_the_description_needs_no_script_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    with served(tmp_path, MINIMAL) as client:
        page, schema = client.get("/docs"), client.get("/openapi.json").json()

    assert "<script" not in page.text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert all(path in page.text for path in schema["paths"])
    assert "X-Operator" in page.text or "x-operator" in page.text
    assert "Bearer TOKEN" in page.text


def test_every_operation_and_every_tag_says_what_it_is_for(tmp_path: Path) -> None:
    with served(tmp_path, MINIMAL) as client:
        schema = client.get("/openapi.json").json()

    described = {tag["name"] for tag in schema["tags"] if len(tag["description"].split()) > 5}
    for path, operation in operations(schema):
        assert len(operation["summary"].split()) >= 3, path
        assert set(operation["tags"]) <= described, path


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


@pytest.mark.parametrize("token", ["short", "operator", "aaaaaaaaaaaaaaaa", "12121212121212"])
def test_a_token_that_can_be_guessed_is_refused_with_how_to_make_one(token: str) -> None:
    for model, key in ((AdminSettings, "token"), (ServerSettings, "metrics_token")):
        with pytest.raises(ValidationError, match="openssl rand -hex 32"):
            model.model_validate({key: token})


def test_what_nobody_decided_is_open_on_this_machine_alone(tmp_path: Path) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_text(PUBLIC, "utf-8")

    assert exposure(configuration.load(file, {}, CONNECTORS)) == Exposure(public=True, docs=False, demo=False)
    assert not ServerSettings(host="::1", public_url="http://localhost:8400").public


@pytest.mark.parametrize(
    ("path", "right", "event"),
    [("/metrics", TOKEN, "metrics_locked_out"), ("/api/admin/status", "operators-only-please", "admin_locked_out")],
)
def test_who_guesses_at_a_token_is_locked_out_and_named_in_the_log(
    tmp_path: Path, path: str, right: str, event: str
) -> None:
    text = f'{PUBLIC}metrics_token = "{TOKEN}"\n'
    with served(tmp_path, text) as client, capture_logs() as logs:
        without = [client.get(path).status_code for _ in range(MAX_WRONG + 1)]
        before = client.get(path, headers={"authorization": f"Bearer {right}"}).status_code
        wrong = [
            client.get(path, headers={"authorization": f"Bearer guess-{number}"}).status_code
            for number in range(MAX_WRONG)
        ]
        after = client.get(path, headers={"authorization": f"Bearer {right}"})

    assert (set(without), before, set(wrong)) == ({401}, 200, {401})
    assert (after.status_code, after.json()["error"]["code"]) == (429, "locked_out")
    assert [log["wrong_tokens"] for log in logs if log["event"] == event] == [MAX_WRONG]


def test_who_guesses_at_a_webhooks_secret_is_not_looked_at_any_more(tmp_path: Path) -> None:
    source = '[[source]]\nname = "docs"\nkind = "slack"\nbot_token = "xoxb-1"\nchannels = ["help-*"]\n'
    text = f'{PUBLIC}{source}signing_secret = "slack-signing-secret"\n[widget]\nrates = {{ address = 5 }}\n'
    moment = {"x-slack-request-timestamp": "1"}
    with served(tmp_path, text) as client:
        answers = [
            client.post("/webhooks/docs", content=b"{}", headers={**moment, "x-slack-signature": f"v0={number}"})
            for number in range(7)
        ]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
