"""Hosted workflows of Agent Builder, for as long as OpenAI offers them."""

import json
from collections.abc import Iterator
from datetime import date

import pytest
from structlog.testing import capture_logs

from cli import api_process
from sandbox.wire import Fault
from session_api.access.settings import ServerSettings
from session_api.chat.settings import ChatSettings
from session_api.check import ENDING, findings
from session_api.widget.settings import WidgetSettings
from tests import loopback
from tests.session_api.kit import SHOP, Shop, shop

WORKFLOW = "wf_68df4b13b3588190a09d19288d4610ec0df388c3983f58d1"
HOSTED = f"""
[chat]
mode = "hosted"
workflow_id = "{WORKFLOW}"
workflow_version = "3"
state_variables = {{ plan = "pro", seats = 5, trial = false }}
[widget]
origins = ["https://www.acme.com"]
"""


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("builder"), HOSTED) as opened:
        yield opened


def test_openai_grants_the_session_and_the_workflow_is_the_servers(builder: Shop) -> None:
    widget = builder.widget()

    answer = widget.open(workflow={"id": "wf_mine"}, user="somebody", state_variables={"plan": "free"})

    granted = answer.json()
    assert answer.status_code == 200
    assert (granted["mode"], granted["api_url"]) == ("hosted", None)
    assert granted["client_secret"].startswith("ek_")
    sessions = builder.company.openai._sessions._sessions
    [session] = [one for one in sessions.values() if one.client_secret == granted["client_secret"]]
    assert session.asked["workflow"] == {
        "id": WORKFLOW,
        "version": "3",
        "state_variables": {"plan": "pro", "seats": 5, "trial": False},
    }
    assert session.asked["user"].startswith("v_")
    assert granted["expires_at"] == session.expires_at


def test_the_visitor_is_the_same_to_openai_after_a_reload(builder: Shop) -> None:
    widget = builder.widget()
    widget.open()
    widget.open()

    users = [one.asked["user"] for one in builder.company.openai._sessions._sessions.values()][-2:]
    assert users[0] == users[1]


def test_a_session_is_cancelled_at_openai(builder: Shop) -> None:
    widget = builder.widget()
    widget.open()
    headers = {"authorization": f"Bearer {widget.secret}", "origin": SHOP}

    ended = builder.http.delete("/api/chatkit/session", headers=headers)
    foreign = builder.http.delete("/api/chatkit/session", headers={**headers, "authorization": "Bearer ek_other"})

    assert (ended.status_code, foreign.status_code) == (204, 401)
    sessions = builder.company.openai._sessions._sessions.values()
    assert [one.cancelled for one in sessions if one.client_secret == widget.secret] == [True]
    assert widget.secret not in str(builder.rows("chat_hosted"))


def _error(kind: str, message: str, code: str | None = None) -> str:
    return json.dumps({"error": {"message": message, "type": kind, "code": code, "param": None}})


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, _error("invalid_request_error", "Incorrect API key sk-secret", "invalid_api_key"), "openai_key_refused"),
        (403, _error("invalid_request_error", "no access"), "openai_wrong_project"),
        (404, _error("invalid_request_error", f"Workflow with id '{WORKFLOW}' not found."), "openai_wrong_project"),
        (404, _error("invalid_request_error", "Invalid URL (POST /v1/chatkit/sessions)"), "hosted_ended"),
        (410, "gone", "hosted_ended"),
        (400, _error("invalid_request_error", "bad version"), "workflow_invalid"),
        (429, _error("insufficient_quota", "spent", "insufficient_quota"), "openai_quota"),
        (429, _error("requests", "slow down", "rate_limit_exceeded"), "openai_busy"),
        (500, "oops", "openai_failed"),
        (200, "{}", "openai_failed"),
        (200, "<html>", "openai_failed"),
    ],
)
def test_each_refusal_of_openai_has_its_own_code_and_fix(builder: Shop, status: int, body: str, code: str) -> None:
    fault = Fault(path="/v1/chatkit", times=None, status=status, body=body, headers={"x-should-retry": "false"})
    builder.company.openai_wire.fail(fault)

    with capture_logs() as logs:
        refused = builder.widget().open()
    builder.company.openai_wire.heal()

    error = refused.json()["error"]
    assert refused.status_code in {502, 503}
    assert error["code"] == code
    assert error["fix"]
    assert "sk-secret" not in refused.text + str(logs)
    assert builder.http.get("/widget/diagnose", params={"origin": SHOP}).json()["findings"][0]["code"] == code


