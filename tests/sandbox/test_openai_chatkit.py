from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.sandbox.openai_kit import sandbox

NOW = 1_000_000
WORKFLOW: Any = {"id": "wf_1", "state_variables": {"plan": "pro", "seats": 3}}


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with sandbox(clock=lambda: float(NOW)) as (_, client):
        yield client


def test_a_session_comes_with_a_secret_and_the_vendors_defaults(client: openai.OpenAI) -> None:
    session = client.beta.chatkit.sessions.create(user="visitor", workflow=WORKFLOW)

    assert (session.status, session.user, session.expires_at) == ("active", "visitor", NOW + 600)
    assert session.client_secret.startswith("ek_")
    assert session.workflow.state_variables == {"plan": "pro", "seats": 3}
    assert session.workflow.tracing.enabled
    assert session.max_requests_per_1_minute == session.rate_limits.max_requests_per_1_minute == 10
    assert not session.chatkit_configuration.file_upload.enabled
    assert session.chatkit_configuration.history.enabled


def test_what_is_asked_for_is_granted(client: openai.OpenAI) -> None:
    session = client.beta.chatkit.sessions.create(
        user="visitor",
        workflow=WORKFLOW,
        expires_after={"anchor": "created_at", "seconds": 60},
        rate_limits={"max_requests_per_1_minute": 3},
        chatkit_configuration={"file_upload": {"enabled": True, "max_file_size": 10}, "history": {"enabled": False}},
    )

    assert session.expires_at == NOW + 60
    assert session.max_requests_per_1_minute == 3
    assert session.chatkit_configuration.file_upload.max_file_size == 10
    assert not session.chatkit_configuration.history.enabled


def test_a_cancelled_session_says_so(client: openai.OpenAI) -> None:
    session = client.beta.chatkit.sessions.create(user="visitor", workflow=WORKFLOW)

    assert client.beta.chatkit.sessions.cancel(session.id).status == "cancelled"
    with pytest.raises(openai.NotFoundError):
        client.beta.chatkit.sessions.cancel("cksess_unknown")


def test_without_the_beta_header_there_is_no_session(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="chatkit_beta=v1"):
        client.post("/chatkit/sessions", body={"user": "u", "workflow": {"id": "wf_1"}}, cast_to=object)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"user": ""}, "user"),
        ({"workflow": {}}, "workflow.id"),
        ({"scope": "x"}, "scope"),
        ({"expires_after": 600}, "expires_after"),
        ({"expires_after": {"anchor": "created_at", "seconds": 601}}, "expires_after.seconds"),
        ({"rate_limits": {"max_requests_per_1_minute": 0}}, "rate_limits.max_requests_per_1_minute"),
        ({"workflow": {"id": "w", "state_variables": {str(n): n for n in range(65)}}}, "workflow.state_variables"),
        ({"workflow": {"id": "w", "state_variables": {"k": {}}}}, "workflow.state_variables.k"),
        ({"chatkit_configuration": {"file_upload": {"max_file_size": 513}}}, "chatkit_configuration.file_upload"),
    ],
)
def test_a_session_outside_the_bounds_is_refused(client: openai.OpenAI, change: dict[str, Any], param: str) -> None:
    body = {"user": "u", "workflow": {"id": "wf_1"}, **change}

    with pytest.raises(openai.BadRequestError) as refused:
        client.post(
            "/chatkit/sessions", body=body, cast_to=object, options={"headers": {"OpenAI-Beta": "chatkit_beta=v1"}}
        )

    assert (refused.value.param or "").startswith(param)
