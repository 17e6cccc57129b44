"""Settings: who may embed the widget, who is behind it, how much they may ask, and where the server is."""

import ipaddress
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from sync.setting_types import Address, Secret, Secrets, Section, Text, address, is_loopback

APP_SCHEMES = ("app", "capacitor", "chrome-extension", "ionic", "moz-extension", "tauri")
"""Schemes by which apps and browser extensions serve their own pages: such an origin has no port and no pattern."""


def _origin(text: str) -> str:
    scheme = text.partition("://")[0].lower()
    if scheme in APP_SCHEMES:
        if not re.fullmatch(r"[a-z-]+://[a-z0-9._-]{1,100}/?", text.lower()):
            raise ValueError(f'is not the origin of an app; write it as the app sends it, "{scheme}://localhost"')
        return text.rstrip("/").lower()
    named_locally = re.sub(
        r"^http://[\w-]+\.localhost\b", "http://localhost", text
    )  # http://tauri.localhost is Windows'
    plain = address(named_locally.replace("://*.", "://any.", 1))
    parts = urlsplit(plain)
    if parts.path or parts.query or parts.fragment or "*" in plain:
        raise ValueError('is not an origin; write scheme and host only, "https://www.acme.com" or "https://*.acme.com"')
    return text.rstrip("/").lower()


def identity_key(secret: SecretStr) -> SecretStr:
    from session_api.access.identity_keys import read_keys  # takes long: only who sets a key waits for it

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


def _workflow_id(text: str) -> str:
    if not re.fullmatch(r"wf_[A-Za-z0-9]{8,200}", text):
        raise ValueError('is not a workflow; copy its id from Agent Builder, it begins with "wf_"')
    return text


Origin = Annotated[str, AfterValidator(_origin)]
"""An exact origin, an app's such as `capacitor://localhost`, or `https://*.acme.com` for every host below a domain."""


class RateSettings(Section):
    """How many calls a minute are taken: from one visitor, one address, one origin, and in all."""

    visitor: int = Field(default=30, ge=1)
    address: int = Field(default=120, ge=1)
    origin: int = Field(default=1200, ge=1)
    total: int = Field(default=3000, ge=1)


class EmbeddingSettings(Section):
    """The part of `[widget]` that says where it may be embedded, and who is behind it.

    `identity_keys`: by key id, a shared secret (HS256) or a public key in PEM (RS256, ES256). `claim`: a customer who
    signs in is asked about the conversations of before, or only the open one comes along. `allow_null_origin`: for the
    WebView of an app, which has no origin.
    """

    origins: list[Origin] = Field(default=[])
    identity_keys: dict[Text, Annotated[Secret, AfterValidator(identity_key)]] = Field(default={})
    identity_audience: Text = "answerwell"
    require_identity: bool = False
    claim: Literal["ask", "open"] = "ask"
    allow_null_origin: bool = False
    rates: RateSettings = RateSettings()

    @model_validator(mode="after")
    def _identities_can_be_checked(self) -> Self:
        if self.require_identity and not self.identity_keys:
            raise ValueError('require_identity needs identity_keys = { "key id" = "$SECRET" }')
        return self


class StaffSettings(Section):
    """`[staff]`: a second endpoint, below `/staff`, that answers from an index with internal documents.

    Only who proves an identity that is in one of the `groups` gets a session. Keys are its own: who can sign for
    customers cannot sign for staff.
    """

    index: Text = "internal"
    groups: list[Text] = Field(min_length=1)
    identity_keys: dict[Text, Annotated[Secret, AfterValidator(identity_key)]] = Field(min_length=1)
    identity_audience: Text = "answerwell-staff"
    origins: list[Origin] = Field(default=[])
    title: Text = "Ask (staff)"
    rates: RateSettings = RateSettings()

    @property
    def embedding(self) -> EmbeddingSettings:
        """Return where the staff's widget may be embedded, and that nobody asks there anonymously."""
        return EmbeddingSettings(
            origins=self.origins,
            identity_keys=self.identity_keys,
            identity_audience=self.identity_audience,
            require_identity=True,
            rates=self.rates,
        )


class HostedSettings(Section):
    """The part of `[chat]` that says who answers: this service, or an Agent Builder workflow at OpenAI."""

    mode: Literal["self_hosted", "hosted"] = "self_hosted"
    workflow_id: Annotated[str, AfterValidator(_workflow_id)] | None = None
    workflow_version: Text | None = None
    state_variables: dict[Text, str | bool | int | float] = Field(default={}, max_length=64)

    @model_validator(mode="after")
    def _hosted_names_its_workflow(self) -> Self:
        if self.hosted and self.workflow_id is None:
            raise ValueError('mode = "hosted" needs workflow_id = "wf_…"')
        return self

    @property
    def hosted(self) -> bool:
        return self.mode == "hosted"


class ServerSettings(Section):
    """`[server]`: where the API listens, and as what browsers know it.

    `secret` (): one is made and kept in `data_dir`. `trusted_proxies`: whose `X-Forwarded-For` is believed.
    `connections`: how many are open at a time; a call beyond them is answered 503.
    `internal_port`: where operators' pages are shown, and nowhere else. `metrics_token`: what `/metrics` asks for.
    `docs` None: `/docs` is shown where only this machine reaches us.
    """

    host: Text = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    secret: Secrets = ()
    public_url: Address | None = None
    trusted_proxies: list[Annotated[str, AfterValidator(_network)]] = Field(default=[])
    connections: int = Field(default=1000, ge=10)
    internal_port: int | None = Field(default=None, ge=1, le=65535)
    metrics_token: Secrets = ()
    docs: bool | None = None

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.internal_port == self.port:
            raise ValueError("internal_port is port, too; give it a number of its own")
        return self

    @property
    def public(self) -> bool:
        """Whether others than this machine can reach us, by where we listen or by the address that we are told of."""
        hosts = [self.host, *([urlsplit(self.public_url).hostname or ""] if self.public_url else [])]
        return not all(map(is_loopback, hosts))
