"""What an operator sets for an Intercom workspace."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from connectors.http.addresses import TrustedHosts, check_origin
from sync.setting_types import WebhookSecrets

ORIGINS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}


class IntercomSettings(BaseModel):
    """One Intercom workspace: `token` is the access token of an app of it, `region` where its data lies.

    `url`: the API's origin, instead of the region's. `attachments`: files of conversations are read. `trusted_hosts`:
    of the own network, to which files may be redirected. `webhook_secret`: the app's client secret, by which Intercom
    signs the messages that wake the source.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr = Field(min_length=1)
    region: Literal["us", "eu", "au"] = "us"
    url: str = ""
    include: tuple[Literal["articles", "internal_articles", "conversations"], ...] = Field(("articles",), min_length=1)
    attachments: bool = True
    trusted_hosts: TrustedHosts = ()
    webhook_secret: WebhookSecrets = ()

    @field_validator("url")
    @classmethod
    def _origin(cls, value: str, info: ValidationInfo) -> str:
        return check_origin(value, str(info.field_name)) if value else ""

    @property
    def origin(self) -> str:
        return self.url or ORIGINS[self.region]
