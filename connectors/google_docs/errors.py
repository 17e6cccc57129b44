"""How Google says no: which refusals pass, which are of one document, and which only a setting heals."""

import re
from datetime import UTC, datetime, timedelta

from connectors.http import client
from connectors.http.transport import Json, Response
from sync.errors import Misconfigured, Retryable, SyncError

PACE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded", "dailyLimitExceeded"})
OF_ONE_DOCUMENT = {
    "exportSizeLimitExceeded": "it is too large to be exported",
    "cannotExportFile": "its owner does not let it be exported",
    "cannotDownloadFile": "its owner does not let it be downloaded",
    "fileNotDownloadable": "it is of a type that cannot be downloaded",
    "fileNotExportable": "it is of a type that cannot be exported",
    "insufficientFilePermissions": "the service account may not read it",
    "appNotAuthorizedToFile": "the service account was not given it",
    "cannotDownloadAbusiveFile": "Google holds it to be malware or spam",
}
QUOTA_OF_A_FILE = timedelta(hours=6)

_UNTIL = re.compile(r"retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)", re.IGNORECASE)


class Withheld(Misconfigured):
    """Google refuses this for good: of one document, its problem; of anything else, a refusal. `why`: for people."""

    def __init__(self, message: str, why: str, reason: str) -> None:
        super().__init__(message)
        self.why = why
        self.reason = reason


def refused(answer: Response, where: str, settings: str) -> SyncError | None:
    """What stands behind an answer of Drive or Docs: a 403 may be a lack of patience, or of permission."""
    if 200 <= answer.status < 300:
        return None
    reason = reason_of(answer)
    if answer.status == 429 or (answer.status == 403 and reason in PACE):
        return Retryable(f"{where}: too many calls ({answer.status} {reason})", after=_wait(answer))
    if answer.status == 403:
        return _forbidden(answer, reason, where, settings)
    return client.refusal(answer, where, settings)


def token_refused(answer: Response, where: str, settings: str) -> SyncError | None:
    """What stands behind an answer of the token address."""
    if 200 <= answer.status < 300:
        return None
    word = _object(answer).get("error")
    if answer.status not in (400, 401) or not isinstance(word, str):
        return client.refusal(answer, where, settings)
    fixes = {
        "invalid_grant": "the key was deleted or disabled, or this machine's clock is wrong: set the clock, or make a "
        "new key for the service account and put its file into credentials_file",
        "unauthorized_client": "subject needs domain-wide delegation: allow the service account's client id the scope "
        "drive.readonly in the admin console, or leave subject out",
        "invalid_scope": "allow the service account's client id the scope drive.readonly in the admin console",
    }
    return Misconfigured(f"{where}: no token ({answer.status} {word[:60]}); {fixes.get(word, f'check {settings}')}")


def reason_of(answer: Response) -> str:
    """Return the vendor's own word for the failure, '' where it has none; never more of the body."""
    error = _object(answer).get("error")
    if not isinstance(error, dict):
        return ""
    named = [*_dicts(error.get("errors")), *_dicts(error.get("details"))]
    words = (each.get("reason") for each in named)
    found = next((word for word in words if isinstance(word, str)), error.get("status"))
    return found[:60] if isinstance(found, str) else ""


def _forbidden(answer: Response, reason: str, where: str, settings: str) -> SyncError:
    if reason in OF_ONE_DOCUMENT:
        return Withheld(f"{where}: {OF_ONE_DOCUMENT[reason]} (403 {reason})", OF_ONE_DOCUMENT[reason], reason)
    if reason == "downloadQuotaExceeded":  # heals by itself, within a day
        return Retryable(f"{where}: it was downloaded too often today (403 {reason})", after=QUOTA_OF_A_FILE)
    fixes = {
        "accessNotConfigured": "enable the Google Drive API and the Google Docs API in the service account's project",
        "SERVICE_DISABLED": "enable the Google Drive API and the Google Docs API in the service account's project",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "allow the service account the scope drive.readonly",
        "insufficientPermissions": "allow the service account the scope drive.readonly",
        "domainPolicy": "the domain's administrators forbid it; ask them to allow Drive for the service account",
    }
    if reason in fixes:
        return Misconfigured(f"{where}: refused (403 {reason}); {fixes[reason]}")
    if reason == "PERMISSION_DENIED" and "/v1/documents/" in where:
        return Withheld(f"{where}: refused (403 {reason})", "the service account may not read it", reason)
    return client.refusal(answer, where, settings)


def _wait(answer: Response) -> timedelta | None:
    """Return the wait that the answer asks for: in a header, which is usually absent, or in its words."""
    if (asked := client.retry_after(answer)) is not None:
        return asked
    error = _object(answer).get("error")
    told = _UNTIL.search(str(error.get("message"))) if isinstance(error, dict) else None
    if told is None:
        return None
    try:
        until = datetime.fromisoformat(told[1])
    except ValueError:
        return None
    return max(timedelta(0), until - (answer.date or datetime.now(UTC)))


def _object(answer: Response) -> Json:
    try:
        return answer.json()
    except ValueError:
        return {}


def _dicts(found: object) -> list[Json]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
