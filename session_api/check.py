"""Configuration checks: what `answerwell doctor` says about answering customers; nothing outside is asked."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Literal

from pydantic import SecretStr

from answering.settings import DEFAULT_MODEL
from session_api.access import hosted, unlisted_proxy
from session_api.access.identity_keys import MIN_SECRET_LENGTH
from session_api.access.settings import ServerSettings, StaffSettings
from session_api.chat.settings import ChatSettings
from session_api.widget.settings import WidgetSettings
from sync.model import Audience

Level = Literal["error", "warning", "info"]
Finding = tuple[Level, str, str]
"""How bad, what, and the fix."""

ENDING: dict[str, tuple[date, str]] = {
    **dict.fromkeys(("gpt-5", "gpt-5-mini", "gpt-5-nano"), (date(2026, 12, 11), "gpt-6.1-terra or gpt-6-luna")),
    **dict.fromkeys(
        ("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini"), (date(2027, 1, 14), "gpt-6-luna")
    ),
}
"""Models with an announced end, and what OpenAI names in their place (as of November 2026)."""


def findings(
    settings: ChatSettings | None, widget: WidgetSettings, server: ServerSettings, today: date
) -> Iterator[Finding]:
    """Yield what keeps customers from being answered, or soon will. `settings` None: no index is for customers."""
    if settings is None:
        yield "info", "customers are not answered: no index has exactly the audience public", "add one, see [[index]]"
        return
    yield from _hosted(settings, today)
    yield from _models(settings, today)
    yield from _pages(widget, server)
    yield from _shown(widget, server)
    yield from _person(widget)
    yield from _identity(widget)
    yield from _answers(settings)


def staff_findings(staff: StaffSettings, audiences: Collection[Audience], *, synced: bool) -> Iterator[Finding]:
    """Yield what keeps staff from being answered. `audiences`: of their index; `synced`: it has a live store."""
    if Audience.INTERNAL not in audiences:
        fix = 'write audiences = ["public", "internal"] there, or name another index under [staff]'
        yield "error", f"the index {staff.index} is for customers: it holds nothing internal", fix
    elif not synced:
        yield "warning", f"the index {staff.index} holds nothing yet", "run `answerwell sync`"
    else:
        groups = ", ".join(staff.groups)
        yield "info", f"who proves to be in one of the groups {groups} is answered from {staff.index}", ""
    if not staff.origins:
        fix = 'write origins = ["https://intranet.acme.com"] under [staff]'
        yield "warning", "no page may embed the staff's widget, but those of this server", fix
    if blank := [group for group in staff.groups if group != group.strip()]:
        yield "warning", f"the group {blank[0]!r} begins or ends with a space", "write it as the token has it"
    yield from _keys(staff.identity_keys)


def _hosted(settings: ChatSettings, today: date) -> Iterator[Finding]:
    if not settings.hosted:
        return
    days = (hosted.ENDS - today).days
    if days < 0:
        yield "error", f"OpenAI ended hosted workflows on {hosted.ENDS}", hosted.FIX
    else:
        yield "warning", f"OpenAI ends hosted workflows on {hosted.ENDS}, in {days} days", hosted.FIX


def _models(settings: ChatSettings, today: date) -> Iterator[Finding]:
    """Models of ours that have ended or will; a workflow names its own."""
    if settings.hosted:
        return
    asked = {"model": settings.model if settings.workflow is None else "", "check_model": settings.check_model or ""}
    for setting, model in asked.items():
        known = model.split("-20", 1)[0]  # gpt-4o-2024-08-06 ends with gpt-4o
        if known not in ENDING:
            continue
        ends, successor = ENDING[known]
        fix = f'write {setting} = "{DEFAULT_MODEL}" under [chat], or another of {successor}'
        if ends <= today:
            yield "error", f"OpenAI ended the model {model} on {ends}", fix
        else:
            yield "warning", f"OpenAI ends the model {model} on {ends}, in {(ends - today).days} days", fix


def _pages(widget: WidgetSettings, server: ServerSettings) -> Iterator[Finding]:
    if not widget.origins:
        fix = 'write origins = ["https://www.acme.com"] under [widget]'
        yield "warning", "no page may embed the widget, but those of this server", fix
    for origin in widget.origins:
        if origin.startswith("http://"):
            yield "warning", f"{origin} is open to everybody on this machine", "remove it from origins in production"
    if server.public_url is None:
        fix = "write public_url under [server]: the address that browsers use"
        yield "info", "browsers are told the address that the first proxy uses", fix
    if unlisted_proxy.shares_an_address(server):
        yield "warning", "behind a proxy all visitors count as one address, and share its limit", unlisted_proxy.FIX
    if widget.allow_null_origin:
        fix = "remove allow_null_origin under [widget] unless an app embeds the widget"
        yield "warning", "any local file and sandboxed frame may use the widget", fix


def _shown(widget: WidgetSettings, server: ServerSettings) -> Iterator[Finding]:
    """What operators' pages show to everybody, or to nobody."""
    if not server.public:
        return
    if not server.metrics_token and server.internal_port is None:
        yield "info", "/metrics is closed, as others reach the service; internal_port or metrics_token opens it", ""
    if server.docs and server.internal_port is None:
        yield "warning", "/docs shows the admin API to everybody", "remove docs = true, or write internal_port"
    if widget.demo:
        yield "warning", "/demo is shown to everybody", "remove demo = true under [widget] in production"


def _person(widget: WidgetSettings) -> Iterator[Finding]:
    if not (widget.contact_email or widget.contact_url or widget.contact_form):
        fix = 'write contact_email = "help@acme.com" under [widget], or contact_url or contact_form'
        yield "warning", "who wants to talk to a person is not told how", fix


def _identity(widget: WidgetSettings) -> Iterator[Finding]:
    yield from _keys(widget.identity_keys)


def _keys(keys: Mapping[str, SecretStr]) -> Iterator[Finding]:
    for kid, key in keys.items():
        text = key.get_secret_value()
        if "-----BEGIN" not in text and len(text) < MIN_SECRET_LENGTH:
            fix = f"use {MIN_SECRET_LENGTH} random characters or more: openssl rand -hex 32"
            yield "warning", f'identity key "{kid}" is short enough to be guessed', fix


def _answers(settings: ChatSettings) -> Iterator[Finding]:
    if not settings.grounding and not settings.hosted:
        yield "warning", "answers are not compared with their sources", "remove grounding = 0 under [chat]"
    if settings.daily_usd is None and not settings.hosted:
        fix = "write daily_usd, price_input and price_output under [chat]"
        yield "info", "nothing ends answering when a day gets expensive", fix
