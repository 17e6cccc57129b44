"""The Web API as we call it: the vendor's SDK sends, the pace is each method's own, and `ok: false` is an error.

Every method takes a posted form, and answers with status 200 whatever happened.
"""

import hashlib
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.http.addresses import is_loopback, origin_of
from connectors.http.auth import Bearer
from connectors.http.client import HttpClient, refusal, retry_after
from connectors.http.rate_limit import QuotaStore, VendorLimits
from connectors.http.transport import Clock, Json, Params, Response, Sleep, Transport
from connectors.slack.sdk import SlackTransport
from sync.errors import Misconfigured, Retryable, SyncError
from sync.rate_limit import Rate

TIERS: Mapping[str, int] = {
    "auth.test": 100,
    "bots.info": 50,
    "conversations.history": 50,
    "conversations.join": 50,
    "conversations.list": 20,
    "conversations.replies": 50,
    "files.info": 100,
    "usergroups.list": 20,
    "users.info": 100,
    "users.list": 20,
}
THROTTLED = ("conversations.history", "conversations.replies")
CLAMP = 15  # objects a call, for an app that others than its workspace distribute
FILES = frozenset(("https://files.slack.com", "https://slack-files.com"))

_PASSING = frozenset(
    (
        "fatal_error",
        "internal_error",
        "org_login_required",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    )
)
_TOO_MANY = frozenset(("ratelimited", "rate_limited"))
_CREDENTIALS = frozenset(
    (
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    )
)


class SlackClient:
    """Calls methods as one installed app. For many threads.

    Each method is asked as often as its tier says; on this machine, where a fake or a gateway answers, as often as it
    lets us. An app that may ask once a minute, for fifteen objects, is found out by what it is answered.
    """

    def __init__(
        self,
        url: str,
        token: SecretStr,
        allowances: QuotaStore | None,
        clock: Clock,
        sleep: Sleep,
        timeout: float,
        transport: Transport | None = None,
    ) -> None:
        origin = origin_of(url)
        self._path = urlsplit(url).path
        account = hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:12]
        rates = {f"{name}:tier": Rate(limit) for name, limit in TIERS.items()}
        rates |= {f"{name}:throttled": Rate(1) for name in THROTTLED}
        pacing = VendorLimits(allowances, f"slack:{origin}:{account}", rates, clock=clock)
        transport, auth = transport or SlackTransport(url, timeout), Bearer(token)
        self._api = HttpClient("slack", origin, auth, transport, "bot_token", pacing, sleep, refuse=refuse)
        self._files = HttpClient("slack", origin, auth, transport, "bot_token", pacing, sleep, trusted=FILES)
        self._clamped: set[str] = set()
        near = is_loopback(urlsplit(url).hostname or "")
        self._pace = {} if near else dict.fromkeys(TIERS, "tier")

    def ask(self, method: str, fields: Params | None = None, *, expect: Collection[str] = ()) -> Response:
        """Return the answer of a method. `expect`: errors that are returned, not raised.

        Raises Retryable and Misconfigured: see `refuse`.
        """
        pace = self._pace.get(method)
        buckets = (f"{method}:{pace}", method) if pace else (method,)  # the last is closed by a refusal
        try:
            return self._api.submit(self._path + method, fields or {}, buckets=buckets)
        except SlackError as error:
            if error.word in expect:
                return error.answer
            raise
        except Retryable as error:
            if error.after:  # refused for its rate: if it was short of objects too, the app is throttled
                self._pace[method] = "throttled" if method in self._clamped else "tier"
            raise

    def note(self, method: str, asked: int, answer: Response) -> None:
        """Learn from a page of a list whether it holds no more objects than a throttled app is given."""
        envelope = answer.json()
        if asked > CLAMP and len(envelope.get("messages") or ()) == CLAMP and envelope.get("has_more"):
            self._clamped.add(method)

    @property
    def throttled(self) -> bool:
        """Whether the app seems to be one that Slack slows down."""
        return bool(self._clamped)

    def download(self, url: str, most: int) -> Response:
        """Return a file; only Slack's own hosts see the token, and no redirect does. Raises Oversized."""
        return self._files.download(url, most=most, buckets=("files",))

    def trusts(self, url: str) -> bool:
        """Whether the address is one of Slack's own."""
        return origin_of(url) in FILES or origin_of(url) == self._api.origin

    def where(self, method: str) -> str:
        return self._api.where(self._path + method)


class SlackError(Misconfigured):
    """Slack answered with an error that no setting of ours explains; whoever asked may know what it means."""

    def __init__(self, message: str, word: str, answer: Response) -> None:
        super().__init__(message)
        self.word = word
        self.answer = answer


def refuse(answer: Response, where: str, settings: str) -> SyncError | None:
    """What stands behind an answer: Slack says no with status 200, `ok: false` and a word for it."""
    if not answer.ok:
        return refusal(answer, where, settings)
    try:
        envelope = answer.json()
    except ValueError:
        return None  # not whole, which the caller says
    return None if envelope.get("ok") is True else _meaning(envelope, answer, where, settings)


def _meaning(envelope: Json, answer: Response, where: str, settings: str) -> SyncError:
    word = str(envelope.get("error") or "")[:60]
    if word in _PASSING or word in _TOO_MANY or not word:
        return Retryable(f"{where} failed ({word or 'without a reason'})", after=retry_after(answer))
    if word in _CREDENTIALS:
        return Misconfigured(f"{where}: credentials refused ({word}); check {settings}")
    fix = "check url and the channels of this source"
    if word == "missing_scope":
        scope = str(envelope.get("needed") or "it needs")[:60]
        fix = f"add the scope {scope} under OAuth & Permissions, install the app again, and check {settings}"
    return SlackError(f"{where} refused the request ({word}); {fix}", word, answer)
