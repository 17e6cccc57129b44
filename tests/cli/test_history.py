"""`history` and what else an operator sees and does with past conversations."""

import re

import pytest

from cli import history as histories
from cli import wiring
from helpdesk.state import history as kept_history
from sandbox.sample_conversations import conversations
from sandbox.sample_zendesk import put_conversations
from sync.pipeline.turn import Stop
from tests.cli.kit import Company, Run

DESK = '[helpdesk]\nsource = "help-center"\nhistory = "365d"\norder_numbers = ["AC-#####"]\n'


@pytest.fixture
def kept(acme: Company) -> Company:
    put_conversations(acme.zendesk, conversations()[-60:])
    acme.config.write_text(acme.config.read_text(encoding="utf-8") + DESK, encoding="utf-8")
    return acme


def test_history_tells_how_many_are_usable_and_why_the_others_are_not(kept: Company, run: Run) -> None:
    assert "no conversations yet" in run("history").out

    told = run("history", "--read", "--json").json

    assert (told["conversations"], told["usable"] + sum(told["unusable"].values())) == (60, 60)
    assert told["unusable"]["merged"] == 1
    assert set(told["languages"]) == {"en", "de"}
    assert told["desks"] == [
        {"source": "help-center", "conversations": 60, "complete": True, "listing": False, "error": ""}
    ]
    shown = run("history").out
    assert re.search(r"solved conversations: 60, \d{4}-\d\d-\d\d to ", shown)
    assert "not usable: " in shown
    assert run("status", "--json").json["history"][0]["conversations"] == 60
    assert "past conversations are readable" in run("doctor").out


def test_erasing_an_address_reaches_past_conversations(kept: Company, run: Run) -> None:
    told = run("history", "--read", "--json").json["conversations"]
    address = conversations()[-1].mail

    erased = run("erase", address, "--yes", "--json").json

    assert erased["conversations"] > 0
    assert run("history", "--read", "--json").json["conversations"] == told - erased["conversations"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "add [helpdesk]"),
        ('[helpdesk]\nsource = "wiki"\n', "no [[source]] of a help desk"),
        ('[helpdesk]\nsource = "help-center"\nhistory = "5m"\n', "between one day and ten years"),
        ('[helpdesk]\nsource = []\n', "source"),
        ('[helpdesk]\nsource = "help-center"\norder_numbers = ["(a+)+"]\n', "at least three"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_with_its_fix(acme: Company, run: Run, table: str, said: str) -> None:
    acme.config.write_text(acme.config.read_text(encoding="utf-8") + table, encoding="utf-8")

    ended = run("history")

    assert ended.status == 1
    assert said in ended.err


def test_a_desk_that_refuses_is_told_and_one_no_longer_named_is_forgotten(kept: Company, run: Run) -> None:
    run("history", "--read")
    kept.environ["ZENDESK_CLIENT_SECRET"] = "wrong"
    failed = run("history", "--read")

    assert (failed.status, "client_secret" in failed.err) == (1, True)
    kept.environ["ZENDESK_CLIENT_SECRET"] = "zendesk-secret"
    kept.config.write_text(kept.config.read_text(encoding="utf-8").replace(DESK, ""), encoding="utf-8")

    config = wiring.read(kept.config)
    with wiring.opened(config) as state:
        assert histories.Desks(config, state).read_due(Stop()) == 0
        assert kept_history.desks(state) == []
        assert list(kept_history.conversations(state)) == []
