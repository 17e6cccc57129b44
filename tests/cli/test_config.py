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
from session_api.access.settings import RateSettings, ServerSettings, StaffSettings
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
    has_helpdesk: bool = True


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
    text += '[openai]\napi_key = "sk-very-secret"\n[admin]\ntoken = "very-secret-token"\n'
    text += '[server]\nsecret = "very-secret-words"\n'
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
        ("data_dir = \n" + SOURCE, "line 1, column 12: Invalid value; write a value behind data_dir ="),
        (
            SOURCE.replace('"zendesk"', '"Zendsk"'),
            '[[source]] "help-center" kind "Zendsk" is not available in this version; did you mean "zendesk"?',
        ),
        (
            '[widget]\nstarters = "How long?"' + SOURCE,
            '[widget] starters is not a list; write starters = ["…"], with brackets',
        ),
        ('[widget]\norigins = "https://a.com"' + SOURCE, '[widget] origins is not a list; write origins = ["…"]'),
        ("[openai]\napi_key = 7" + SOURCE, '[openai] api_key is not a text; put it in quotes: api_key = "…"'),
        ('[chat]\nmoderation = "sometimes"' + SOURCE, "[chat] moderation is not true or false; write one of them"),
        ('[chat]\npassages = "many"' + SOURCE, "[chat] passages is not a number; write digits without quotes"),
        ('[chat]\nmodel = ""' + SOURCE, "[chat] model is empty; write a value, or leave it out"),
        ('[[index]]\nname = "a"\naudiences = []' + SOURCE, '[[index]] "a" audiences is an empty list; write at least'),
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


MISTAKES = [
    ("[openai]\napi_key = $OPENAI_API_KEY\n", 'put it in quotes: "$OPENAI_API_KEY"'),
    ('[widget]\norigins = [ "https://a.com", $B ]', 'put it in quotes: "$B"'),
    ('[widget]\nidentity_keys = { "1" = $KEY }', 'put it in quotes: "$KEY"'),
    (
        '[widget]\ntitle = "a"\n[chat]\nmodel = "m"\n[widget]\naccent = "b"',
        "a second [widget]; the first is in line 1: put the keys",
    ),
    ('[[source]]\nname = "a"\n[source]\nname = "b"', "write [[source]] each time, with two brackets"),
    ('[source]\nname = "a"\n[[source]]\nname = "b"', "write [[source]] each time, with two brackets"),
    ('[openai]\napi_key = "a"\n\napi_key = "b"\n', "api_key stands in lines 2 and 4; keep one"),
    ("every = 15m", 'put the value in quotes: every = "…"'),
    ("kind = zendesk", 'put the value in quotes: kind = "…"'),
    ("moderation = True", "write true or false, in lower case and without quotes"),
    ("model = null", "leave model out, or put # before it"),
    ("model: luna", 'write key = "value", with = and not :'),
    ("title = “Ask”", 'use straight quotes: "…"'),
    ('folder = "C:\\Users"', "write each \\ twice, or put the text in single quotes"),
    ('origins = ["https://a.com" "https://b.com"]', "put a comma between the values, and ] behind the last"),
    ('origins = ["https://a.com",', "put a comma between the values, and ] behind the last"),
    ('title = "Ask', "close the text with the quote that it begins with"),
    ('host = "a" port = 1', "write each key on a line of its own"),
    ("port = 08400", "write the number with digits alone"),
    ("[openai\n", "close the table's name with the brackets"),
]


@pytest.mark.parametrize(("text", "fix"), MISTAKES)
def test_what_is_not_toml_is_told_with_what_to_write(tmp_path: Path, text: str, fix: str) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(Misconfigured, match=rf"^{re.escape(str(file))}: (line \d+, column|end of document)") as refused:
        config.load(file, {}, KINDS)

    assert fix in str(refused.value)


def test_a_secret_without_quotes_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_text("[openai]\napi_key = sk-very-secret\n", "utf-8")

    with pytest.raises(Misconfigured) as refused:
        config.load(file, {}, KINDS)

    assert "very-secret" not in str(refused.value)


def test_a_file_that_windows_saved_is_read(tmp_path: Path) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SOURCE.replace("\n", "\r\n").encode())

    assert config.load(file, ENVIRON, KINDS).sources[0].common.name == "help-center"


SLACK = '[[source]]\nname = "s"\nkind = "slack"\nchannels = ["help-*"]\n'


@pytest.mark.parametrize("kind", ["xoxp", "xapp", "xoxc"])
def test_another_token_than_a_bots_is_named_and_not_shown(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_text(f'{SLACK}bot_token = "{kind}-1234-secret"\n', "utf-8")

    with pytest.raises(Misconfigured) as refused:
        config.load(file, ENVIRON, CONNECTORS)

    assert '[[source]] "s" bot_token is' in str(refused.value)
    assert "it begins with xoxb-" in str(refused.value)
    assert "1234-secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://slack.com", "slack.com/api/"])
def test_a_key_is_named_once(tmp_path: Path, url: str) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_text(f'{SLACK}bot_token = "xoxb-1"\nurl = "{url}"\n', "utf-8")

    with pytest.raises(Misconfigured) as refused:
        config.load(file, ENVIRON, CONNECTORS)

    assert "url url" not in str(refused.value)
    assert '[[source]] "s" url ' in str(refused.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none\.toml: there is no such file; make one with `answerwell init`"):
        config.load(tmp_path / "none.toml", {}, KINDS)


SECTIONS = [General, OpenAISection, IndexSection, SourceSection, ServerSettings, AdminSettings, ChatSettings,
            WidgetSettings, StaffSettings, RateSettings, *(kind.settings for kind in CONNECTORS.values())]  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_setting_is_documented(section: type[BaseModel]) -> None:
    root = Path(cli.__file__).parents[1]
    pages = [root / "README.md", root / "cli/example.toml", *(root / "docs").glob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)

    unknown = [key for key in section.model_fields if not re.search(rf"\b{key}\b *=|`{key}\b|\[\w+\.{key}\b", text)]

    assert unknown == []
