"""Diagnosis: `/widget/diagnose` says why the widget does not appear on a page, and the line to change."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from session_api.access.latest_failure import LatestFailure
from session_api.access.origins import LOOPBACK, Origin
from session_api.access.request_guard import RequestGuard
from session_api.access.tokens import SKEW
from sync.state import queries

OPENAI_SCRIPT = "https://cdn.platform.openai.com"
Blocked = Literal["script-src", "connect-src", "frame-src", "style-src"]


@dataclass(frozen=True)
class Diagnosis:
    """One thing that is wrong, and what to change."""

    code: str
    message: str
    fix: str


@dataclass(frozen=True)
class DiagnosisService:
    """What a page is diagnosed with. `domain_key`: whether OpenAI's element has one; `failure`: OpenAI's latest."""

    guard: RequestGuard
    failure: LatestFailure
    hosted: bool
    domain_key: bool


async def _service(request: Request) -> DiagnosisService:
    service: DiagnosisService = request.app.state.diagnosis
    return service


router = APIRouter(prefix="/widget", tags=["widget"])


@router.get("/diagnose")
async def diagnose(
    request: Request,
    service: Annotated[DiagnosisService, Depends(_service)],
    origin: Annotated[str, Query(max_length=300, description="The page's origin, as its browser writes it.")],
    now: Annotated[float | None, Query(ge=0, le=1e11, description="The browser's time, in seconds.")] = None,
    csp: Annotated[str, Query(max_length=8000, description="The page's Content-Security-Policy.")] = "",
    blocked: Annotated[Blocked | None, Query(description="A directive that the browser reported.")] = None,
    element: Annotated[bool, Query(description="Whether the page uses OpenAI's ChatKit element.")] = False,
) -> JSONResponse:
    """Say everything that keeps the widget from working on a page of this origin."""
    guard = service.guard
    await guard.check_rate(request, "diagnose")
    found = [
        *_origin(guard, origin, request.scope.get("server")),
        *_clock(guard, now),
        *_policy(csp, blocked, guard.base(request), element=element),
        *(_domain_key(origin) if element and not service.domain_key and not service.hosted else ()),
        *await _upstream(service),
    ]
    body = {"ok": not found, "origin": origin, "findings": [asdict(finding) for finding in found]}
    # Every page may read it: it tells nothing that a visitor of the page could not find out.
    return JSONResponse(body, headers={"access-control-allow-origin": "*", "cache-control": "no-store"})


def _origin(guard: RequestGuard, origin: str, server: tuple[str, int | None] | None) -> Iterator[Diagnosis]:
    if not guard.origins.allows(origin, server):
        refusal = guard.origins.refusal(origin)
        yield Diagnosis(refusal.code, refusal.message, refusal.fix)


def _clock(guard: RequestGuard, now: float | None) -> Iterator[Diagnosis]:
    ahead = 0.0 if now is None else now - guard.state.now()
    if abs(ahead) > SKEW.total_seconds():
        direction = "ahead of" if ahead > 0 else "behind"
        yield Diagnosis(
            "clock_skew",
            f"The browser's clock is {abs(ahead):.0f} s {direction} this server's.",
            "Set the clock that is wrong; for this server turn NTP on.",
        )


def _policy(csp: str, blocked: str | None, base: str, *, element: bool) -> Iterator[Diagnosis]:
    """Compare the page's policy with what the widget loads and calls."""
    needed = {"script-src": [base], "connect-src": [base]}
    if element:
        needed["script-src"] = [OPENAI_SCRIPT]
        needed["frame-src"] = [OPENAI_SCRIPT]
    policy: dict[str, list[str]] = {}
    for part in csp.split(";"):
        name, *sources = part.split()[:200] or [""]
        policy.setdefault(name.casefold(), sources)
    for directive, addresses in needed.items():
        ruling: list[str] | None = policy.get(directive, policy.get("default-src"))
        for address in addresses:
            refused = ruling is not None and not any(_covers(source, address) for source in ruling)
            if refused or blocked == directive:
                yield Diagnosis(
                    "csp_blocked",
                    f"The page's Content-Security-Policy keeps {address} out.",
                    f"Add {address} to {directive} in the page's Content-Security-Policy.",
                )


def _covers(source: str, address: str) -> bool:
    """Whether a source of a policy lets the address in."""
    wanted = urlsplit(address)
    if source == "*" or source.casefold() == f"{wanted.scheme}:":
        return True
    scheme, separator, rest = source.rpartition("://")
    host = re.split(r"[:/]", rest, maxsplit=1)[0].casefold()
    if separator and scheme.casefold() != wanted.scheme:
        return False
    port = rest.partition(":")[2].partition("/")[0]
    if port not in {"*", str(wanted.port or "")} and (port or wanted.port):
        return False
    if host.startswith("*."):
        return str(wanted.hostname).endswith(host[1:])
    return host == wanted.hostname


def _domain_key(origin: str) -> Iterator[Diagnosis]:
    page = Origin.parse(origin)
    if page is None or page.host not in LOOPBACK:
        yield Diagnosis(
            "domain_key_missing",
            "OpenAI's ChatKit element shows nothing on a domain without a key.",
            "Add the domain at https://platform.openai.com/settings/organization/security/domain-allowlist and write "
            "the key as domain_key under [widget]; or leave the element out, our own widget needs none.",
        )


async def _upstream(service: DiagnosisService) -> Iterator[Diagnosis]:
    """What the last sessions and answers met at OpenAI, and whether there is anything to answer from."""
    guard, found = service.guard, []
    if (met := service.failure.recent(guard.state.now())) is not None:
        found.append(Diagnosis(met.code, met.message, met.fix))
    live = await guard.pool.run(queries.active, guard.state, guard.index)
    if live is None and not service.hosted:
        fix = "Run `answerwell sync`."
        found.append(Diagnosis("nothing_synced", f'The index "{guard.index}" holds nothing yet.', fix))
    return iter(found)
