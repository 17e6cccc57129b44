"""From the configuration to the application; and the command that erases a visitor."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from answering.settings import DEFAULT_MODEL
from cli import chat, config
from cli.main import main
from connectors import CONNECTORS
from sync.errors import Misconfigured
from tests.session_api.kit import CHAT, shop

ENVIRON = {"OPENAI_API_KEY": "sk-x"}


def loaded(folder: Path, text: str) -> Any:
    path = folder / "answerwell.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, ENVIRON, CONNECTORS)


def test_without_a_chat_table_the_public_index_answers(tmp_path: Path) -> None:
    settings = chat.chat_settings(loaded(tmp_path, ""))

    assert settings is not None
    assert (settings.index, settings.model, settings.retention) == ("public", DEFAULT_MODEL, timedelta(days=90))


def test_without_a_public_index_nobody_is_answered(tmp_path: Path) -> None:
    internal = loaded(tmp_path, '[[index]]\nname = "staff"\naudiences = ["internal"]\n')

    assert chat.chat_settings(internal) is None
    assert chat.chat_services(internal) is None


def test_every_key_of_the_file_arrives(tmp_path: Path) -> None:
    settings = chat.chat_settings(
        loaded(
            tmp_path,
            """
[chat]
model = "m"
instructions = "Be brief."
mode = "hosted"
workflow_id = "wf_0123456789"
workflow_version = "2"
state_variables = { plan = "pro" }
passages = 4
min_score = 0.5
grounding = 0.7
hand_off = "Call us."
retention = "7d"
mask = ["email"]
moderation = true
daily_usd = 5
price_input = 1
price_output = 4
longest_question = 500
longest_answer = 100
answer_within = "10s"
""",
        )
    )

    assert settings is not None
    assert settings.hosted
    assert (settings.workflow_id, settings.workflow_version) == ("wf_0123456789", "2")
    assert settings.state_variables == {"plan": "pro"}
    assert (settings.model, settings.instructions, settings.hand_off) == ("m", "Be brief.", "Call us.")
    assert (settings.passages, settings.min_score, settings.grounding) == (4, 0.5, 0.7)
    assert (settings.retention, settings.answer_within) == (timedelta(days=7), timedelta(seconds=10))
    assert (settings.mask, settings.moderation) == (frozenset({"email"}), True)
    assert (settings.daily_usd, settings.price_input, settings.price_output) == (5, 1, 4)
    assert (settings.longest_question, settings.longest_answer) == (500, 100)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[chat]\nmode = "hosted"\nworkflow_id = "x"', "[chat] workflow_id is not a workflow"),
        ("[chat]\ndaily_usd = 5", "[chat] daily_usd needs price_input and price_output"),
        ('[chat]\nmask = ["name"]', "[chat] mask"),
        ("[chat]\nmin_score = 2", "[chat] min_score"),
        ("[widget]\nrequire_identity = true", "[widget] require_identity needs identity_keys"),
        ('[widget]\nidentity_keys = { "a" = "-----BEGIN X" }', "[widget] identity_keys.a is not a public key in PEM"),
        ("[widget]\nrates = { visitor = 0 }", "[widget] rates.visitor"),
        ('[server]\ntrusted_proxies = ["proxy.local"]', "[server] trusted_proxies[0] is not an address"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        loaded(tmp_path, text)

    [line] = str(refused.value).splitlines()
    assert said in line


def test_a_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'data_dir = "kept"\n')

    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: chat.signing_secrets(found), range(32)))

    [file] = (tmp_path / "kept").iterdir()
    assert len(secrets) == 1
    assert [len(secret) for secret in secrets.pop()] == [64]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_secret_shows_in_what_is_printed(tmp_path: Path) -> None:
    services = chat.chat_services(
        loaded(
            tmp_path,
            '[server]\nsecret = "very secret words"\n[widget]\nidentity_keys = { "a" = "also very secret words" }\n',
        )
    )

    assert "secret words" not in repr(services)
    assert "sk-x" not in repr(services)


def erase(folder: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["erase", *arguments, "--config", str(folder / "answerwell.toml")])
    return int(left.value.code or 0)


def test_a_visitor_is_erased_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop(tmp_path, CHAT) as opened:
        for name, value in opened.company.environ.items():
            monkeypatch.setenv(name, value)
        widget = opened.widget()
        widget.ask("Who pays for the parcel?")
        [visitor] = [row.visitor for row in opened.rows("chat_threads")]

        assert erase(tmp_path, visitor) == 2
        assert "--yes" in capsys.readouterr().err
        assert len(opened.rows("chat_threads")) == 1

        assert erase(tmp_path, visitor, "--yes", "--json") == 0
        erased = json.loads(capsys.readouterr().out)
        assert erased == {
            "visitors": [visitor],
            "threads": 1,
            "items": 2,
            "questions": 1,
            "at_openai": 0,
            "conversations": 0,
        }
        assert widget.call("threads.list").status_code == 401

        assert erase(tmp_path, visitor, "--yes") == 0
        assert "threads: 0 deleted" in capsys.readouterr().out
