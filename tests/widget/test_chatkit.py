"""OpenAI's ChatKit element on our endpoint, and our own chat where it does not come up."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route
from pydantic import SecretStr

from sandbox.wire import Wire, serve
from session_api.widget import bundle
from session_api.widget.appearance import Appearance
from tests.widget import npm
from tests.widget.kit import Chat, Chromium, Site, eventually, page_with, visiting
from tests.widget.scripted import Scripted, Stage

pytestmark = pytest.mark.browser

SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
STANDIN = (Path(__file__).parent / "standin.js").read_text(encoding="utf-8")
LOOK = Appearance(
    title="Ask Acme", accent="#146c43", radius="soft", starters=["Where is my order?"],
    domain_key=SecretStr("domain_pk_acme"), contact_email="help@acme.com",
)  # fmt: skip
TOLD = """() => JSON.parse(JSON.stringify(chatkit.options[0],
  (key, value) => typeof value === "function" ? `<function ${key}>` : value))"""
Embed = Callable[..., Chat]


@pytest.fixture
def stage() -> Stage:
    return Stage(Scripted(), LOOK)


@pytest.fixture
def embed(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> Iterator[Embed]:
    """Open a page whose browser gets the stand-in: "ready", "refused", "silent", or nothing at all ("blocked")."""
    left: list[Any] = []

    def go(behaviour: str, *, policy: str = "", **page: str) -> Chat:
        headers = {"content_security_policy": policy} if policy else {}
        address = site.put("/", page_with(server, **page), **headers)
        manager = visiting(chromium, address, words)
        left.append(manager)
        chat = manager.__enter__()
        chat.page.context.route(f"{SCRIPT}*", lambda route: answer(route, behaviour))
        return chat

    yield go
    for manager in left:
        manager.__exit__(None, None, None)


def answer(route: Route, behaviour: str) -> None:
    if behaviour == "blocked":
        route.abort()
    else:
        route.fulfill(body=f'const BEHAVIOUR = "{behaviour}";\n{STANDIN}', content_type="text/javascript")


def test_the_element_is_given_our_endpoint_and_the_same_configuration(embed: Embed, server: str) -> None:
    chat = embed("ready").open()
    chat.panel.get_by_text("ChatKit", exact=True).wait_for()

    assert chat.page.evaluate(TOLD) == {
        "api": {"url": f"{server}/chatkit", "domainKey": "domain_pk_acme", "fetch": "<function fetch>"},
        "locale": "en",
        "frameTitle": "Ask Acme",
        "theme": {"colorScheme": "light", "radius": "soft", "color": {"accent": {"primary": "#146c43", "level": 1}}},
        "header": {"enabled": True, "title": {"enabled": False}},
        "history": {"enabled": True, "showDelete": True, "showRename": False},
        "startScreen": {
            "greeting": chat.words["greeting"],
            "prompts": [{"label": "Where is my order?", "prompt": "Where is my order?"}],
        },
        "composer": {"placeholder": chat.words["placeholder"], "attachments": {"enabled": False}},
        "threadItemActions": {"feedback": True, "retry": True},
        "disclaimer": {"text": chat.words["disclaimer"]},
        "initialThread": None,
    }
    assert chat.button("person").is_visible()


def test_its_requests_carry_our_token_and_a_new_one_once_the_old_one_ended(embed: Embed, stage: Stage) -> None:
    chat = embed("ready").open()
    chat.panel.get_by_text("ChatKit", exact=True).wait_for()
    ask = """async () => (await chatkit.options[0].api.fetch(chatkit.options[0].api.url, { method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ type: "threads.list", params: {} }) })).status"""

    assert chat.page.evaluate(ask) == 200
    stage.expire_all()
    assert chat.page.evaluate(ask) == 200

    assert len(stage.sessions) == 2
    assert stage.sessions[1]["visitor_token"] == "visitor-1"


@pytest.mark.parametrize(
    ("events", "thread"),
    [(["thread.change"], ""), (["thread.change", "response.end"], "thr_1"), (["response.end"], "")],
)
def test_a_conversation_that_was_answered_in_the_element_goes_on_at_a_sign_in(
    embed: Embed, stage: Stage, events: list[str], thread: str
) -> None:
    up = "(window.Answerwell = window.Answerwell || []).push(['on', 'chatkit', () => { window.isUp = true; }]);"
    chat = embed("ready", head=f"<script>{up}</script>").open()
    chat.page.wait_for_function("window.isUp")
    happens = """(name) => chatkit.element.dispatchEvent(
      new CustomEvent(`chatkit.${name}`, { detail: { threadId: "thr_1" } }))"""
    for event in events:
        chat.page.evaluate(happens, event)

    chat.page.evaluate("Answerwell.identify('signed-for-ann')")

    eventually(chat.page, lambda: "identity_token" in stage.sessions[-1])
    assert stage.sessions[-1]["thread_id"] == thread


def test_the_page_asks_through_the_element(embed: Embed) -> None:
    chat = embed("ready")

    chat.page.evaluate("Answerwell.ask('Where is my order?')")
    eventually(chat.page, lambda: bool(chat.page.evaluate("window.chatkit && chatkit.sent.length")))

    assert chat.page.evaluate("chatkit.sent") == [{"text": "Where is my order?"}]


def test_the_elements_button_for_a_person_opens_the_contact(embed: Embed) -> None:
    chat = embed("ready").open()
    chat.panel.get_by_text("ChatKit", exact=True).wait_for()
    told = "name => chatkit.element.dispatchEvent(new CustomEvent('chatkit.effect', { detail: { name } }))"

    chat.page.evaluate(told, "something_else")
    assert chat.panel.locator(".page").count() == 0
    chat.page.evaluate(told, "hand_off")

    chat.panel.locator(".page").get_by_role("link", name=chat.words["email"]).wait_for()


def test_what_was_said_to_the_element_goes_along_to_a_person(embed: Embed, stage: Stage) -> None:
    chat = embed("ready").open()
    chat.panel.get_by_text("ChatKit", exact=True).wait_for()
    thread = chat.page.evaluate(
        """async () => { const { url, fetch } = chatkit.options[0].api;
          const input = { content: [{ type: "input_text", text: "Hello?" }], attachments: [], inference_options: {} };
          const text = await (await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ type: "threads.create", params: { input } }) })).text();
          return JSON.parse(text.split("\\n")[0].slice(6)).thread.id; }"""
    )
    change = (
        "threadId => chatkit.element.dispatchEvent(new CustomEvent('chatkit.thread.change', { detail: { threadId } }))"
    )
    chat.page.evaluate(change, thread)

    chat.button("person").click()
    chat.panel.locator(".transcript").wait_for(state="attached")

    assert "Hello?" in (chat.panel.locator(".transcript").text_content() or "")
    chat.button("back").click()
    assert chat.panel.get_by_text("ChatKit", exact=True).is_visible()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("blocked", "cannot be loaded"), ("refused", "Domain verification failed"), ("silent", "nothing after 5 seconds")],
)
def test_where_it_does_not_come_up_our_own_chat_answers_and_the_console_says_why(
    embed: Embed, behaviour: str, reason: str
) -> None:
    chat = embed(behaviour).open()

    chat.input.wait_for()
    chat.ask("Is anybody there?")

    [line] = [line for line in chat.console if "OpenAI's ChatKit element does not come up" in line]
    assert reason in line
    assert "domain_key" in line


def test_our_own_chat_answers_where_even_what_loads_theirs_cannot_be_loaded(embed: Embed) -> None:
    chat = embed("ready")
    chat.page.context.route("**/chatkit.js", lambda route: route.abort())

    chat.open().input.wait_for()
    chat.ask("Is anybody there?")


def test_a_permission_taken_back_later_brings_our_own_chat(embed: Embed) -> None:
    chat = embed("ready").open()
    chat.panel.get_by_text("ChatKit", exact=True).wait_for()

    chat.page.evaluate(
        "() => chatkit.element.dispatchEvent(new CustomEvent('chatkit.error',"
        " { detail: { error: new Error('domain key revoked') } }))"
    )

    chat.input.wait_for()


def test_a_question_asked_while_it_fails_is_answered_by_our_own_chat(embed: Embed, stage: Stage) -> None:
    chat = embed("refused")

    chat.page.evaluate("Answerwell.ask('Where is my order?')")

    chat.last.get_by_text("All right.").wait_for()
    assert stage.chat.asked == ["Where is my order?"]


def test_it_is_loaded_under_trusted_types_that_allow_its_policy(embed: Embed, server: str) -> None:
    policy = (
        f"script-src {server} https://cdn.platform.openai.com; connect-src {server};"
        " require-trusted-types-for 'script'; trusted-types answerwell"
    )
    chat = embed("ready", policy=policy).open()

    chat.panel.get_by_text("ChatKit", exact=True).wait_for()


def test_trusted_types_that_do_not_allow_it_bring_our_own_chat(embed: Embed, server: str) -> None:
    policy = (
        f"script-src {server} https://cdn.platform.openai.com; connect-src {server};"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    chat = embed("ready", policy=policy).open()

    chat.input.wait_for()

    assert any("policy" in line.lower() and "does not come up" in line for line in chat.console)


def test_a_hosted_workflow_gets_a_secret_and_never_a_key(chromium: Chromium, site: Site, words: dict[str, str]) -> None:
    stage = Stage(Scripted(), Appearance(title="Ask Acme"), hosted=True)
    with serve(Wire(stage.app)) as url:
        address = site.put("/", page_with(url))
        with visiting(chromium, address, words) as chat:
            chat.page.context.route(f"{SCRIPT}*", lambda route: answer(route, "ready"))
            chat.open()
            chat.panel.get_by_text("ChatKit", exact=True).wait_for()

            told = chat.page.evaluate(TOLD)["api"]
            first = chat.page.evaluate("chatkit.options[0].api.getClientSecret(null)")
            again = chat.page.evaluate("(current) => chatkit.options[0].api.getClientSecret(current)", first)

    assert told == {"getClientSecret": "<function getClientSecret>"}
    assert first != again


def test_where_a_hosted_workflow_cannot_be_reached_a_person_can(
    chromium: Chromium, site: Site, words: dict[str, str]
) -> None:
    stage = Stage(Scripted(), Appearance(contact_email="help@acme.com"), hosted=True)
    with serve(Wire(stage.app)) as url, visiting(chromium, site.put("/", page_with(url)), words) as chat:
        chat.page.context.route(f"{SCRIPT}*", lambda route: route.abort())
        chat.open()
        chat.input.wait_for()
        chat.send("Hello?")

        chat.error("hosted").wait_for()
        chat.button("person").first.click()
        assert chat.panel.get_by_role("link", name=words["email"]).is_visible()


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with OpenAI's own types and a TypeScript compiler."""
    return npm.install(tmp_path_factory.mktemp("types"), "@openai/chatkit@1.9", "typescript@5")


