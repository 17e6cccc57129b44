"""Sessions and tokens: who gets one, what it opens, and for how long."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from session_api.access.tokens import Tokens
from session_api.errors import ApiError
from tests.session_api.kit import SHOP, Shop

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(["a secret of the server"], "0a0b0c0d", clock)


def _refused(token: str, tokens: Tokens) -> str:
    with pytest.raises(ApiError) as refused:
        tokens.read_session(token)
    return refused.value.code


def test_a_session_is_granted_for_ten_minutes_at_most(acme: Shop) -> None:
    widget = acme.widget()

    answer = widget.open()

    assert answer.status_code == 200
    granted = answer.json()
    assert set(granted) == {"client_secret", "expires_at", "mode", "api_url", "visitor_token"}
    assert (granted["mode"], granted["api_url"]) == ("self_hosted", f"{acme.url}/chatkit")
    assert 0 < granted["expires_at"] - acme.engine.state.now() <= 600


def test_nothing_but_the_tokens_own_words_is_in_a_token_and_no_key_in_any_answer(acme: Shop) -> None:
    widget = acme.widget()
    answer = widget.open()

    claims = json.loads(base64.urlsafe_b64decode(widget.secret.split(".")[1] + "=="))

    assert set(claims) == {"sub", "org", "idx", "knw", "jti", "iat", "exp", "aud"}
    assert (claims["org"], claims["idx"]) == (SHOP, "public")
    assert "sk-sandbox" not in answer.text + str(answer.headers)


def test_a_visitor_is_the_same_after_a_reload(acme: Shop) -> None:
    widget = acme.widget()
    thread = widget.ask("Who pays for the parcel?").thread
    kept = widget.visitor_token

    reloaded = acme.widget()
    reloaded.open(visitor_token=kept)

    assert reloaded.call("threads.get_by_id", thread_id=thread).status_code == 200


@pytest.mark.parametrize("kept", ["", "v_0123", "not.a.token", "x" * 4096])
def test_a_visitor_token_that_is_none_makes_a_new_visitor(acme: Shop, kept: str) -> None:
    widget = acme.widget()

    assert widget.open(visitor_token=kept).status_code == 200
    assert widget.call("threads.list").json()["data"] == []


def test_a_bare_id_is_never_accepted(acme: Shop) -> None:
    victim = acme.widget()
    victim.ask("Who pays for the parcel?")
    visitor = json.loads(base64.urlsafe_b64decode(victim.secret.split(".")[1] + "=="))["sub"]

    thief = acme.widget()
    for claim in ({"visitor_token": visitor}, {"visitor": visitor}, {"user": visitor}, {"sub": visitor}):
        thief.open(**claim)
        assert thief.call("threads.list").json()["data"] == []


def test_one_kind_of_token_is_not_the_other(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()
    session, visitor = widget.secret, str(widget.visitor_token)

    widget.secret = visitor
    assert widget.call("threads.list").json()["error"]["code"] == "token_invalid"
    other = acme.widget()
    other.open(visitor_token=session)
    assert _subject(other.secret) != _subject(session)


def _subject(token: str) -> str:
    return str(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["sub"])


def test_a_token_is_for_one_page(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()

    widget.origin = "https://shop.acme.org"  # also allowed, but not the page of the token

    refused = widget.call("threads.list")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "origin_mismatch")


def test_a_session_that_was_given_back_is_over_and_no_other_one(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()
    first = widget.secret
    widget.open()
    headers = {"authorization": f"Bearer {first}", "origin": SHOP}

    ended = acme.http.delete("/api/chatkit/session", headers=headers)

    assert ended.status_code == 204
    assert acme.http.delete("/api/chatkit/session", headers=headers).status_code == 401
    assert widget.call("threads.list").status_code == 200


@pytest.mark.parametrize("header", [{}, {"authorization": ""}, {"authorization": "Basic abc"}, {"authorization": "x"}])
def test_a_call_without_a_token_is_told_how_to_get_one(acme: Shop, header: dict[str, str]) -> None:
    refused = acme.http.post("/chatkit", content=b"{}", headers={"origin": SHOP, **header})

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_missing")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "POST /api/chatkit/session" in refused.json()["error"]["fix"]


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"visitor_token": 5}', b'{"identity_token": "' + b"x" * 5000 + b'"}'])
def test_a_body_that_is_none_is_refused_in_the_one_shape(acme: Shop, body: bytes) -> None:
    headers = {"origin": SHOP, "content-type": "application/json"}

    refused = acme.http.post("/api/chatkit/session", content=body, headers=headers)

    assert refused.status_code == 422
    assert set(refused.json()["error"]) == {"code", "message", "fix"}


def test_a_session_needs_no_body(acme: Shop) -> None:
    assert acme.http.post("/api/chatkit/session", headers={"origin": SHOP}).status_code == 200


def test_a_token_says_what_it_was_given(tokens: Tokens) -> None:
    token, made = tokens.session("v_1", SHOP, "public", known=True)

    assert tokens.read_session(token) == made
    assert made.expires_at == NOW.timestamp() + 600


def test_a_token_expires(tokens: Tokens, clock: Clock) -> None:
    token, _ = tokens.session("v_1", SHOP, "public", known=False)
    clock.now += timedelta(minutes=10)

    assert _refused(token, tokens) == "token_expired"


def test_a_token_of_a_host_whose_clock_runs_ahead_is_told_as_such(clock: Clock, tokens: Tokens) -> None:
    clock.now += timedelta(minutes=5)
    token, _ = tokens.session("v_1", SHOP, "public", known=False)
    clock.now = NOW

    assert _refused(token, tokens) == "clock_skew"


def test_keys_rotate_and_old_ones_are_kept_for_as_long_as_their_tokens_live(tokens: Tokens, clock: Clock) -> None:
    visitor = tokens.visitor("v_1")
    kids = set()
    for _ in range(12):
        clock.now += timedelta(days=30)
        kids.add(jwt.get_unverified_header(tokens.visitor("v_1"))["kid"])
        assert tokens.read_visitor(visitor).visitor == "v_1"
    clock.now += timedelta(days=30)

    assert len(kids) == 12
    with pytest.raises(ApiError):
        tokens.read_visitor(visitor)


def test_another_secret_or_installation_signs_nothing_for_us(tokens: Tokens, clock: Clock) -> None:
    for secret, installation in (("another secret", "0a0b0c0d"), ("a secret of the server", "ffffffff")):
        token, _ = Tokens([secret], installation, clock).session("v_1", SHOP, "public", known=False)
        assert _refused(token, tokens) == "token_invalid"


def _forged(header: dict[str, object], claims: dict[str, object], key: bytes = b"") -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part(header)}.{part(claims)}"
    signature = base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), "sha256")).rstrip(b"=").decode()
    return f"{signed}.{signature if key else ''}"


def test_a_forged_token_opens_nothing(tokens: Tokens) -> None:
    token, _ = tokens.session("v_1", SHOP, "public", known=False)
    header, claims, signature = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    told = jwt.decode(token, options={"verify_signature": False})
    far = {**told, "exp": 2**40}
    forged = [
        f"{header}.{claims}.",
        f"{header}.{claims}.{signature[:-2]}AA",
        f"{header}.{base64.urlsafe_b64encode(json.dumps(far).encode()).decode().rstrip('=')}.{signature}",
        _forged({"alg": "none", "kid": kid}, told),
        _forged({"alg": "HS256", "kid": kid}, told, b"guess"),
        _forged({"alg": "HS256"}, told, b"guess"),
        _forged({"alg": "HS256", "kid": "-1"}, told, b"guess"),
        _forged({"alg": "HS256", "kid": "99999999999"}, told, b"guess"),
        _forged({"alg": "HS256", "kid": ["x"]}, told, b"guess"),
        "a.b.c",
        "é" * 10,
        "." * 4000,
        "x" * 100_000,
        base64.urlsafe_b64encode(b"[" * 2900).decode() + ".e30.x",
    ]

    assert {_refused(one, tokens) for one in forged} == {"token_invalid"}
