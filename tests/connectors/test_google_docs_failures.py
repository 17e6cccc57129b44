"""How Google says no, and what is said to the operator: by the reason, not by the status alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.wire import Fault
from sync.errors import Misconfigured, Retryable
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import listing


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        yield world


def forbidden(reason: str, message: str = "no") -> str:
    error = {"code": 403, "message": message, "errors": [{"reason": reason, "domain": "global", "message": message}]}
    return json.dumps({"error": error})


@pytest.mark.parametrize("manner", ["403", "429"])
def test_too_many_calls_of_drive_pass_in_either_manner(world: GoogleWorld, manner: str) -> None:
    world.put("Doc", "text")
    world.sandbox.limits.manner = "403" if manner == "403" else "429"
    world.sandbox.limits.drive = 0

    with pytest.raises(Retryable, match="too many calls"):
        world.connect().snapshot(None)
    assert len(world.slept) == 2
    assert world.slept[0] < world.slept[1] * 3
    world.sandbox.limits.drive = None
    assert len(listing(world.connect())) == 1


def test_too_many_calls_of_docs_pass_without_a_word_on_when(world: GoogleWorld) -> None:
    document = world.put("Doc", "text")
    world.sandbox.limits.docs = 0

    with pytest.raises(Retryable, match="RESOURCE_EXHAUSTED") as caught:
        world.connect().fetch(document)
    assert caught.value.after is None


def test_reads_of_docs_keep_within_their_rate(world: GoogleWorld) -> None:
    documents = [world.put(f"Doc {n}", "text") for n in range(310)]
    world.sandbox.world.page = 1000
    world.sandbox.limits.docs = 300
    connector = world.connect()
    connector.head()
    listing(connector)

    for document in documents[:300]:
        connector.fetch(document)
    with pytest.raises(Retryable, match="allowance") as caught:
        connector.fetch(documents[300])
    assert caught.value.after is not None
    assert world.wire.count("/v1/documents/") == 300
    world.clock.now += 62
    assert connector.fetch(documents[309]).body == "text"


def test_a_wait_that_only_the_message_tells_is_kept(world: GoogleWorld) -> None:
    until = (world.clock.utc() + timedelta(seconds=95)).isoformat().replace("+00:00", "Z")
    body = forbidden("userRateLimitExceeded", f"User-rate limit exceeded.  Retry after {until}")
    date = world.clock.utc().strftime("%a, %d %b %Y %H:%M:%S GMT")
    world.wire.fail(Fault(path="/drive/v3/changes", status=403, body=body, headers={"date": date}, times=None))

    with pytest.raises(Retryable) as caught:
        world.connect().head()
    assert caught.value.after == timedelta(seconds=95)
    assert world.slept == []


def test_a_file_that_was_downloaded_too_often_waits_for_hours(world: GoogleWorld) -> None:
    note = world.sandbox.put_file("a.md", b"text", "text/markdown", world.folder)
    world.wire.fail(Fault(path="alt=media", status=403, body=forbidden("downloadQuotaExceeded"), times=None))

    with pytest.raises(Retryable) as caught:
        world.connect().fetch(note)
    assert caught.value.after == timedelta(hours=6)
    assert world.wire.count("alt=media") == 1


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("accessNotConfigured", "enable the Google Drive API"),
        ("insufficientPermissions", "drive.readonly"),
        ("domainPolicy", "administrators"),
        ("insufficientFilePermissions", "may not read it"),
        ("somethingNew", "credentials_file"),
    ],
)
def test_a_listing_that_is_forbidden_says_the_fix(world: GoogleWorld, reason: str, fix: str) -> None:
    world.wire.fail(Fault(path="/drive/v3/", status=403, body=forbidden(reason), times=None))

    with pytest.raises(Misconfigured, match=fix):
        world.connect().snapshot(None)
    assert world.slept == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is not there"),
        ("{", "is not JSON"),
        ("[]", "not the key of a service account"),
        ('{"installed": {}}', "not an OAuth client"),
        ('{"type": "service_account", "client_email": "a@b"}', "has no private_key, token_uri"),
        (
            '{"type": "service_account", "client_email": "a@b", "private_key": "x", "token_uri": "http://example.com/t"}',
            "plain http",
        ),
        (
            '{"type": "service_account", "client_email": "a@b", "private_key": "x", "token_uri": "https://a.test/t"}',
            "private_key cannot be read",
        ),
    ],
)
def test_a_key_file_that_is_none_says_what_is_wrong(world: GoogleWorld, text: str | None, said: str) -> None:
    world.key_file.unlink()
    if text is not None:
        world.key_file.write_text(text, encoding="utf-8")

    with pytest.raises(Misconfigured, match=said) as caught:
        world.connect().head()
    assert str(world.key_file) in str(caught.value)
    assert caught.value.__context__ is None or "private" not in repr(caught.value.__context__)


def test_a_key_file_that_may_not_be_read_says_so(world: GoogleWorld, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        world.connect(credentials_file=tmp_path).head()


def test_a_key_that_was_revoked_says_to_make_another(world: GoogleWorld) -> None:
    world.sandbox.credentials.revoked = True

    with pytest.raises(Misconfigured, match="make a new key"):
        world.connect().head()


def test_a_new_key_needs_no_restart(world: GoogleWorld) -> None:
    connector = world.connect()
    good = world.key_file.read_text(encoding="utf-8")
    world.key_file.write_text("{}", encoding="utf-8")
    with pytest.raises(Misconfigured):
        connector.head()

    world.key_file.write_text(good, encoding="utf-8")

    assert connector.head()


def test_speaking_for_a_person_needs_to_be_allowed(world: GoogleWorld) -> None:
    with pytest.raises(Misconfigured, match="domain-wide delegation"):
        world.connect(subject="ada@acme.test").head()

    world.sandbox.credentials.delegates.add("ada@acme.test")
    world.connect(subject="ada@acme.test").head()

    assert world.sandbox.credentials.spoke_for == ["ada@acme.test"]


def test_a_token_address_that_gives_none_is_asked_again_later(world: GoogleWorld) -> None:
    world.wire.fail(Fault(path="/token", status=200, body="{}", times=None))

    with pytest.raises(Retryable, match="without an access_token"):
        world.connect().head()
