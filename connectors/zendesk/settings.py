"""What an operator sets for a Zendesk account."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from connectors.http.addresses import TrustedHosts, check_origin
from sync.setting_types import WebhookSecrets, revealed

TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105  published: anybody can sign with it


class ZendeskSettings(BaseModel):
    """One Zendesk account: `url` is its origin, `brand_urls` those of further help centers.

    `locales`: the only ones to keep; all when empty. `public` False: visitors must sign in, so no article is public.
    `attachments`: files are read, those of an article where its text links or mentions one; "all" asks every article,
    one call each. `trusted_hosts`: of the own network, to which files may be redirected. `webhook_secret`: the signing
    secret of a webhook that wakes the source, if there is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    brand_urls: tuple[str, ...] = ()
    locales: frozenset[str] = frozenset()
    public: bool = True
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    email: str = ""
    api_token: SecretStr = SecretStr("")
    attachments: bool | Literal["all"] = True
    include: tuple[Literal["articles", "tickets"], ...] = Field(("articles",), min_length=1)
    trusted_hosts: TrustedHosts = ()
    webhook_secret: WebhookSecrets = ()

    @field_validator("url")
    @classmethod
    def _origin(cls, value: str, info: ValidationInfo) -> str:
        return check_origin(value, str(info.field_name))

    @field_validator("brand_urls")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(check_origin(value, "brand_urls") for value in values)

    @field_validator("locales")
    @classmethod
    def _lower(cls, values: frozenset[str]) -> frozenset[str]:
        return frozenset(value.lower() for value in values)

    @field_validator("webhook_secret")
    @classmethod
    def _not_published(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if TEST_SECRET in revealed(secrets):
            raise ValueError("is the secret that Zendesk publishes for tests; write the webhook's own signing secret")
        return secrets

    @model_validator(mode="after")
    def _one_pair(self) -> "ZendeskSettings":
        oauth = (bool(self.client_id), bool(self.client_secret.get_secret_value()))
        token = (bool(self.email), bool(self.api_token.get_secret_value()))
        if sorted((oauth, token)) != [(False, False), (True, True)]:
            raise ValueError("give either client_id and client_secret, or email and api_token")
        return self
