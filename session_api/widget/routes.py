"""`/embed.js`, what it loads when somebody opens the chat, and `/demo`, a page to try it on."""

import html
from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import Response

from session_api.widget import bundle
from session_api.widget.appearance import Appearance
from session_api.widget.bundle import Asset

CHATKIT = "https://cdn.platform.openai.com"
SHORT = "public, max-age=300, stale-while-revalidate=86400"
FOREVER = "public, max-age=31536000, immutable"
NOT_KEPT = "no-cache"
ANYWHERE = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
}
"""Scripts that hold nothing private, for pages of any origin, isolated ones too. Who may chat is asked elsewhere."""


def router(look: Appearance, *, hosted: bool = False, demo: bool = True) -> APIRouter:
    """Return the widget's addresses. `hosted`: answers come from a workflow at OpenAI, by OpenAI's element only.

    `demo`: the page to try it on is among them.
    """
    loaded = bundle.loaded(look.settings(hosted=hosted))
    release = bundle.release(loaded)
    told = {
        "version": version("answerwell"),
        "release": release,
        "options": look.launcher(),
        "launcher": look.launcher_texts(),
    }
    embed = bundle.asset(bundle.JAVASCRIPT, bundle.launcher(told))
    widget = APIRouter(tags=["widget"])

    @widget.api_route("/embed.js", methods=["GET", "HEAD"], response_class=Response, include_in_schema=False)
    def embed_js(request: Request) -> Response:
        """The one script that a page includes."""
        return _answer(request, embed, {**ANYWHERE, "cache-control": SHORT})

    @widget.api_route(
        "/widget/{named}/{path:path}", methods=["GET", "HEAD"], response_class=Response, include_in_schema=False
    )
    def part(request: Request, named: str, path: str) -> Response:
        """What the script loads. A page that still holds the script of another release gets what there is now."""
        found = loaded.get(path)
        if found is None:
            return Response(status_code=404, headers={**ANYWHERE, "cache-control": NOT_KEPT})
        kept = FOREVER if named == release else NOT_KEPT
        return _answer(request, found, {**ANYWHERE, "cache-control": kept})

    if demo:
        _add_demo(widget, look, release)
    return widget


def _add_demo(widget: APIRouter, look: Appearance, release: str) -> None:
    page = bundle.asset(bundle.HTML, _demo(look, release))
    headers = {"cache-control": NOT_KEPT, "content-security-policy": _policy(look), "x-robots-tag": "noindex"}

    @widget.api_route("/demo", methods=["GET", "HEAD"], response_class=Response, include_in_schema=False)
    def demo_page(request: Request) -> Response:
        """A help page of a made-up company, with the widget on it."""
        return _answer(request, page, headers)


def _answer(request: Request, found: Asset, headers: dict[str, str]) -> Response:
    headers = {**headers, "etag": found.tag, "vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if found.tag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        return Response(status_code=304, headers=headers)
    if not _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(found.body, media_type=found.kind, headers=headers)
    return Response(found.compressed, media_type=found.kind, headers={**headers, "content-encoding": "gzip"})


def _takes_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _policy(look: Appearance) -> str:
    """What the demo page may do: the strictest policy that the widget is made for, so that the page proves it."""
    framed = [CHATKIT] if look.domain_key else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *framed],
        "style-src": ["'self'"],
        "img-src": ["'self'", "https:"],
        "connect-src": ["'self'", *framed, *(["https://api.openai.com"] if framed else [])],
        "frame-src": framed or ["'none'"],
        "form-action": [look.contact_form or "'none'"],
        "base-uri": ["'none'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["answerwell"] if framed else ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def _demo(look: Appearance, release: str) -> str:
    page = (bundle.STATIC / "demo.html").read_text(encoding="utf-8")
    return page.replace("{release}", release).replace("{accent}", html.escape(look.accent))
