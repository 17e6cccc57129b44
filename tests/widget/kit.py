"""A browser, a customer's page of another origin, and the chat as a visitor finds it there."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    sync_playwright,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.wire import serve

OPENED = """
// The chat lives in a closed shadow root, which no test could look into. Tests that it is closed do without this.
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: "open" }); };
"""


FORGET = """() => {
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // a page that may keep nothing
  }
}"""
PATIENCE = 120_000
"""After how many milliseconds what a test waits for is taken for failed: a machine with much else to do is slow."""


def _path() -> str | None:
    """Return the browser's path; None where there is none."""
    named = os.environ.get("CHROMIUM", "")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Chromium:
    """One browser. A page of each look stays open, and one visitor after the other uses it: none finds a trace."""

    browser: Browser
    _idle: dict[str, "_Seat"] = field(default_factory=dict)

    @contextmanager
    def page(self, init: str, **look: Any) -> Iterator[Page]:
        """A page that nobody else uses meanwhile, at no address. `init` runs in it before each of its pages."""
        key = repr((init, sorted(look.items())))
        seat = self._idle.pop(key, None) or _Seat.made(self.browser, init, look)
        try:
            yield seat.page
        except BaseException:
            seat.page.context.close()
            raise
        seat.leave()
        if key in self._idle:
            seat.page.context.close()
        else:
            self._idle[key] = seat

    def anew(self) -> "Chromium":
        """The same browser without a page that anybody used before."""
        return Chromium(self.browser)

    def new_page(self) -> Page:
        """A page in a context of its own, which closes with it."""
        made = self.browser.new_page()
        made.set_default_timeout(PATIENCE)
        return made

    def new_context(self) -> BrowserContext:
        made = self.browser.new_context()
        made.set_default_timeout(PATIENCE)
        return made


@dataclass
class _Seat:
    """A page, and what it takes to hand it on."""

    page: Page
    session: CDPSession
    viewport: Any

    @classmethod
    def made(cls, browser: Browser, init: str, look: Mapping[str, Any]) -> "_Seat":
        context = browser.new_context(**{"viewport": {"width": 1180, "height": 800}, "locale": "en-US", **look})
        context.set_default_timeout(PATIENCE)
        if init:
            context.add_init_script(init)
        page = context.new_page()
        return cls(page, context.new_cdp_session(page), page.viewport_size)

    def leave(self) -> None:
        """Undo what a visitor did: other tabs, routes, permissions, sizes, where the pointer is, and what is kept."""
        context = self.page.context
        for other in context.pages:
            if other != self.page:
                other.close()
        context.unroute_all(behavior="ignoreErrors")
        self.page.unroute_all(behavior="ignoreErrors")
        context.set_offline(False)
        context.clear_permissions()
        if self.page.viewport_size != self.viewport:
            self.page.set_viewport_size(self.viewport)
        self.page.mouse.move(0, 0)
        self.page.evaluate(FORGET)
        self.page.goto("about:blank")
        self.session.send("Network.clearBrowserCache")


@contextmanager
def browser() -> Iterator[Chromium]:
    """Start Chromium. Without one, tests are skipped here and fail where CI promises one."""
    path = _path()
    if path is None:
        reason = "needs Chromium: install it (Debian: apt install chromium), or name it in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--disable-dev-shm-usage", "--disable-gpu", "--disable-smooth-scrolling"]
        )
        yield Chromium(started)
        started.close()


@dataclass
class Site:
    """A customer's pages, by path: HTML with the headers that go with it."""

    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def put(self, path: str, html: str, **headers: str) -> str:
        """Publish a page and return its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (html, named)
        return self.url + path

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            form = await request.form()
            self.forms.append({name: str(value) for name, value in form.items()})
        html, headers = self.pages.get(request.url.path, ("", {}))
        if not html:
            return Response(status_code=404)
        return HTMLResponse(html, headers=headers)


@contextmanager
def site() -> Iterator[Site]:
    made = Site()
    with serve(made.app()) as url:
        made.url = url
        yield made


def page_with(server: str, *, lang: str = "en", head: str = "", body: str = "", script: str = "", **data: str) -> str:
    """A page that embeds the widget as the documentation says; `data` are data attributes of the script tag."""
    attributes = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in data.items())
    return f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head><body><main><h1>A shop</h1>
{body or "<p>Things to buy.</p>"}</main>
<script src="{server}/embed.js" async{attributes} {script}></script></body></html>"""


@dataclass
class Chat:
    """The chat on one page, by what a visitor sees and does."""

    page: Page
    words: Mapping[str, str]
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def launcher(self) -> Locator:
        return self.page.locator("answerwell-chat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("answerwell-chat .panel")

    @property
    def input(self) -> Locator:
        return self.panel.locator(".composer textarea")

    @property
    def answers(self) -> Locator:
        return self.panel.locator(".message.answer")

    @property
    def questions(self) -> Locator:
        return self.panel.locator(".message.question")

    @property
    def last(self) -> Locator:
        return self.answers.last.locator(".body")

    @property
    def live(self) -> list[str]:
        """What a screen reader was given to say since the last question."""
        return self.panel.locator("[aria-live=polite] p").all_inner_texts()

    def button(self, key: str) -> Locator:
        return self.panel.get_by_role("button", name=self.words[key], exact=True)

    def error(self, code: str) -> Locator:
        return self.panel.locator(f".error-box[data-code={code}]")

    def open(self) -> "Chat":
        self.launcher.click()
        self.panel.wait_for()
        self.panel.evaluate("node => Promise.all(node.getAnimations().map((one) => one.finished))")
        return self

    def ask(self, question: str) -> None:
        """Ask, and wait until the answer is complete."""
        asked = self.questions.count()
        self.send(question)
        self.answers.nth(asked).locator(".actions").wait_for()

    def send(self, question: str) -> None:
        self.input.fill(question)
        self.input.press("Enter")
        self.questions.last.filter(has_text=question).wait_for()


@contextmanager
def visiting(
    opened: Chromium, address: str, words: Mapping[str, str], *, init: str = OPENED, **look: Any
) -> Iterator[Chat]:
    """Go to a page as a new visitor; a mistake in a script fails the test."""
    with opened.page(init, **look) as page, _watched(page, words) as chat:
        _arrive(chat, address)
        yield chat
        assert chat.errors == []


def tab(context: BrowserContext, address: str, words: Mapping[str, str]) -> Chat:
    """Open the page in another tab of the same visitor."""
    chat = Chat(context.new_page(), words)
    _arrive(chat, address)
    return chat


@contextmanager
def _watched(page: Page, words: Mapping[str, str]) -> Iterator[Chat]:
    """The chat on the page, with what the page says in the console and gets wrong meanwhile."""
    chat = Chat(page, words)

    def said(message: ConsoleMessage) -> None:
        chat.console.append(f"{message.type}: {message.text}")

    def wrong(error: Error) -> None:
        chat.errors.append(str(error))

    page.on("console", said)
    page.on("pageerror", wrong)
    yield chat
    page.remove_listener("console", said)
    page.remove_listener("pageerror", wrong)


def _arrive(chat: Chat, address: str) -> None:
    chat.page.goto(address)
    chat.page.wait_for_function("window.Answerwell && window.Answerwell.version")


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Let the page go on until something outside of it holds."""
    patience = PATIENCE // 50
    while not holds():
        patience -= 1
        assert patience, "it does not come about"
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 25)))")