def check(types: Path, **options: str) -> str:
    """Return what the compiler says about options written as objects, each in a file of its name."""
    for name, written in options.items():
        typed = f"const given: ChatKitOptions = {written};\nvoid given;\n"
        code = f'import type {{ ChatKitOptions }} from "@openai/chatkit";\n{typed}'
        (types / f"{name}.ts").write_text(code, encoding="utf-8")
    compiler = shutil.which("npx")
    assert compiler is not None
    strictly = ["--noEmit", "--strict", "--skipLibCheck", "--lib", "es2022,dom"]
    command = [compiler, "tsc", *strictly, "--moduleResolution", "bundler", "--module", "es2022"]
    files = [f"{name}.ts" for name in options]
    return subprocess.run([*command, *files], cwd=types, capture_output=True, text=True, check=False).stdout


def literal(told: dict[str, Any]) -> str:
    written = json.dumps(told).replace('"<function fetch>"', "globalThis.fetch")
    return written.replace('"<function getClientSecret>"', 'async (current: string | null) => current ?? ""')


def test_what_the_element_is_given_fits_openais_types_in_every_language(embed: Embed, types: Path) -> None:
    told = {lang: given(embed("ready", lang=lang, theme="dark", radius="12")) for lang in bundle.LANGUAGES}

    said = check(
        types,
        **{lang: literal(options) for lang, options in told.items()},
        wrong=literal(told["en"] | {"thread_actions": {}}),
    )

    assert {options["locale"] for options in told.values()} == set(bundle.LANGUAGES)
    assert [line for line in said.splitlines() if "error TS" in line and not line.startswith("wrong.ts")] == []
    assert re.search(r"^wrong\.ts.*error TS", said, re.MULTILINE), "the check itself must be able to fail"


def given(chat: Chat) -> dict[str, Any]:
    chat.open().panel.get_by_text("ChatKit", exact=True).wait_for()
    told: dict[str, Any] = chat.page.evaluate(TOLD)
    return told
