"""`/widget/diagnose`: why the widget does not appear on a page, and the line to change."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from session_api.access import hosted
from session_api.access.origins import Origin
from session_api.access.request_guard import RequestGuard
from session_api.access.tokens import SKEW
from sync.state import queries

OPENAI_SCRIPT = "https://cdn.platform.openai.com"
Blocked = Literal["script-src", "connect-src", "frame-src", "style-src"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to change."""

    code: str
    message: str
    fix: str


def router(door: RequestGuard, trouble: hosted.Trouble) -> APIRouter:
    """Return the endpoint. Every page may read it: it tells nothing that a visitor of the page could not find out."""
    widget = APIRouter(prefix="/widget", tags=["widget"])

    @widget.get("/diagnose")
    async def diagnose(
        request: Request,
        origin: Annotated[str, Query(max_length=300, description="The page's origin, as its browser writes it.")],
        now: Annotated[float | None, Query(ge=0, le=1e11, description="The browser's time, in seconds.")] = None,
        csp: Annotated[str, Query(max_length=8000, description="The page's Content-Security-Policy.")] = "",
        blocked: Annotated[Blocked | None, Query(description="A directive that the browser reported.")] = None,
        element: Annotated[bool, Query(description="Whether the page uses OpenAI's ChatKit element.")] = False,
    ) -> JSONResponse:
        """Say everything that keeps the widget from working on a page of this origin."""
        await door.admit(request, "diagnose")
        found = [
            *_origin(door, origin, request.scope.get("server")),
            *_clock(door, now),
            *_policy(csp, blocked, door.base(request), element=element),
            *_domain_key(door, origin, element=element),
            *await _upstream(door, trouble),
        ]
        body = {"ok": not found, "origin": origin, "findings": [asdict(finding) for finding in found]}
        return JSONResponse(body, headers={"access-control-allow-origin": "*", "cache-control": "no-store"})

    return widget


def _origin(door: RequestGuard, origin: str, server: tuple[str, int | None] | None) -> Iterator[Finding]:
    if not door.origins.allows(origin, server):
        refusal = door.origins.refusal(origin)
        yield Finding(refusal.code, refusal.message, refusal.fix)


def _clock(door: RequestGuard, now: float | None) -> Iterator[Finding]:
    ahead = 0.0 if now is None else now - door.state.now()
    if abs(ahead) > SKEW.total_seconds():
        direction = "ahead of" if ahead > 0 else "behind"
        yield Finding(
            "clock_skew",
            f"The browser's clock is {abs(ahead):.0f} s {direction} this server's.",
            "Set the clock that is wrong; for this server turn NTP on.",
        )


def _policy(csp: str, blocked: str | None, base: str, *, element: bool) -> Iterator[Finding]:
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
                yield Finding(
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


def _domain_key(door: RequestGuard, origin: str, *, element: bool) -> Iterator[Finding]:
    page = Origin.parse(origin)
    local = page is not None and page.host in {"localhost", "127.0.0.1", "::1"}
    if element and not local and not door.edge.domain_key and door.settings.hosted is None:
        yield Finding(
            "domain_key_missing",
            "OpenAI's ChatKit element shows nothing on a domain without a key.",
            "Add the domain at https://platform.openai.com/settings/organization/security/domain-allowlist and write "
            "the key as domain_key under [widget]; or leave the element out, our own widget needs none.",
        )


async def _upstream(door: RequestGuard, trouble: hosted.Trouble) -> Iterator[Finding]:
    """What the last sessions and answers met at OpenAI, and whether there is anything to answer from."""
    found = []
    if (met := trouble.latest(door.state.now())) is not None:
        found.append(Finding(met.code, met.message, met.fix))
    live = await door.threads.run(queries.active, door.state, door.settings.index)
    if live is None and door.settings.hosted is None:
        found.append(
            Finding("nothing_synced", f'The index "{door.settings.index}" holds nothing yet.', "Run `answerwell sync`.")
        )
    return iter(found)
