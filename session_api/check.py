"""What `answerwell doctor` says about answering customers, without asking anybody outside."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from answering.settings import DEFAULT_MODEL, ChatSettings, EdgeSettings
from session_api.access import hosted
from session_api.access.identity_keys import MIN_SECRET_LENGTH
from session_api.widget.appearance import Appearance

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


def findings(settings: ChatSettings | None, edge: EdgeSettings, look: Appearance, today: date) -> Iterator[Finding]:
    """Yield what keeps customers from being answered, or soon will. `settings` None: no index is for customers."""
    if settings is None:
        yield "info", "customers are not answered: no index has exactly the audience public", "add one, see [[index]]"
        return
    yield from _hosted(settings, today)
    yield from _model(settings, today)
    yield from _pages(edge)
    yield from _person(look)
    yield from _identity(edge)
    yield from _answers(settings)


def _hosted(settings: ChatSettings, today: date) -> Iterator[Finding]:
    if settings.hosted is None:
        return
    days = (hosted.ENDS - today).days
    if days < 0:
        yield "error", f"OpenAI ended hosted workflows on {hosted.ENDS}", hosted.FIX
    else:
        yield "warning", f"OpenAI ends hosted workflows on {hosted.ENDS}, in {days} days", hosted.FIX


def _model(settings: ChatSettings, today: date) -> Iterator[Finding]:
    known = settings.model.split("-20", 1)[0]  # gpt-4o-2024-08-06 ends with gpt-4o
    if known not in ENDING or settings.workflow is not None or settings.hosted is not None:
        return
    ends, successor = ENDING[known]
    fix = f'write model = "{DEFAULT_MODEL}" under [chat], or another of {successor}'
    if ends <= today:
        yield "error", f"OpenAI ended the model {settings.model} on {ends}", fix
    else:
        yield "warning", f"OpenAI ends the model {settings.model} on {ends}, in {(ends - today).days} days", fix


def _pages(edge: EdgeSettings) -> Iterator[Finding]:
    if not edge.origins:
        fix = 'write origins = ["https://www.acme.com"] under [widget]'
        yield "warning", "no page may embed the widget, but those of this server", fix
    for origin in edge.origins:
        if origin.startswith("http://"):
            yield "warning", f"{origin} is open to everybody on this machine", "remove it from origins in production"
    if edge.public_url is None:
        fix = "write public_url under [server]: the address that browsers use"
        yield "info", "browsers are told the address that the first proxy uses", fix
    if edge.allow_null_origin:
        fix = "remove allow_null_origin under [widget] unless an app embeds the widget"
        yield "warning", "any local file and sandboxed frame may use the widget", fix


def _person(look: Appearance) -> Iterator[Finding]:
    if not (look.contact_email or look.contact_url or look.contact_form):
        fix = 'write contact_email = "help@acme.com" under [widget], or contact_url or contact_form'
        yield "warning", "who wants to talk to a person is not told how", fix


def _identity(edge: EdgeSettings) -> Iterator[Finding]:
    for kid, key in edge.identity_keys.items():
        if "-----BEGIN" not in key and len(key) < MIN_SECRET_LENGTH:
            fix = f"use {MIN_SECRET_LENGTH} random characters or more: openssl rand -hex 32"
            yield "warning", f'identity key "{kid}" is short enough to be guessed', fix


def _answers(settings: ChatSettings) -> Iterator[Finding]:
    if not settings.grounding and settings.hosted is None:
        yield "warning", "answers are not compared with their sources", "remove grounding = 0 under [chat]"
    if settings.daily_usd is None and settings.hosted is None:
        fix = "write daily_usd, price_input and price_output under [chat]"
        yield "info", "nothing ends answering when a day gets expensive", fix
