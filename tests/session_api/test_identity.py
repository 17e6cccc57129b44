"""Customers whom the host site vouches for: nobody becomes another by saying so."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from session_api.access.identity import Identity
from session_api.access.identity_keys import read_keys
from session_api.errors import ApiError
from tests.session_api.kit import CHAT, Shop, Widget, shop

SECRET = "the host site and this server share these words, and nobody else has them"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEYS = {"2026": SECRET, "rsa": pem(RSA), "ec": pem(EC)}


@pytest.fixture
def identity() -> Identity:
    return Identity(read_keys(KEYS), ("answerwell", "https://help.acme.com"), lambda: NOW)


def signed(key: Any = SECRET, algorithm: str = "HS256", kid: str | None = "2026", **claims: Any) -> str:
    now = int(NOW.timestamp())
    told = {"sub": "customer-7", "aud": "answerwell", "iat": now, "exp": now + 600, **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


@pytest.mark.parametrize(
    "token",
    [
        signed(),
        signed(RSA, "RS256", "rsa"),
        signed(EC, "ES256", "ec"),
        signed(aud=["other", "answerwell"]),
        signed(aud="https://help.acme.com"),
        signed(iat=None),
        signed(iat=int(NOW.timestamp()) + 59),
        signed(exp=int(NOW.timestamp()) - 59, iat=int(NOW.timestamp()) - 3000),
        signed(exp=int(NOW.timestamp()) + 3600),
    ],
)
def test_whom_the_host_site_signed_for_is_known(identity: Identity, token: str) -> None:
    assert identity.proven(token).subject == "customer-7"


def public_key_as_secret() -> str:
    """The classic confusion: a public key, which everybody has, used as a shared secret."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(NOW.timestamp())
    body = part({"alg": "HS256", "kid": "rsa"}) + "." + part({"sub": "boss", "aud": "answerwell", "exp": now + 60})
    return body + "." + base64.urlsafe_b64encode(hmac.digest(pem(RSA).encode(), body.encode(), "sha256")).decode()


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (signed(exp=int(NOW.timestamp()) - 61, iat=int(NOW.timestamp()) - 300), "identity_expired"),
        (signed(exp=int(NOW.timestamp()) + 3700), "identity_too_long"),
        (signed(iat=int(NOW.timestamp()) - 7200, exp=int(NOW.timestamp()) + 60), "identity_too_long"),
        (signed(iat=int(NOW.timestamp()) + 120), "identity_clock_skew"),
        (signed(nbf=int(NOW.timestamp()) + 120), "identity_clock_skew"),
        (signed(exp=None), "identity_invalid"),
        (signed(exp=2**60), "identity_invalid"),
        (signed(aud=None), "identity_invalid"),
        (signed(aud="another"), "identity_wrong_audience"),
        (signed(sub=None), "identity_invalid"),
        (signed(sub=""), "identity_invalid"),
        (signed(sub="x" * 256), "identity_invalid"),
        (signed(sub="a\x00b"), "identity_invalid"),
        (signed("another secret that is also long enough"), "identity_invalid"),
        (signed(kid="unknown"), "identity_unknown_key"),
        (signed(kid=None), "identity_unknown_key"),
        (signed(EC, "ES256", "rsa"), "identity_invalid"),
        (signed(SECRET, "HS512"), "identity_invalid"),
        (jwt.encode({"sub": "boss"}, "", algorithm="none", headers={"kid": "2026"}), "identity_invalid"),
        (public_key_as_secret(), "identity_invalid"),
        ("", "identity_invalid"),
        ("a.b.c", "identity_invalid"),
        ("é", "identity_invalid"),
        ("x" * 5000, "identity_invalid"),
    ],
)
def test_every_other_token_is_refused_with_what_to_change(identity: Identity, token: str, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        identity.proven(token)

    assert (refused.value.status, refused.value.code) == (401, code)
    assert refused.value.fix
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"sub": 42}, '"sub" of the identity token is a number'),
        ({"sub": 4.5}, '"sub" of the identity token is a number'),
        ({"sub": True}, '"sub" of the identity token is not a text'),
        ({"sub": ["customer-7"]}, '"sub" of the identity token is not a text'),
        ({"jti": 7}, '"jti" of the identity token is a number'),
        ({"jti": {"id": 7}}, '"jti" of the identity token is not a text'),
    ],
)
def test_a_claim_that_is_no_text_is_named(identity: Identity, claims: dict[str, Any], said: str) -> None:
    with pytest.raises(ApiError) as refused:
        identity.proven(signed(**claims))

    assert refused.value.code == "identity_invalid"
    assert said in refused.value.message
    assert f'"{next(iter(claims))}": "42"' in refused.value.fix


