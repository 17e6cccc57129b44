"""The client of one workspace: who we are, which version of the API answers, and how it says no."""

import hashlib

from connectors.http.auth import Bearer
from connectors.http.client import HttpClient, refusal
from connectors.http.rate_limit import QuotaStore, VendorLimits
from connectors.http.transport import Clock, Response, Sleep, Transport
from connectors.intercom.settings import IntercomSettings
from sync.errors import Misconfigured, Retryable, SyncError

VERSION = "2.16"  # the first that tells who may read an article, and which conversations were deleted
PLAN = "api_plan_restricted"
CREDENTIALS = "token, and region: a token of another region is refused"


def client_of(
    settings: IntercomSettings,
    transport: Transport,
    *,
    clock: Clock,
    sleep: Sleep,
    allowances: QuotaStore | None = None,
) -> HttpClient:
    """Return what asks the workspace; its allowance is the token's, wherever else it is used."""
    whose = hashlib.sha256(settings.token.get_secret_value().encode()).hexdigest()[:12]
    return HttpClient(
        "intercom",
        settings.origin,
        Bearer(settings.token),
        transport,
        CREDENTIALS,
        VendorLimits(allowances, f"intercom:{whose}", clock=clock),
        sleep,
        refuse=refused,
        hosts=frozenset(settings.trusted_hosts),
        headers={"Intercom-Version": VERSION},
    )


def refused(answer: Response, where: str, settings: str) -> SyncError | None:
    """Return the error that stands behind an answer; None for one that is usable."""
    if answer.ok:
        return None
    if answer.status == 405 and not code_of(answer):
        return Retryable(f"{where} answers with a page that asks for a person (405); it passes by itself")
    if answer.status == 403 and (code := code_of(answer)):
        fix = "give the app the permissions that docs/intercom.md names, and set its token"
        if code == PLAN:
            fix = "the workspace's plan does not include it; take it out of include"
        return Misconfigured(f"{where}: not permitted (403 {code}); {fix}")
    return refusal(answer, where, settings)


def code_of(answer: Response) -> str:
    """Return the vendor's own word for a failure, '' where the answer is not one of its API."""
    try:
        envelope = answer.json()
    except ValueError:
        return ""
    errors = envelope.get("errors")
    if envelope.get("type") != "error.list" or not isinstance(errors, list) or not errors:
        return ""
    return str(errors[0].get("code") or "")[:60] if isinstance(errors[0], dict) else ""


def is_missing(answer: Response) -> bool:
    """Whether the vendor says, in its own words, that there is no such record."""
    return answer.status == 404 and code_of(answer).endswith("not_found")
