"""`doctor` about answering: one minimal call by each model in question, and what its failure means."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import config as configuration
from cli import model_checks
from connectors import CONNECTORS
from sandbox.wire import Fault
from tests.cli.kit import Company, company
from tests.session_api.kit import CHAT, Shop, shop

MODELS = json.dumps({"object": "list", "data": [{"id": "gpt-6-luna"}, {"id": "gpt-6.1-terra"}]})


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("synced"), CHAT.replace('"quoting"', '"gpt-6-lunar"')) as opened:
        yield opened


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as made:
        yield made


def found(acme: Company, settings: str = "") -> list[tuple[str, str, str]]:
    """What is found, with these lines for `[chat]` added to what is configured."""
    if settings:
        acme.configure(f"\n[chat]\n{settings}\n")
    config = configuration.load(acme.config, acme.environ, CONNECTORS)
    return [(finding.level.value, finding.what, finding.fix) for finding in model_checks.findings(config)]


def refusal(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    return {"status": status, "body": json.dumps({"error": {"message": message, "type": "x", "code": code}})}


REFUSALS = [
    (refusal(404, "The model `gpt-6-lunar` does not exist or you do not have access to it.", "model_not_found"),
     "there is no model gpt-6-lunar for this key", 'correct model under [chat]: did you mean "gpt-6-luna"?'),
    (refusal(404, "The model `gpt-6-lunar` has been deprecated, learn more here: …", "model_not_found"),
     "the model gpt-6-lunar has ended", 'write model = "gpt-6-luna" under [chat]'),
    (refusal(400, "The model gpt-6-lunar was shut down on 2027-01-14.", None),
     "the model gpt-6-lunar has ended", 'write model = "gpt-6-luna" under [chat]'),
    (refusal(401, "You have insufficient permissions for this operation. Missing scopes: api.responses.write. Check …"),
     "openai.api_key is restricted: it may not ask gpt-6-lunar (lacks api.responses.write)", "allow it api.responses"),
    (refusal(403, "Project `proj_1` does not have access to model `gpt-6-lunar`", "model_not_found"),
     "openai.api_key may not ask gpt-6-lunar", "its project's models"),
    (refusal(400, "Hosted tool 'file_search' is not supported with gpt-6-lunar."),
     "the model gpt-6-lunar cannot search files", "name another under [chat] model"),
    (refusal(404, "Vector store vs_1 not found."), "the live store is not there any more", "answerwell reindex"),
    (refusal(404, "Not Found"), "the server has no such API", 'api = "chat_completions"'),
    (refusal(429, "You exceeded your current quota.", "insufficient_quota"), "quota is used up", "plan and billing"),
    (refusal(429, "Rate limit reached for requests", "rate_limit_exceeded"), "limited just now", "run doctor again"),
    (refusal(503, "The engine is overloaded"), "fails (503)", "run doctor again"),
    ({"status": 200, "body": "<html>welcome</html>"}, "does not speak the API", "ends in /v1"),
    ({"status": 200, "body": "{}"}, "does not speak the API", "ends in /v1"),
    ({"status": 200, "body": '{"status": "failed", "error": {"code": "server_error", "message": "secret words"}}'},
     "the model gpt-6-lunar failed, server_error", "run doctor again"),
    ({"status": 200, "body": '{"status": "incomplete", "output": [{"type": "file_search_call", "status": "failed"}]}'},
     "the model gpt-6-lunar responds, but its file search of vs_", "answerwell status"),
    ({"manner": "cut"}, "the server of gpt-6-lunar is not reachable", "openai.base_url"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "what", "fix"), REFUSALS, ids=[what[:50] for _, what, _ in REFUSALS])
def test_a_model_that_does_not_answer_is_told_by_why_and_what_to_change(
    synced: Shop, fault: dict[str, Any], what: str, fix: str
) -> None:
    wire = synced.company.openai_wire
    wire.fail(Fault("/responses", times=None, **fault))
    wire.fail(Fault("/v1/models", times=None, status=200, body=MODELS))
    try:
        [(level, told, mend)] = found(synced.company)
    finally:
        wire.heal()

    assert level == "problem"
    assert what in told
    assert fix in mend
    assert "secret words" not in told + mend


def test_a_model_that_answers_and_searches_the_live_store_is_one_call(synced: Shop) -> None:
    synced.company.openai_wire.forget()

    [(level, told, _)] = found(synced.company)

    assert (level, told) == ("ok", "the model gpt-6-lunar responds and searches the live store of public")
    assert synced.company.openai_wire.count("/v1/responses") == 1
    asked = synced.company.openai.asked[-1]
    assert asked["max_output_tokens"] == 16
    assert asked["store"] is False
    assert asked["tools"][0]["type"] == "file_search"


def test_before_the_first_sync_the_model_is_tried_alone(acme: Company) -> None:
    assert found(acme) == [("ok", "the model gpt-6-luna responds", "")]


def test_every_model_that_a_question_asks_is_tried(acme: Company) -> None:
    told = [what for _, what, _ in found(acme, 'model = "a"\ncheck_model = "b"\nmoderation = true')]

    assert told == ["the model a responds", "the model b responds", "the model omni-moderation-latest responds"]


def test_a_check_model_with_a_typo_is_named_by_its_own_setting(acme: Company) -> None:
    acme.openai_wire.fail(Fault("/responses", nth=2, times=None, **refusal(404, "no such model", "model_not_found")))

    [first, second] = found(acme, 'model = "a"\ncheck_model = "b"')

    assert first[0] == "ok"
    assert second[1] == "there is no model b for this key"
    assert "correct check_model under [chat]" in second[2]


@pytest.mark.parametrize(
    ("settings", "calls"), [('api = "chat_completions"', 1), ('api = "chat_completions"\ncheck_model = "b"', 2)]
)
def test_a_server_without_the_responses_api_is_asked_through_completions(
    acme: Company, settings: str, calls: int
) -> None:
    levels = {level for level, _, _ in found(acme, settings)}

    assert levels == {"ok"}
    assert acme.openai_wire.count("/chat/completions") == calls
    assert acme.openai_wire.count("/responses") == 0


WORKFLOWS = [
    ("async def run(given):\n    return {}\n", "ok", "loads"),
    ("def run(given):\n    return {}\n", "problem", "no async function"),
    ("import a_package_that_nobody_has\n", "problem", "needs a_package_that_nobody_has"),
    ("async def other(given):\n    return {}\n", "problem", "has no run"),
    ("def run(:\n", "problem", "SyntaxError"),
]


@pytest.mark.parametrize(("code", "level", "told"), WORKFLOWS)
def test_a_workflow_is_loaded_and_its_model_is_its_own(acme: Company, code: str, level: str, told: str) -> None:
    module = f"workflow_{abs(hash(code))}"
    (acme.folder / f"{module}.py").write_text(code, "utf-8")

    [first, *others] = found(acme, f'workflow = "{module}:run"\ngrounding = 0')

    assert first[0] == level
    assert told in first[1] + first[2]
    assert others == []


def test_hosted_workflows_ask_no_model_of_ours(acme: Company) -> None:
    assert found(acme, 'mode = "hosted"\nworkflow_id = "wf_0123456789abcdef"') == []