def test_a_single_key_needs_no_name() -> None:
    assert Identity({"only": SECRET}, ("answerwell",), lambda: NOW).proven(signed(kid=None)).subject == "customer-7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), "private key"),
        ("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----", "not a public key"),
        (pem(rsa.generate_private_key(65537, 1024)), "2048"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "P-256"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_keys({"2026": text})

    assert '"2026"' in str(refused.value)
    assert "nonsense" not in str(refused.value)


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    keys = f'identity_keys = {{ "2026" = "{SECRET}" }}\n'
    with shop(tmp_path_factory.mktemp("club"), CHAT + keys) as opened:
        yield opened


def vouched(subject: str) -> str:
    now = int(datetime.now(UTC).timestamp())
    return signed(sub=subject, iat=now, exp=now + 600)


def threads(widget: Widget) -> list[str]:
    return [thread["id"] for thread in widget.call("threads.list").json()["data"]]


def test_a_customer_sees_their_threads_from_any_browser(club: Shop) -> None:
    laptop, phone = club.widget(), club.widget()
    laptop.open(identity_token=vouched("ada"))
    thread = laptop.ask("Who pays for the parcel?").thread

    phone.open(identity_token=vouched("ada"))

    assert threads(phone) == [thread]


def test_signing_in_claims_the_threads_of_before(club: Shop) -> None:
    widget = club.widget()
    thread = widget.ask("Who pays for the parcel?").thread

    widget.open(identity_token=vouched("bob"))

    assert threads(widget) == [thread]
    [record] = [row for row in club.rows("chat_questions") if row.thread == thread]
    assert record.visitor.startswith("c_")


def test_signing_out_leaves_nothing_to_the_next_person(club: Shop) -> None:
    widget = club.widget()
    widget.ask("Who pays for the parcel?")
    widget.open(identity_token=vouched("cleo"))
    assert len(threads(widget)) == 1

    widget.open()

    assert threads(widget) == []


def test_a_visitor_token_never_becomes_a_customer(club: Shop) -> None:
    widget = club.widget()
    widget.open(identity_token=vouched("dora"))
    widget.ask("Who pays for the parcel?")

    thief = club.widget()
    thief.open(visitor_token=widget.visitor_token)

    assert threads(thief) == []


def test_a_customer_cannot_claim_what_another_claimed(club: Shop) -> None:
    widget = club.widget()
    widget.ask("Who pays for the parcel?")
    kept = widget.visitor_token
    widget.open(identity_token=vouched("eve"))

    other = club.widget()
    other.open(identity_token=vouched("finn"), visitor_token=kept)

    assert threads(other) == []
    assert len(threads(widget)) == 1


def test_a_broken_identity_does_not_make_an_anonymous_session(club: Shop) -> None:
    refused = club.widget().open(identity_token="a.b.c")

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "identity_invalid")


def test_an_identity_where_none_is_configured_is_told_the_line_to_add(acme: Shop) -> None:
    refused = acme.widget().open(identity_token=vouched("ada"))

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "identity_not_configured")
    assert "[widget.identity_keys]" in refused.json()["error"]["fix"]


def test_where_an_identity_is_required_nobody_is_anonymous(tmp_path_factory: pytest.TempPathFactory) -> None:
    keys = f'require_identity = true\nidentity_keys = {{ "2026" = "{SECRET}" }}\n'
    with shop(tmp_path_factory.mktemp("strict"), CHAT + keys) as strict:
        refused = strict.widget().open()
        granted = strict.widget().open(identity_token=vouched("ada"))

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "identity_required")
    assert granted.status_code == 200


def test_times_in_an_identity_are_judged_with_a_minute_of_grace() -> None:
    late = Identity({"2026": SECRET}, ("answerwell",), lambda: NOW + timedelta(seconds=659))

    assert late.proven(signed()).subject == "customer-7"


@pytest.mark.parametrize("subject", ["ada\ud800", "\udfff", "a\udc80b"])
def test_half_a_character_is_nobodys_id(identity: Identity, subject: str) -> None:
    with pytest.raises(ApiError) as refused:
        identity.proven(signed(sub=subject))

    assert refused.value.code == "identity_invalid"
