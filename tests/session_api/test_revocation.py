"""Revocation: a customer's sessions end at the next call, everywhere, and nothing that they said is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from cli import api_process, revoking, wiring
from session_api.chat import revocation
from sync.errors import Gone
from tests import loopback
from tests.session_api.kit import CHAT, SHOP, Shop, Widget, shop
from tests.session_api.test_hosted import HOSTED
from tests.session_api.test_identity import SECRET, signed, threads, vouched

ADMIN = "operators-and-nobody-else"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    keys = f'identity_keys = {{ "2026" = "{SECRET}" }}\n[admin]\ntoken = "{ADMIN}"\n'
    with shop(tmp_path_factory.mktemp("bank"), CHAT + keys) as opened:
        yield opened


def revoke(bank: Shop, user: str) -> httpx2.Response:
    headers = {"authorization": f"Bearer {ADMIN}", "x-operator": "ada"}
    return bank.http.post("/api/admin/visitors/revoke", json={"user": user}, headers=headers)


def signed_in(bank: Shop, subject: str, **claims: Any) -> Widget:
    """A device of the customer, whose identity was signed some seconds ago."""
    now = int(datetime.now(UTC).timestamp())
    widget = bank.widget()
    told = {"sub": subject, "iat": now - 5, "exp": now + 600, **claims}
    assert widget.open(identity_token=signed(**told)).status_code == 200
    return widget


def code(answer: httpx2.Response) -> str:
    return "" if answer.is_success else str(answer.json()["error"]["code"])


def test_every_session_of_the_customer_ends_at_the_next_call_and_no_other_one(bank: Shop) -> None:
    laptop, phone, other, stranger = (signed_in(bank, who) for who in ("mallory", "mallory", "mal", "Mallory"))
    anonymous = bank.widget()
    anonymous.open()
    thread = laptop.ask("Who pays for the parcel?").thread

    with capture_logs() as logs:
        answer = revoke(bank, "mallory")

    assert answer.status_code == 200, answer.text
    assert [code(one.call("threads.list")) for one in (laptop, phone)] == ["token_invalid"] * 2
    assert [code(one.call("threads.list")) for one in (other, stranger, anonymous)] == ["", "", ""]
    [told] = [log for log in logs if log["event"] == "sessions_revoked"]
    assert told["visitors"] == answer.json()["visitors"]
    assert told["by"].startswith("ada at ")
    assert "mallory" not in str(told)
    laptop.open(identity_token=vouched("mallory"))
    assert threads(laptop) == [thread]


def test_an_identity_that_was_signed_before_opens_nothing_any_more(bank: Shop) -> None:
    now = int(datetime.now(UTC).timestamp())
    before = [
        signed(sub="nora", iat=now - 2, exp=now + 600),
        signed(sub="nora", iat=now - 3000, exp=now + 600),
        signed(sub="nora", iat=None, exp=now + 600),
        signed(sub="nora", iat=None, nbf=now - 60, exp=now + 600),
    ]
    assert bank.widget().open(identity_token=before[0]).status_code == 200
    revoke(bank, "nora")

    refused = [bank.widget().open(identity_token=token) for token in before]

    assert [(one.status_code, code(one)) for one in refused] == [(401, "identity_revoked")] * 4
    assert bank.widget().open(identity_token=vouched("nora")).status_code == 200


def test_another_process_refuses_what_this_one_revoked(bank: Shop) -> None:
    widget = signed_in(bank, "olga")
    elsewhere = api_process.application(bank.config, wiring.open_state(bank.config))
    with loopback.serve(elsewhere, lifespan="on") as url, loopback.client(base_url=url) as http:
        there = Widget(http, SHOP, widget.secret)
        before = code(there.call("threads.list"))

        revoking.revoke(bank.config, bank.engine.state, "olga", "a test")

        assert (before, code(there.call("threads.list"))) == ("", "token_invalid")
    elsewhere.state.operations.state.close()


def test_an_anonymous_visitor_is_a_new_one_afterwards(bank: Shop) -> None:
    widget = bank.widget()
    widget.ask("Who pays for the parcel?")
    [visitor] = {row.visitor for row in bank.rows("chat_threads") if row.visitor.startswith("v_")}
    assert revoke(bank, visitor).json() == {"visitors": [visitor], "at_openai": 0}

    assert code(widget.call("threads.list")) == "token_invalid"
    widget.open()
    assert threads(widget) == []


def test_an_erased_customer_stays_refused_when_their_sessions_are_revoked_too(bank: Shop) -> None:
    widget = signed_in(bank, "pia")
    revoke(bank, "pia")
    revoke(bank, "pia")

    assert code(widget.call("threads.list")) == "token_invalid"


@pytest.mark.parametrize("user", ["nobody", "c_0123", "staff:sam", "sam "])
def test_an_id_that_nobody_has_is_said_to_be_nobodys(bank: Shop, user: str) -> None:
    signed_in(bank, "sam")
    refused = revoke(bank, user)

    assert (refused.status_code, code(refused)) == (404, "unknown_visitor")
    with pytest.raises(Gone, match="nobody of the id"):
        revocation.revoke(bank.engine.state, user, "a test")


def test_only_operators_revoke(bank: Shop) -> None:
    refused = bank.http.post("/api/admin/visitors/revoke", json={"user": "mallory"})

    assert refused.status_code == 401


def test_sessions_of_a_hosted_workflow_are_cancelled_at_openai(tmp_path_factory: pytest.TempPathFactory) -> None:
    keys = f'identity_keys = {{ "2026" = "{SECRET}" }}\n'
    with shop(tmp_path_factory.mktemp("hosted"), HOSTED + keys) as builder:
        for who in ("quinn", "quinn", "rosa"):
            assert builder.widget().open(identity_token=vouched(who)).status_code == 200

        revoked = revoking.revoke(builder.config, builder.engine.state, "quinn", "a test")

        assert revoked["at_openai"] == 2
        cancelled = [one.cancelled for one in builder.company.openai._sessions._sessions.values()]
        assert sorted(cancelled) == [False, True, True]
