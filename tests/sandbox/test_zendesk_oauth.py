"""Who the fake lets in, for how long, and the token that opens nothing."""

from typing import Any

import httpx2
import pytest

from tests.sandbox.zendesk_kit import Desk

CLIENT = {"client_id": "answerwell", "client_secret": "zendesk-secret"}
ASKED = {"grant_type": "client_credentials", **CLIENT, "scope": "read"}
LOCALES = "/api/v2/help_center/locales.json"
SEGMENTS = "/api/v2/help_center/user_segments.json"


def exchange(desk: Desk, body: dict[str, Any]) -> httpx2.Response:
    return desk.client.post(f"{desk.url}/oauth/tokens", json=body)


def bear(desk: Desk, token: str, path: str = SEGMENTS) -> int:
    return desk.client.get(f"{desk.url}{path}", headers={"authorization": f"Bearer {token}"}).status_code


def test_client_credentials_are_exchanged_for_a_token_that_expires(desk: Desk) -> None:
    granted = exchange(desk, ASKED).json()

    opened = bear(desk, granted["access_token"])
    desk.clock.pass_time(1800)

    assert granted == {
        "access_token": granted["access_token"],
        "token_type": "bearer",
        "scope": "read",
        "expires_in": 1800,
    }
    assert (opened, bear(desk, granted["access_token"])) == (200, 401)


def test_revoked_tokens_stop_working(desk: Desk) -> None:
    token = exchange(desk, ASKED).json()["access_token"]

    desk.sandbox.credentials.revoke()

    assert bear(desk, token) == 401


def test_a_token_may_be_asked_for_a_term(desk: Desk) -> None:
    assert exchange(desk, {**ASKED, "expires_in": 3600}).json()["expires_in"] == 3600
    assert exchange(desk, {**ASKED, "expires_in": 300}).status_code == 400


def test_a_wrong_client_is_refused(desk: Desk) -> None:
    answer = exchange(desk, {**ASKED, "client_secret": "wrong"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "body",
    [
        CLIENT,
        {**ASKED, "grant_type": "password"},
        {"grant_type": "client_credentials", **CLIENT},
        {**ASKED, "colour": "red"},
        {"grant_type": "refresh_token", **CLIENT, "refresh_token": "unknown"},
    ],
)
def test_a_malformed_exchange_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    assert exchange(desk, body).status_code == 400


def test_an_exchange_must_be_json(desk: Desk) -> None:
    assert desk.client.post(f"{desk.url}/oauth/tokens", data=ASKED).status_code == 400


@pytest.mark.parametrize("scope", ["articles:read", "hc:read articles:read"])
def test_an_unknown_scope_yields_a_token_that_opens_nothing(desk: Desk, scope: str) -> None:
    granted = exchange(desk, {**ASKED, "scope": scope}).json()

    assert "articles:read" not in granted["scope"]
    assert bear(desk, granted["access_token"]) == 403
    assert bear(desk, granted["access_token"], LOCALES) == 403


def test_a_narrow_scope_opens_its_own_part_only(desk: Desk) -> None:
    token = exchange(desk, {**ASKED, "scope": "tickets:read"}).json()["access_token"]

    refused = desk.client.get(f"{desk.url}{SEGMENTS}", headers={"authorization": f"Bearer {token}"})

    assert refused.status_code == 403
    assert refused.json()["error"]["title"] == "Forbidden"


def test_refreshing_kills_both_old_tokens(desk: Desk) -> None:
    code = {"grant_type": "authorization_code", **CLIENT, "code": desk.sandbox.credentials.code()}
    first = exchange(desk, code).json()
    renewal = {"grant_type": "refresh_token", **CLIENT, "refresh_token": first["refresh_token"]}
    second = exchange(desk, renewal).json()

    assert (bear(desk, first["access_token"]), bear(desk, second["access_token"])) == (401, 200)
    assert exchange(desk, renewal).json()["error"] == "invalid_grant"
    assert exchange(desk, code).json()["error"] == "invalid_grant"


def test_an_authorization_code_is_good_for_two_minutes(desk: Desk) -> None:
    code = desk.sandbox.credentials.code()
    desk.clock.pass_time(120)

    answer = exchange(desk, {"grant_type": "authorization_code", **CLIENT, "code": code})

    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("auth", [("bot@acme.test/token", "wrong"), ("bot@acme.test", "zendesk-token")])
def test_wrong_credentials_open_nothing_not_even_what_is_public(desk: Desk, auth: tuple[str, str]) -> None:
    answer = desk.client.get(f"{desk.url}{LOCALES}", auth=auth)

    assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})
