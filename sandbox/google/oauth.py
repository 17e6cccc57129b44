"""The token address: a signed assertion of a service account for a token of one hour."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.google import answers
from sandbox.http import Answer

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3600
AUDIENCE = "https://oauth2.googleapis.com/token"  # what the vendor's library signs for, wherever it sends the assertion
READ = frozenset(
    f"https://www.googleapis.com/auth/{scope}"
    for scope in ("drive", "drive.readonly", "drive.metadata.readonly", "documents", "documents.readonly")
)


@dataclass
class ServiceAccount:
    """One service account's key, and the tokens given for it. `delegates`: whom it may speak for."""

    clock: Callable[[], float]
    email: str = "answerwell@acme-docs.iam.gserviceaccount.com"
    delegates: set[str] = field(default_factory=set)
    revoked: bool = False
    tokens: dict[str, float] = field(default_factory=dict)
    spoke_for: list[str] = field(default_factory=list)

    def key_file(self, token_uri: str) -> str:
        """Return the text of the JSON key file that an operator downloads."""
        fields = {
            "type": "service_account",
            "project_id": "acme-docs",
            "private_key_id": "f0e1d2c3b4a5",
            "private_key": _private_key()
            .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            .decode(),
            "client_email": self.email,
            "client_id": "103000000000000000001",
            "token_uri": token_uri,
        }
        return json.dumps(fields, indent=2)

    def exchange(self, kind: str, body: bytes, token_uri: str) -> Answer:
        """Answer a token, or 400 and 401 as the vendor says them."""
        if kind.partition(";")[0].strip() != "application/x-www-form-urlencoded":
            raise answers.grant_refused("invalid_request", "Required parameter is missing: grant_type")
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form.get("grant_type") != GRANT:
            raise answers.grant_refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        self._check(form.get("assertion", ""), token_uri)
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[token] = self.clock() + LIFETIME
        return Answer({"access_token": token, "expires_in": LIFETIME - 1, "token_type": "Bearer"})

    def knows(self, token: str) -> bool:
        return self.tokens.get(token, 0) > self.clock()

    def expire(self) -> None:
        """Let every token given so far be refused."""
        self.tokens.clear()

    def _check(self, assertion: str, token_uri: str) -> None:
        try:
            claims = jwt.decode(
                assertion,
                _private_key().public_key(),
                algorithms=["RS256"],
                audience=[AUDIENCE, token_uri],
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "iss", "scope"]},
            )
        except jwt.PyJWTError as error:
            raise answers.grant_refused("invalid_grant", "Invalid JWT Signature.") from error
        if claims["iss"] != self.email or self.revoked:
            raise answers.grant_refused("invalid_grant", "Invalid grant: account not found")
        if not set(claims["scope"].split()) <= READ or not claims["scope"].split():
            raise answers.grant_refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        if claims["exp"] - claims["iat"] > LIFETIME:
            raise answers.grant_refused("invalid_grant", "Invalid JWT: Token must be a short-lived token")
        subject = claims.get("sub", self.email)
        if subject not in self.delegates | {self.email}:
            raise answers.grant_refused(
                "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method.", 401
            )
        self.spoke_for.append(subject)


@cache
def _private_key() -> rsa.RSAPrivateKey:
    """One key for every account: making one takes long, and it opens nothing but the fake."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
