"""A configuration that is read again: secrets from files anew, and a word about what only a restart changes."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cli import config as configuration
from cli.config import Config
from cli.reload import Reload, as_at_the_start, needing_restart
from connectors import CONNECTORS
from sync.errors import Misconfigured

ADMIN = "0123456789abcdef"
BASE = '[openai]\napi_key = "$OPENAI_API_KEY"\n[admin]\ntoken = "$ADMIN"\n[server]\nport = 8400\n'


def read(folder: Path, environ: Mapping[str, str], text: str = BASE) -> Config:
    file = folder / "answerwell.toml"
    file.write_text(text, "utf-8")
    return configuration.load(file, environ, CONNECTORS)


def test_a_secret_in_a_file_is_read_anew_each_time_and_goes_before_the_variable(tmp_path: Path) -> None:
    key = tmp_path / "key"
    environ = {"OPENAI_API_KEY": "sk-old", "OPENAI_API_KEY_FILE": str(key), "ADMIN": ADMIN}
    found = []
    for value in ("sk-first\n", "\n  sk-second"):
        key.write_text(value, "utf-8")
        found.append(read(tmp_path, environ).openai.api_key.get_secret_value())

    assert found == ["sk-first", "sk-second"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "which cannot be read (No such file or directory); correct OPENAI_API_KEY_FILE"),
        (b" \n", "which is empty; write the value into it"),
        (b"\xff\xfe\x00", "which cannot be read (it is not text)"),
    ],
)
def test_a_file_that_holds_no_value_is_named_with_its_variable(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)

    with pytest.raises(Misconfigured) as refused:
        read(tmp_path, {"OPENAI_API_KEY_FILE": str(key), "ADMIN": ADMIN})

    assert f"[openai] api_key reads $OPENAI_API_KEY from {key}, {complaint}" in str(refused.value)


def test_a_reload_says_which_values_only_a_restart_can_change(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-1", "utf-8")
    environ = {"OPENAI_API_KEY_FILE": str(tmp_path / "key"), "ADMIN": ADMIN}

    said = as_at_the_start(read(tmp_path, environ))

    assert said["as_at_the_start"] == ["$ADMIN"]
    assert str(said["fix"]).startswith("restart")
    assert not as_at_the_start(
        read(tmp_path, {}, BASE.replace("$OPENAI_API_KEY", "sk-2").replace("$ADMIN", ADMIN[::-1]))
    )


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (BASE.replace("8400", "8401"), ["[server] port"]),
        (f'data_dir = "elsewhere"\nredis_url = "redis://host"\n{BASE}', ["data_dir", "redis_url"]),
        (f'{BASE}trusted_proxies = ["10.0.0.1"]\n', ["[server] trusted_proxies"]),
        (BASE.replace("sk-1", "sk-2"), []),
    ],
)
def test_settings_that_are_read_at_the_start_are_named_when_they_change(
    tmp_path: Path, changed: str, named: list[str]
) -> None:
    environ = {"OPENAI_API_KEY": "sk-1", "ADMIN": ADMIN}

    assert needing_restart(read(tmp_path, environ), read(tmp_path, environ, changed)) == named


def test_a_reload_uses_what_is_right_and_refuses_what_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("ADMIN", ADMIN)
    used: list[Config] = []
    reload = Reload(tmp_path / "answerwell.toml", read(tmp_path, os.environ), used.append)

    with capture_logs() as said:
        read(tmp_path, os.environ, BASE.replace("8400", "8401"))
        reload()
        (tmp_path / "answerwell.toml").write_text("nonsense", "utf-8")
        reload()

    assert [line["event"] for line in said] == ["configuration_reloaded", "restart_needed", "configuration_refused"]
    assert said[0]["as_at_the_start"] == ["$ADMIN", "$OPENAI_API_KEY"]
    assert said[1]["settings"] == ["[server] port"]
    assert [config.server.port for config in used] == [8401]
