"""What each section of `answerwell.toml` may say. Unknown keys are errors; secrets never show in a `repr`."""

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from session_api.access.identity_keys import read_keys
from session_api.widget import bundle
from session_api.widget.bundle import LANGUAGES
from sync.model import Audience

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: object) -> timedelta:
    """Read `5s`, `15m`, `1h` or `1d`."""
    match = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is not a duration; write a number and a unit, such as "5s", "15m", "1h" or "1d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def rhythm(text: object) -> timedelta | str:
    """Read a duration, or a cron expression of five fields, which is returned as it is."""
    if not isinstance(text, str) or len(text.split()) != 5:
        return duration(text)
    from workers.cadence import Cron  # Celery is needed only where somebody writes cron

    Cron(text)
    return " ".join(text.split())


def address(text: str) -> str:
    """Accept https anywhere and plain http on this machine; return it without a slash at its end."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", text):
        raise ValueError('is not an address; write it in full, such as "https://www.acme.com"')
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("is plain http to another machine; write https:// (http:// is for loopback only)")
    if parts.username or parts.password:
        raise ValueError("carries a user name or password; put credentials in their own keys")
    return text.rstrip("/")


def origin(text: str) -> str:
    """Accept an exact origin, or `https://*.acme.com` for every host below a domain."""
    plain = address(text.replace("://*.", "://any.", 1))
    parts = urlsplit(plain)
    if parts.path or parts.query or parts.fragment or "*" in plain:
        raise ValueError('is not an origin; write scheme and host only, "https://www.acme.com" or "https://*.acme.com"')
    return text.rstrip("/").lower()


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", text):
        raise ValueError('is not a name; use up to 40 letters, digits, "-" and "_", such as "help-center"')
    return text


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        raise ValueError('is not a colour; write it as "#0b5fff"')
    return text


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"is no language of the widget; write one of: {', '.join(LANGUAGES)}")
    return text


def _text_key(key: str) -> str:
    if key not in (known := bundle.texts("en")) or key == "dir":
        raise ValueError(f"is no text of the widget; known are: {', '.join(sorted(known))}")
    return key


def _email(text: str) -> str:
    if not re.fullmatch(r"[^\s@?&,;<>\"]+@[^\s@?&,;<>\"]+", text):
        raise ValueError('is not an e-mail address; write "help@acme.com"')
    return text


def _workflow(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", text):
        raise ValueError('is not a function; write "module:function", such as "my_agent:run_workflow"')
    return text


def _workflow_id(text: str) -> str:
    if not re.fullmatch(r"wf_[A-Za-z0-9]{8,200}", text):
        raise ValueError('is not a workflow; copy its id from Agent Builder, it begins with "wf_"')
    return text


def _identity_key(secret: SecretStr) -> SecretStr:
    try:
        read_keys({"it": secret.get_secret_value()})
    except ValueError as error:
        raise ValueError(str(error).removeprefix('"it" ')) from error
    return secret


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError('is not an address; write "10.0.0.1" or a network such as "10.0.0.0/8"') from None
    return text


def _database(secret: SecretStr) -> SecretStr:
    if not re.match(r"(postgresql(\+psycopg)?|postgres|sqlite)://", secret.get_secret_value()):
        raise ValueError('is not a database; write "postgresql://user:password@host/name", or leave it out for SQLite')
    return secret


def _redis(secret: SecretStr) -> SecretStr:
    if not re.match(r"(rediss?|unix|sentinel)://.", secret.get_secret_value()):
        raise ValueError(
            'is not a Redis address; write "redis://host:6379/0", "rediss://…" for TLS, or '
            '"sentinel://host1:26379,host2:26379/master-name"'
        )
    return secret


def _given(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("is empty; write the value, or $NAME to read it from the environment")
    return secret


Duration = Annotated[timedelta, BeforeValidator(duration)]
Rhythm = Annotated[timedelta | str, BeforeValidator(rhythm)]
Address = Annotated[str, AfterValidator(address)]
Origin = Annotated[str, AfterValidator(origin)]
Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, AfterValidator(_given)]


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class General(Section):
    """The keys above the first table."""

    data_dir: Path = Path("data")
    database_url: Annotated[Secret, AfterValidator(_database)] | None = None
    redis_url: Annotated[Secret, AfterValidator(_redis)] | None = None


class OpenAISection(Section):
    """`base_url` None: OpenAI itself. `batch_size`: files per attach call.

    `uploads_per_minute` is OpenAI's limit; twice as many files may be attached in a minute.
    """

    api_key: Secret
    base_url: Address | None = None
    organization: Text | None = None
    project: Text | None = None
    batch_size: int = Field(default=500, ge=1, le=1000)
    uploads_per_minute: int = Field(default=1000, ge=100)


class IndexSection(Section):
    """One `[[index]]`: who may read it, and how its store cuts passages."""

    name: Name
    audiences: list[Audience] = Field(min_length=1)
    vector_store_id: Text | None = None
    chunk_tokens: int = Field(default=800, ge=100, le=4096)
    chunk_overlap: int = Field(default=400, ge=0)
    keep_previous: Duration = timedelta(days=1)
    search_unmanaged: bool = False

    @model_validator(mode="after")
    def _overlap_is_at_most_half(self) -> Self:
        if self.chunk_overlap * 2 > self.chunk_tokens:
            raise ValueError(f"chunk_overlap is more than half of chunk_tokens; write {self.chunk_tokens // 2} or less")
        return self


class SourceSection(Section):
    """What every `[[source]]` has; the rest belongs to its kind.

    `every` and `snapshot_every`: a duration, or a cron expression in UTC.
    """

    name: Name
    kind: Text
    every: Rhythm = timedelta(minutes=15)
    snapshot_every: Rhythm = timedelta(days=1)
    audience_every: Duration = timedelta(hours=1)
    store_content: bool = True


class ChatSection(Section):
    """How customers are answered.

    `model` None: the default of the session API. `min_score`: what a passage must score to count. `grounding`: how much
    of an answer its passages must say; 0 checks nothing. Prices are US dollars for a million tokens.
    """

    index: Text = "public"
    model: Text | None = None
    instructions: str = ""
    mode: Literal["self_hosted", "hosted"] = "self_hosted"
    workflow_id: Annotated[str, AfterValidator(_workflow_id)] | None = None
    workflow_version: Text | None = None
    state_variables: dict[Text, str | bool | int | float] = Field(default={}, max_length=64)
    workflow: Annotated[str, AfterValidator(_workflow)] | None = None
    api: Literal["responses", "chat_completions"] = "responses"
    passages: int = Field(default=8, ge=1, le=50)
    min_score: float = Field(default=0.2, ge=0, le=1)
    grounding: float = Field(default=0.5, ge=0, le=1)
    hand_off: str = ""
    retention: Duration = timedelta(days=90)
    mask: frozenset[Literal["email", "phone", "card"]] = frozenset()
    moderation: bool = False
    daily_usd: float | None = Field(default=None, gt=0)
    price_input: float | None = Field(default=None, ge=0)
    price_output: float | None = Field(default=None, ge=0)
    longest_question: int = Field(default=4000, ge=100, le=20_000)
    longest_answer: int = Field(default=1200, ge=64)
    answer_within: Duration = timedelta(seconds=90)

    @model_validator(mode="after")
    def _hosted_names_its_workflow(self) -> Self:
        if self.mode == "hosted" and self.workflow_id is None:
            raise ValueError('mode = "hosted" needs workflow_id = "wf_…"')
        return self

    @model_validator(mode="after")
    def _a_budget_knows_prices(self) -> Self:
        if self.daily_usd is not None and (self.price_input is None or self.price_output is None):
            raise ValueError(
                "daily_usd needs price_input and price_output, in dollars for a million tokens of the model"
            )
        return self


class RatesSection(Section):
    """How many calls a minute are taken: from one visitor, one address, one origin, and in all."""

    visitor: int = Field(default=30, ge=1)
    address: int = Field(default=120, ge=1)
    origin: int = Field(default=1200, ge=1)
    total: int = Field(default=3000, ge=1)


class WidgetSection(Section):
    """Where the widget may be embedded, how it looks, and who is behind it.

    `session_api.widget.look.Look` says what each of the looks means.
    `identity_keys`: by key id, a shared secret (HS256) or a public key in PEM (RS256, ES256). `allow_null_origin`: for
    the WebView of an app, which has no origin.
    """

    origins: list[Origin] = []
    title: Text = "Ask us"
    accent: Annotated[str, AfterValidator(_colour)] = "#0b5fff"
    greeting: Text | None = None
    intro: Text | None = None
    starters: list[Text] = Field(default=[], max_length=8)
    disclaimer: Text | None = None
    label: Text | None = None
    logo: Address | None = None
    radius: Literal["sharp", "soft", "round", "pill"] | Annotated[int, Field(ge=0, le=40)] = "round"
    position: Literal["left", "right"] | None = None
    offset: tuple[Annotated[int, Field(ge=0, le=400)], Annotated[int, Field(ge=0, le=400)]] = (0, 0)
    theme: Literal["auto", "light", "dark"] = "auto"
    language: Annotated[str, AfterValidator(_language)] | None = None
    texts: dict[Annotated[str, AfterValidator(_language)], dict[Annotated[str, AfterValidator(_text_key)], Text]] = {}
    contact_text: Text | None = None
    contact_email: Annotated[str, AfterValidator(_email)] | None = None
    contact_url: Address | None = None
    contact_form: Address | None = None
    domain_key: Secret | None = None
    identity_keys: dict[Text, Annotated[Secret, AfterValidator(_identity_key)]] = {}
    identity_audience: Text = "answerwell"
    require_identity: bool = False
    allow_null_origin: bool = False
    rates: RatesSection = RatesSection()

    @model_validator(mode="after")
    def _identities_can_be_checked(self) -> Self:
        if self.require_identity and not self.identity_keys:
            raise ValueError('require_identity needs identity_keys = { "key id" = "$SECRET" }')
        return self


class AdminSection(Section):
    """The admin API is off without a token."""

    token: Secret | None = None


class ServerSection(Section):
    """`secret` None: one is made and kept in `data_dir`."""

    host: Text = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    secret: Secret | None = None
    public_url: Address | None = None
    trusted_proxies: list[Annotated[str, AfterValidator(_network)]] = []
