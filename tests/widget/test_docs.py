"""Every page of docs/chatkit.md, copied as it stands and tried."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import cli
from sandbox.wire import Wire, serve
from session_api.widget.appearance import Appearance
from tests.widget import npm
from tests.widget.kit import Chat, Chromium, Site, eventually
from tests.widget.scripted import Scripted, Stage
from tests.widget.test_chatkit import SCRIPT, answer

pytestmark = pytest.mark.browser

DOCS = Path(cli.__file__).parents[1] / "docs"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Help</title>
<script src="https://cdn.platform.openai.com/deployments/chatkit/chatkit.js" async></script></head>
<body><div id="app"></div><script type="module" src="./{entry}"></script></body></html>"""
VITE = """
import react from "@vitejs/plugin-react";
import vue from "@vitejs/plugin-vue";
const isCustomElement = (tag) => tag === "openai-chatkit";
const template = { compilerOptions: { isCustomElement } };
export default { base: "./", logLevel: "error", plugins: [react(), vue({ template })] };
"""
PACKAGES = (
    "vite@7", "@vitejs/plugin-react@5", "@vitejs/plugin-vue@6", "react@19", "react-dom@19", "vue@3",
    "@openai/chatkit-react@1.6",
)  # fmt: skip
LIST = """async () => (await chatkit.options[0].api.fetch(chatkit.options[0].api.url, { method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ type: "threads.list", params: {} }) })).status"""
Try = Callable[[str], Chat]


def blocks(document: str) -> dict[str, str]:
    """Return the code blocks of a page that have a file name."""
    text = (DOCS / document).read_text(encoding="utf-8")
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def stage() -> Stage:
    return Stage(Scripted(), Appearance(domain_key=SecretStr("domain_pk_acme")))


@pytest.fixture
def visit(chromium: Chromium, site: Site, words: dict[str, str]) -> Iterator[Try]:
    """Open a page of the site in a browser that gets the stand-in for OpenAI's script."""
    left: list[Any] = []

    def go(path: str) -> Chat:
        made = chromium.new_context()
        left.append(made)
        made.route(f"{SCRIPT}*", lambda route: answer(route, "ready"))
        chat = Chat(made.new_page(), words)
        chat.page.on("pageerror", lambda error: chat.errors.append(str(error)))
        chat.page.goto(site.url + path)
        return chat

    yield go
    for made in left:
        made.close()


def publish(site: Site, folder: Path) -> None:
    """Put a folder of built files on the site."""
    kinds = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
    for file in folder.rglob("*"):
        if file.suffix in kinds:
            path = f"/{file.relative_to(folder).as_posix()}"
            site.put(path, file.read_text(encoding="utf-8"), content_type=kinds[file.suffix])


def copied(site: Site, server: str, *names: str) -> None:
    """Copy files of the document onto the site, with this server's address."""
    for name in names:
        kind = "text/html" if name.endswith(".html") else "text/javascript"
        site.put(f"/{name}", blocks("chatkit.md")[name].replace("https://help.acme.com", server), content_type=kind)


def given(chat: Chat) -> dict[str, Any]:
    eventually(chat.page, lambda: bool(chat.page.evaluate("Boolean(window.chatkit && chatkit.options.length)")))
    told: dict[str, Any] = chat.page.evaluate("JSON.parse(JSON.stringify(chatkit.options[0]))")
    return told


def works(chat: Chat, server: str, stage: Stage) -> None:
    """The element was given our endpoint, and its requests get through, also after the token has ended."""
    told = given(chat)
    assert told["api"] == {"url": f"{server}/chatkit", "domainKey": "domain_pk_acme"}
    assert told["startScreen"]["prompts"] == [{"label": "Returns", "prompt": "How do returns work?"}]
    assert chat.page.evaluate(LIST) == 200
    stage.expire_all()
    assert chat.page.evaluate(LIST) == 200
    assert stage.sessions[-1] == {"visitor_token": "visitor-1"}
    assert chat.errors == []


def test_the_plain_page(site: Site, server: str, stage: Stage, visit: Try) -> None:
    copied(site, server, "plain.html", "answerwell.js")

    works(visit("/plain.html"), server, stage)


def test_the_hosted_page(site: Site, visit: Try) -> None:
    stage = Stage(Scripted(), Appearance(), hosted=True)
    with serve(Wire(stage.app)) as server:
        copied(site, server, "hosted.html", "answerwell.js")
        chat = visit("/hosted.html")
        assert given(chat) == {"api": {}}

        first = chat.page.evaluate("chatkit.options[0].api.getClientSecret(null)")
        again = chat.page.evaluate("(current) => chatkit.options[0].api.getClientSecret(current)", first)

    assert first != again
    assert len(stage.sessions) == 2


def test_the_page_with_one_tag(chromium: Chromium, site: Site, server: str, visit: Try) -> None:
    copied(site, server, "one-tag.html")
    chat = visit("/one-tag.html")
    chat.page.wait_for_function("window.Answerwell && window.Answerwell.version")

    chat.page.evaluate("Answerwell.open()")

    assert given(chat)["api"] == {"url": f"{server}/chatkit", "domainKey": "domain_pk_acme"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages that the React and Vue pages are built from."""
    folder = npm.install(tmp_path_factory.mktemp("pages"), *PACKAGES)
    (folder / "vite.config.js").write_text(VITE, encoding="utf-8")
    return folder


@pytest.mark.parametrize("entry", ["react.jsx", "vue.js"])
def test_the_page_of_a_framework(site: Site, server: str, stage: Stage, visit: Try, built: Path, entry: str) -> None:
    for name, code in blocks("chatkit.md").items():
        (built / name).write_text(code.replace("https://help.acme.com", server), encoding="utf-8")
    (built / "index.html").write_text(PAGE.replace("{entry}", entry), encoding="utf-8")
    done = subprocess.run(
        ["npx", "vite", "build", "--emptyOutDir"], cwd=built, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    publish(site, built / "dist")

    works(visit("/index.html"), server, stage)


def test_the_documents_name_every_file_that_they_use() -> None:
    named = blocks("chatkit.md")

    for name, code in named.items():
        for used in re.findall(r'from "\./([\w.]+)"', code):
            assert used in named, (name, used)
    assert json.dumps(sorted(named)) == json.dumps(
        sorted(
            [
                "one-tag.html",
                "answerwell.js",
                "plain.html",
                "Chat.jsx",
                "react.jsx",
                "Chat.vue",
                "vue.js",
                "hosted.html",
            ]
        )
    )
