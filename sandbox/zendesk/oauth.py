"""Authentication: OAuth tokens, the retiring `email/token`, or none."""

import itertools
from dataclasses import dataclass

from starlette.requests import Request as HttpRequest

from sandbox.http import Answer, Json, Problem, credentials, json_object
from sandbox.zendesk import answers
from sandbox.zendesk.records import Account, Role

SCOPES = ("read", "hc:read", "tickets:read", "users:read")
CODE_LIFE = 120
REFRESH_LIFE = 30 * 86400
CREDENTIALS = ("client_id", "client_secret")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, or a refresh token, or an authorization code: what it grants, and until when."""

    scope: str
    expires_at: float
    pair: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request turned out to be. `scopes` None: not limited by any."""

    role: Role
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        """Whether the token covers the scope; one that names an unknown scope covers nothing at all."""
        if self.scopes is None:
            return True
        return self.scopes <= set(SCOPES) and bool(self.scopes & {"read", scope})


class Credentials:
    """Everything that opens the account. `life` is what a token is granted for when the request names no term."""

    def __init__(self, world: Account, client_id: str, client_secret: str, email: str, api_token: str) -> None:
        self.world = world
        self.client = {"client_id": client_id, "client_secret": client_secret}
        self.basic = f"{email}/token:{api_token}"
        self.life = 1800
        self.access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self._codes: dict[str, Token] = {}
        self._serial = itertools.count(1)

    def code(self, scope: str = "read") -> str:
        """An authorization code, as if an administrator had just pressed Allow."""
        code = f"code-{next(self._serial)}"
        self._codes[code] = Token(scope, self.world.clock() + CODE_LIFE)
        return code

    def revoke(self) -> None:
        """Every token stops working at once; new ones may be asked for."""
        self.access.clear()
        self._refresh.clear()

    def identify(self, http: HttpRequest) -> Caller:
        """Return who the header proves. Raises 401 for invalid credentials."""
        if "authorization" not in http.headers:
            return Caller(Role.ANONYMOUS)
        kind, value = credentials(http)
        if kind == "Basic" and value == self.basic:
            return Caller(self.world.role)
        token = self.access.get(value) if kind == "Bearer" else None
        if token is None or token.expires_at <= self.world.clock():
            raise answers.unauthenticated()
        return Caller(self.world.role, frozenset(token.scope.split()))

    def exchange(self, content_type: str, raw: bytes) -> Answer:
        """Answer `POST /oauth/tokens`."""
        asked = _parse(content_type, raw)
        if {name: asked.get(name) for name in CREDENTIALS} != self.client:
            raise _oauth(401, "invalid_client", "Client authentication failed")
        grant = asked["grant_type"]
        if grant == "client_credentials":
            _only(asked, "scope")
            return self._issue(asked["scope"], asked, renewable=False)
        if grant == "authorization_code":
            _only(asked, "code", "redirect_uri", "code_verifier")
            return self._issue(self._spend(self._codes, asked["code"]).scope, asked, renewable=True)
        if grant == "refresh_token":
            _only(asked, "refresh_token")
            spent = self._spend(self._refresh, asked["refresh_token"])
            self.access.pop(spent.pair or "", None)
            return self._issue(spent.scope, asked, renewable=True)
        raise _oauth(400, "unsupported_grant_type", f"{grant} is not supported")

    def _spend(self, tokens: dict[str, Token], value: str) -> Token:
        token = tokens.pop(value, None)
        if token is None or token.expires_at <= self.world.clock():
            raise _oauth(400, "invalid_grant", "The grant is invalid, expired or already used")
        return token

    def _issue(self, scope: str, asked: Json, *, renewable: bool) -> Answer:
        life = asked.get("expires_in", self.life)
        if "expires_in" in asked and not (isinstance(life, int) and 300 < life < 172800):
            raise _oauth(400, "invalid_request", "expires_in must be between 300 and 172800")
        now = self.world.clock()
        access = f"access-{next(self._serial)}"
        self.access[access] = Token(scope, now + life)
        granted = " ".join(name for name in scope.split() if name in SCOPES)
        body: Json = {"access_token": access, "token_type": "bearer", "scope": granted, "expires_in": life}
        if renewable:
            refresh = f"refresh-{next(self._serial)}"
            self._refresh[refresh] = Token(scope, now + REFRESH_LIFE, access)
            body |= {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_LIFE}
        return Answer(body)


def _parse(content_type: str, raw: bytes) -> Json:
    problem = _oauth(400, "invalid_request", "Send a JSON object with a grant_type")
    asked = json_object(raw, problem)
    if not content_type.startswith("application/json") or "grant_type" not in asked:
        raise problem
    return asked


def _only(asked: Json, *fields: str) -> None:
    optional = {"expires_in", "refresh_token_expires_in", "redirect_uri", "code_verifier"}
    unknown = asked.keys() - {"grant_type", *CREDENTIALS, *fields, "expires_in"}
    missing = [name for name in fields if name not in optional and not isinstance(asked.get(name), str)]
    if unknown or missing or asked.get("scope") == "":
        raise _oauth(400, "invalid_request", f"missing: {missing}, unknown: {sorted(unknown)}")


def _oauth(status: int, error: str, description: str) -> Problem:
    return Problem(status, {"error": error, "error_description": description})
