"""The fake's token address: a signed assertion of the right account, and nothing else."""

import json
import time
from collections.abc import Iterator

import httpx2
import jwt
import pytest

from sandbox.google.oauth import AUDIENCE, GRANT
from tests.sandbox.google_kit import Office, office

SCOPE = "https://www.googleapis.com/auth/drive.readonly"


@pytest.fixture
def drive() -> Iterator[Office]:
    with office() as served:
        yield served


def ask(drive: Office, *, key: str = "", grant: str = GRANT, **claims: object) -> httpx2.Response:
    fields = json.loads(drive.sandbox.credentials.key_file(f"{drive.url}/token"))
    now = int(time.time())
    said = {"iss": fields["client_email"], "scope": SCOPE, "aud": AUDIENCE, "iat": now, "exp": now + 3600} | claims
    assertion = jwt.encode(said, key or fields["private_key"], algorithm="HS256" if key else "RS256")
    return drive.client.post(fields["token_uri"], data={"grant_type": grant, "assertion": assertion})


def test_a_token_opens_the_drive_for_an_hour(drive: Office) -> None:
    drive.token = ask(drive).json()["access_token"]
    assert drive.get("/drive/v3/files").status_code == 200
    drive.clock.pass_time(3601)

    assert drive.get("/drive/v3/files").status_code == 401


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"key": "x" * 32}, "invalid_grant"),
        ({"iss": "somebody@else.test"}, "invalid_grant"),
        ({"aud": "https://else.test/token"}, "invalid_grant"),
        ({"exp": int(time.time()) + 9999}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/gmail.readonly"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"sub": "ada@acme.test"}, "unauthorized_client"),
        ({"grant": "password"}, "unsupported_grant_type"),
    ],
)
def test_any_other_assertion_is_refused(drive: Office, asked: dict[str, object], error: str) -> None:
    answer = ask(drive, **asked)  # type: ignore[arg-type]  # claims and arguments alike

    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error
