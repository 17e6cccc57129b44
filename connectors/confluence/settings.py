"""What an operator sets for a Confluence site."""

from fnmatch import fnmatchcase
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.cursor import scope_of
from connectors.http.addresses import TrustedHosts, check_origin
from sync.setting_types import WebhookSecrets

GATEWAY = "https://api.atlassian.com"


class ConfluenceSettings(BaseModel):
    """One Confluence site, on Cloud or a Data Center.

    `url`: the site's origin; a Data Center may live below a path of it. `spaces`: keys, or patterns such as "HELP-*".
    `public_spaces`: those whose documents may be public where anyone may read them. `cloud_id`: the token is a scoped
    one, which works through the gateway only. `token`: a Data Center's personal access token. `webhook_secret`: what
    a Data Center's webhooks are signed with. `speaker_notes`: those of attached slides are text too. `trusted_hosts`:
    of the own network, to which attachments may be redirected.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    spaces: tuple[str, ...] = Field(min_length=1)
    public_spaces: tuple[str, ...] = ()
    email: str = ""
    api_token: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    cloud_id: str = Field("", pattern=r"^[0-9A-Za-z-]*$")
    gateway_url: str = GATEWAY
    deployment: Literal["", "cloud", "data_center"] = ""
    blog_posts: bool = True
    attachments: bool = True
    comments: bool = False
    speaker_notes: bool = False
    trusted_hosts: TrustedHosts = ()
    webhook_secret: WebhookSecrets = Field((), validation_alias=AliasChoices("webhook_secret", "secret"))

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        path = parts.path.rstrip("/")
        return check_origin(parts._replace(path="").geturl(), "url") + path

    @field_validator("gateway_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        return check_origin(value, "gateway_url")

    @field_validator("spaces", "public_spaces")
    @classmethod
    def _keys(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(value.strip() and '"' not in value for value in values):
            raise ValueError('write keys of spaces, such as "HELP", or patterns, such as "HELP-*"')
        return tuple(value.strip() for value in values)

    @model_validator(mode="after")
    def _one_way_in(self) -> "ConfluenceSettings":
        named = (bool(self.email), bool(self.api_token.get_secret_value()))
        if (bool(self.token.get_secret_value()), *named) not in ((True, False, False), (False, True, True)):
            raise ValueError("give either email and api_token, or (on a Data Center) token")
        if self.on_cloud and self.token.get_secret_value():
            raise ValueError("token is for a Data Center; on Cloud give email and api_token")
        if self.on_cloud and urlsplit(self.url).path not in ("", "/wiki"):
            raise ValueError("url must be the site's origin, such as https://acme.atlassian.net")
        if not self.on_cloud and self.cloud_id:
            raise ValueError("cloud_id is for Cloud; take it out, or take out deployment and token")
        return self

    @property
    def on_cloud(self) -> bool:
        if self.deployment:
            return self.deployment == "cloud"
        return not self.token.get_secret_value()

    @property
    def origin(self) -> str:
        return check_origin(urlsplit(self.url)._replace(path="").geturl(), "url")

    @property
    def base(self) -> str:
        """The path below the origin that every address of the site starts with."""
        return "/wiki" if self.on_cloud else urlsplit(self.url).path

    @property
    def credentials(self) -> str:
        """Name what to check when the site refuses us."""
        if self.token.get_secret_value():
            return "token and what its user may read"
        expire = "; API tokens expire after a year at most" if self.on_cloud else ""
        return f"email and api_token{', its scopes and cloud_id' if self.cloud_id else ''}{expire}"

    @property
    def scope(self) -> str:
        """A name for what these settings include: a cursor made under others cannot be continued."""
        told = [
            self.url,
            sorted(self.spaces),
            sorted(self.public_spaces),
            self.blog_posts,
            self.attachments,
            self.comments,
            *(["notes"] if self.speaker_notes else []),
        ]
        return scope_of(told)

    def includes(self, key: str, kind: str) -> bool:
        """Whether a space belongs to this source: personal and system spaces only where they are named in full."""
        ordinary = kind not in ("personal", "system", "onboarding", "xflow_sample_space")
        return any(key == wanted or (ordinary and fnmatchcase(key, wanted)) for wanted in self.spaces)

    def may_be_public(self, key: str) -> bool:
        return any(fnmatchcase(key, wanted) for wanted in self.public_spaces)

    @property
    def exact_keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key in self.spaces if not set(key) & set("*?[")))
