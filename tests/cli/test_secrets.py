"""Secrets of the server: a second one while the first is replaced, in every form that a value can have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli import chat
from cli import config as configuration
from cli.api_process import exposure
from cli.config import Config
from connectors import CONNECTORS
from session_api.access.tokens import Tokens
from session_api.errors import ApiError
from sync.errors import Misconfigured
from sync.setting_types import revealed
from sync.state.database import utc_now

OLD, NEW, THIRD = "old-8b1d6e2f0c4a9375", "new-3f9c5b1e7a2d4860", "third-57d0a1b2c3e4f6"
SOURCE = '[[source]]\nname = "docs"\nkind = "slack"\nbot_token = "xoxb-1"\nchannels = ["help-*"]\n'
PLACES: dict[str, tuple[str, Callable[[Config], object]]] = {
    "secret": ("[server]\n", chat.signing_secrets),
    "metrics_token": ("[server]\n", lambda config: exposure(config).metrics_tokens),
    "token": ("[admin]\n", lambda config: config.admin.tokens),
    "signing_secret": (SOURCE, lambda config: revealed(config.sources[0].settings.signing_secret)),  # type: ignore[attr-defined] # a source's own
}


def read(folder: Path, key: str, value: str) -> object:
    """What is read where the key has that value."""
    table, found = PLACES[key]
    file = folder / "answerwell.toml"
    file.write_text(f'[openai]\napi_key = "k"\n{table}{key} = {value}\n', encoding="utf-8")
    (folder / "old").write_text(f"{OLD}\n", encoding="utf-8")
    environ = {"THE_NEW": NEW, "THE_OLD_FILE": str(folder / "old"), "WEAK": "operator"}
    return found(configuration.load(file, environ, CONNECTORS))


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f'"{NEW}"', (NEW,)),
        ('"$THE_NEW"', (NEW,)),
        ('"$THE_OLD"', (OLD,)),
        ('["$THE_NEW", "$THE_OLD"]', (NEW, OLD)),
        (f'["{THIRD}"]', (THIRD,)),
    ],
)
def test_one_or_two_are_read_wherever_they_stand(
    tmp_path: Path, key: str, value: str, expected: tuple[str, ...]
) -> None:
    assert read(tmp_path, key, value) == expected


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["$THE_NEW", "$WEAK"]', "can be guessed"),
        ('"$WEAK"', "can be guessed"),
        (f'["{NEW}", "{OLD}", "{THIRD}"]', "more than two"),
        ('["$THE_NEW", "$NOT_SET"]', "reads $NOT_SET, which is not set"),
        ("7", "brackets"),
    ],
)
def test_what_is_no_good_names_the_key_and_shows_no_secret(tmp_path: Path, key: str, value: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read(tmp_path, key, value)

    assert said in str(refused.value)
    assert key in str(refused.value)
    assert not any(secret in str(refused.value) for secret in (OLD, NEW, "operator"))


@pytest.mark.parametrize("value", ["[]", '""'])
@pytest.mark.parametrize("key", ["secret", "token", "metrics_token"])
def test_an_empty_one_is_no_way_to_leave_it_out(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=r"is empty|is an empty list"):
        read(tmp_path, key, value)


def test_tokens_of_the_secret_before_are_good_until_it_is_taken_out() -> None:
    before, both, after = (Tokens(secrets, "0a0b", utc_now) for secrets in ([OLD], [NEW, OLD], [NEW]))
    old, _ = before.session("v_1", "https://www.acme.com", "public", known=False)
    new, _ = both.session("v_1", "https://www.acme.com", "public", known=False)

    assert both.read_session(old).visitor == both.read_visitor(before.visitor("v_1")).visitor == "v_1"
    assert after.read_session(new).visitor == "v_1"
    with pytest.raises(ApiError, match="token_invalid"):
        after.read_session(old)
    with pytest.raises(ApiError, match="token_invalid"):
        before.read_session(new)
