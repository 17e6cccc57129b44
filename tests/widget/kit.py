"""A browser, a customer's page of another origin, and the chat as a visitor finds it there."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, sync_playwright
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


def chromium() -> str | None:
    """Return the browser's path; None where there is none."""
    named = os.environ.get("CHROMIUM", "")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium. Without one, tests are skipped here and fail where CI promises one."""
    path = chromium()
    if path is None:
        reason = "needs Chromium: install it (Debian: apt install chromium), or name it in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--disable-dev-shm-usage", "--disable-gpu", "--disable-smooth-scrolling"]
        )
        yield started
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
    opened: Browser, address: str, words: Mapping[str, str], *, init: str = OPENED, **context: Any
) -> Iterator[Chat]:
    """Go to a page as a new visitor; a mistake in a script fails the test."""
    with _context(opened, init, **context) as made:
        chat = tab(made, address, words)
        yield chat
        assert chat.errors == []


def tab(context: BrowserContext, address: str, words: Mapping[str, str]) -> Chat:
    """Open the page in a tab of its own."""
    chat = Chat(context.new_page(), words)
    chat.page.on("console", lambda message: chat.console.append(_line(message)))
    chat.page.on("pageerror", lambda error: chat.errors.append(str(error)))
    chat.page.goto(address)
    chat.page.wait_for_function("window.Answerwell && window.Answerwell.version")
    return chat


@contextmanager
def _context(opened: Browser, init: str, **options: Any) -> Iterator[BrowserContext]:
    made = opened.new_context(**{"viewport": {"width": 1180, "height": 800}, "locale": "en-US", **options})
    made.set_default_timeout(20_000)
    if init:
        made.add_init_script(init)
    yield made
    made.close()


def _line(message: ConsoleMessage) -> str:
    return f"{message.type}: {message.text}"


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Let the page go on until something outside of it holds."""
    patience = 400
    while not holds():
        patience -= 1
        assert patience, "it does not come about"
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 25)))")