def test_the_log_warns_of_the_end_from_the_start_and_is_not_filled_with_it(builder: Shop) -> None:
    with capture_logs() as logs, loopback.serve(api_process.application(builder.config, builder.engine.state)) as url:
        for _ in range(3):
            loopback.http.post(f"{url}/api/chatkit/session", headers={"origin": "https://evil.com"})

    [warning] = [entry for entry in logs if entry["event"] == "hosted_workflow_ends"]
    assert (warning["on"], warning["log_level"]) == ("2026-11-30", "warning")
    assert "self_hosted" in warning["fix"]


def test_a_self_hosted_visitor_never_meets_the_hosted_way(acme: Shop) -> None:
    acme.widget().open()

    assert acme.company.openai_wire.count(path="/v1/chatkit") == 0


WIDGET = WidgetSettings(origins=["https://www.acme.com"], contact_email="help@acme.com")
SERVER = ServerSettings(public_url="https://help.acme.com", trusted_proxies=["10.0.0.0/8"])
DONE = ChatSettings(daily_usd=5, price_input=1, price_output=4)
HOSTED_CHAT = ChatSettings(mode="hosted", workflow_id=WORKFLOW)
TODAY = date(2026, 11, 26)


def told(settings: ChatSettings | None, widget: WidgetSettings = WIDGET, today: date = TODAY) -> list[tuple[str, str]]:
    return [(level, what) for level, what, fix in findings(settings, widget, SERVER, today) if fix]


def test_a_good_set_up_has_no_findings() -> None:
    assert told(DONE) == []
    assert DONE.model not in ENDING


@pytest.mark.parametrize(
    ("settings", "widget", "today", "level", "said"),
    [
        (
            DONE.model_copy(update={"check_model": "gpt-4o-mini-2024-07-18"}),
            WIDGET,
            TODAY,
            "warning",
            "OpenAI ends the model gpt-4o-mini-2024-07-18 on 2027-01-14",
        ),
        (None, WIDGET, TODAY, "info", "customers are not answered"),
        (HOSTED_CHAT, WIDGET, TODAY, "warning", "in 4 days"),
        (HOSTED_CHAT, WIDGET, date(2026, 12, 1), "error", "ended hosted workflows"),
        (DONE.model_copy(update={"model": "gpt-5-mini"}), WIDGET, TODAY, "warning", "on 2026-12-11, in 15 days"),
        (DONE.model_copy(update={"model": "gpt-4o-2024-08-06"}), WIDGET, TODAY, "warning", "2027-01-14"),
        (DONE.model_copy(update={"model": "gpt-5"}), WIDGET, date(2026, 12, 11), "error", "ended the model gpt-5"),
        (DONE, WidgetSettings(contact_email="help@acme.com"), TODAY, "warning", "no page may embed"),
        (DONE.model_copy(update={"grounding": 0.0}), WIDGET, TODAY, "warning", "not compared"),
        (ChatSettings(), WIDGET, TODAY, "info", "expensive"),
    ],
)
def test_what_needs_attention_is_told_with_its_level(
    settings: ChatSettings | None, widget: WidgetSettings, today: date, level: str, said: str
) -> None:
    [(found, what)] = told(settings, widget, today)

    assert found == level
    assert said in what


@pytest.mark.parametrize(
    ("server", "needed"),
    [
        (ServerSettings(public_url="https://help.acme.com"), True),
        (ServerSettings(host="0.0.0.0"), True),
        (ServerSettings(host="0.0.0.0", trusted_proxies=["192.0.2.7"]), False),
        (ServerSettings(), False),
    ],
)
def test_one_address_for_all_visitors_needs_attention(server: ServerSettings, *, needed: bool) -> None:
    told = [what for _, what, fix in findings(DONE, WIDGET, server, TODAY) if "trusted_proxies" in fix]

    assert bool(told) == needed


def test_a_widget_that_leads_to_nobody_needs_attention() -> None:
    [(found, what)] = told(DONE, WidgetSettings(origins=["https://www.acme.com"]))

    assert found == "warning"
    assert "person" in what
