import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

import cli
from cli import config
from cli.settings import General, IndexSection, OpenAISection, SourceSection
from connectors import CONNECTORS
from session_api.access.settings import RateSettings, ServerSettings
from session_api.admin.settings import AdminSettings
from session_api.chat.settings import ChatSettings
from session_api.widget.settings import WidgetSettings
from sync.errors import Misconfigured
from sync.model import Audience


class HelpCenter(BaseModel):
    """Settings of a kind that exists only here: the checks must hold for any."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(pattern=r"^(https|http)://[a-z0-9.:\[\]]+$")]
    brand_urls: list[str] = []
    token: SecretStr
    key_file: str = ""


@dataclass(frozen=True)
class AnyKind:
    settings: type[BaseModel]


KINDS = {"zendesk": AnyKind(HelpCenter)}
ENVIRON = {"OPENAI_API_KEY": "sk-very-secret", "TOKEN": "zd-very-secret"}
SOURCE = """
[[source]]
name = "help-center"
kind = "zendesk"
url = "https://acme.zendesk.com"
token = "$TOKEN"
"""


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> config.Config:
    path = folder / "answerwell.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, ENVIRON if environ is None else environ, KINDS)


def complaints(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(Misconfigured) as refused:
        load(folder, text, environ)
    prefix = f"{folder / 'answerwell.toml'}: "
    lines = str(refused.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_a_source_alone_is_a_whole_configuration(tmp_path: Path) -> None:
    loaded = load(tmp_path, SOURCE)

    assert loaded.general.data_dir == tmp_path / "data"
    assert loaded.openai.api_key.get_secret_value() == "sk-very-secret"
    assert [(index.name, set(index.audiences)) for index in loaded.indexes] == [
        ("public", {Audience.PUBLIC}),
        ("internal", {Audience.PUBLIC, Audience.INTERNAL}),
    ]
    [source] = loaded.sources
    assert (source.common.name, source.common.kind, source.common.every) == (
        "help-center",
        "zendesk",
        timedelta(minutes=15),
    )
    assert isinstance(source.settings, HelpCenter)
    assert source.settings.token.get_secret_value() == "zd-very-secret"


def test_no_secret_shows_in_a_representation(tmp_path: Path) -> None:
    text = 'database_url = "postgresql://u:very-secret@db/a"\nredis_url = "redis://:very-secret@cache"\n'
    text += '[openai]\napi_key = "sk-very-secret"\n[admin]\ntoken = "very-secret"\n[server]\nsecret = "very-secret"\n'
    text += '[widget]\ndomain_key = "very-secret"\nidentity_keys = { "2026" = "very-secret" }\n' + SOURCE

    assert "very-secret" not in repr(load(tmp_path, text))


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "a.toml").write_text('data_dir = "state"\n' + SOURCE + 'key_file = "key.json"\n', "utf-8")

    loaded = config.load(Path("etc/a.toml"), ENVIRON, KINDS)

    assert loaded.general.data_dir == tmp_path / "etc" / "state"
    assert isinstance(loaded.sources[0].settings, HelpCenter)
    assert loaded.sources[0].settings.key_file == str(tmp_path / "etc" / "key.json")


def test_a_variable_counts_only_as_a_whole_value(tmp_path: Path) -> None:
    loaded = load(tmp_path, '[chat]\ninstructions = "It costs $TOKEN or $5"\n' + SOURCE)

    assert loaded.chat is not None
    assert loaded.chat.instructions == "It costs $TOKEN or $5"


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = """
data_dirr = "x"
[openai]
base_url = "http://proxy.acme.com/v1"
[[index]]
name = "public"
audiences = ["everyone"]
[[source]]
name = "help-center"
kind = "zendesk"
every = "15 minutes"
urll = "https://acme.zendesk.com"
token = "$MISSING"
[server]
port = 99999
"""

    assert complaints(tmp_path, text, {}) == [
        'data_dirr is not a known key; did you mean "data_dir"?',
        "[openai] api_key reads $OPENAI_API_KEY, which is not set; set that environment variable, "
        "or OPENAI_API_KEY_FILE to a file that holds the value",
        "[openai] base_url is plain http to another machine; write https:// (http:// is for loopback only)",
        "[[index]] \"public\" audiences[0] should be 'public' or 'internal'",
        '[[source]] "help-center" token reads $MISSING, which is not set; set that environment variable, '
        "or MISSING_FILE to a file that holds the value",
        '[[source]] "help-center" every is not a duration; write a number and a unit, '
        'such as "5s", "15m", "1h" or "1d"',
        '[[source]] "help-center" url is missing; add it',
        '[[source]] "help-center" urll is not a known key; did you mean "url"?',
        "[server] port should be less than or equal to 65535",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (SOURCE + SOURCE, '[[source]] "help-center" name is used 2 times; give each source its own'),
        (SOURCE.replace("help-center", "help center"), '[[source]] "help center" name is not a name; use up to 40 le'),
        (
            SOURCE.replace('"zendesk"', '"slack"'),
            '[[source]] "help-center" kind "slack" is not available in this version; available: zendesk',
        ),
        (SOURCE.replace('kind = "zendesk"', ""), '[[source]] "help-center" kind is missing; add it'),
        (SOURCE.replace('name = "help-center"', ""), "[[source]] number 1 name is missing; add it"),
        (SOURCE.replace("[[source]]", "[source]"), "[source] is written [[source]], with two brackets, once for each"),
        (SOURCE.replace("https", "http"), '[[source]] "help-center" url is plain http to another machine; write https'),
        (SOURCE.replace("https://", ""), '[[source]] "help-center" url is not an address; write it in full'),
        (SOURCE.replace("//acme", "//me:pw@acme"), '[[source]] "help-center" url carries a user name or password'),
        (
            SOURCE + 'brand_urls = ["https://a.acme.com", "http://b.acme.com"]',
            '[[source]] "help-center" brand_urls is plain http',
        ),
        ('openai = "x"' + SOURCE, "[openai] is not a table; write [openai] on a line of its own, and its keys below"),
        ('sources = "x"' + SOURCE, 'sources is not a known key; did you mean "source"?'),
        ('[chat]\nindex = "internal"' + SOURCE, '[chat] index is "internal", which customers must not see; write'),
        (
            '[chat]\nindex = "none"' + SOURCE,
            '[chat] index names "none", which is no [[index]]; write one of: public, in',
        ),
        ('[chat]\nmode = "hosted"' + SOURCE, '[chat] mode = "hosted" needs workflow_id = "wf_…"'),
        ('[chat]\nmode = "both"' + SOURCE, "[chat] mode should be 'self_hosted' or 'hosted'"),
        ('[chat]\nworkflow = "run.py"' + SOURCE, "[chat] workflow is not a function; write"),
        (
            '[widget]\norigins = ["https://acme.com/help"]' + SOURCE,
            "[widget] origins[0] is not an origin; write scheme",
        ),
        ('[widget]\norigins = ["http://*.acme.com"]' + SOURCE, "[widget] origins[0] is plain http to another machine"),
        ('[widget]\naccent = "blue"' + SOURCE, '[widget] accent is not a colour; write it as "#0b5fff"'),
        ('[admin]\ntoken = " "' + SOURCE, "[admin] token is empty; write the value, or $NAME"),
        (
            '[admin]\ntoken = "$NOT_SET"' + SOURCE,
            "[admin] token reads $NOT_SET, which is not set; set that environment",
        ),
        ('database_url = "mysql://x"' + SOURCE, 'database_url is not a database; write "postgresql://user:password@h'),
        ('redis_url = "valkey://cache"' + SOURCE, 'redis_url is not a Redis address; write "redis://host:6379/0"'),
        (
            '[[index]]\nname = "a"\naudiences = ["public"]\nchunk_tokens = 300\nchunk_overlap = 200' + SOURCE,
            '[[index]] "a" chunk_overlap is more than half of chunk_tokens; write 150 or less',
        ),
        (
            '[[index]]\nname = "a"\naudiences = ["public"]\nvector_store_id = "vs_1"\n'
            '[[index]]\nname = "b"\naudiences = ["internal"]\nvector_store_id = "vs_1"' + SOURCE,
            '[[index]] "b" vector_store_id is already the store of "a"; give each index its own',
        ),
        (SOURCE + "every = 15\n", '[[source]] "help-center" every is not a duration'),
        (SOURCE + 'snapshot_every = "0s"\n', '[[source]] "help-center" snapshot_every is not a duration'),
        (
            SOURCE + 'store_contents = "no"\n',
            '[[source]] "help-center" store_contents is not a known key; did you mean',
        ),
        ("index = []" + SOURCE, "index is empty; leave it out for the two defaults"),
        ("data_dir = \n" + SOURCE, "line 1, column 12: Invalid value; correct the TOML there"),
    ],
)
def test_one_mistake_is_one_line_with_its_key_and_fix(tmp_path: Path, text: str, complaint: str) -> None:
    [line] = complaints(tmp_path, text)

    assert line.startswith(complaint)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8123", "127.8.9.10", "[::1]:80"])
def test_plain_http_is_fine_on_this_machine(tmp_path: Path, host: str) -> None:
    loaded = load(tmp_path, SOURCE.replace("https://acme.zendesk.com", f"http://{host}"))

    assert isinstance(loaded.sources[0].settings, HelpCenter)
    assert loaded.sources[0].settings.url == f"http://{host}"


@pytest.mark.parametrize("host", ["127.0.0.1.acme.com", "localhost.acme.com", "10.0.0.1", "[::2]", "0.0.0.0"])
def test_plain_http_to_what_only_looks_like_this_machine_is_refused(tmp_path: Path, host: str) -> None:
    [line] = complaints(tmp_path, SOURCE.replace("https://acme.zendesk.com", f"http://{host}"))

    assert "is plain http to another machine" in line


def test_a_refused_value_is_not_repeated_in_the_complaint(tmp_path: Path) -> None:
    text = SOURCE.replace('"$TOKEN"', '["zd-very-secret"]') + '[openai]\napi_key = { key = "sk-very-secret" }\n'

    assert "very-secret" not in "".join(complaints(tmp_path, text))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none\.toml: there is no such file; make one with `answerwell init`"):
        config.load(tmp_path / "none.toml", {}, KINDS)


SECTIONS = [General, OpenAISection, IndexSection, SourceSection, ServerSettings, AdminSettings, ChatSettings,
            WidgetSettings, RateSettings, *(kind.settings for kind in CONNECTORS.values())]  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_setting_is_documented(section: type[BaseModel]) -> None:
    root = Path(cli.__file__).parents[1]
    pages = [root / "README.md", root / "cli/example.toml", *(root / "docs").glob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)

    unknown = [key for key in section.model_fields if not re.search(rf"\b{key}\b *=|`{key}\b|\[\w+\.{key}\b", text)]

    assert unknown == []
