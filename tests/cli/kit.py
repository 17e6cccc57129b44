"""A company in one folder: a help center, an OpenAI-compatible server, a configuration, and the command line."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

import cli
from sandbox.openai import OpenAISandbox
from sandbox.wire import Wire, serve
from sandbox.zendesk import ZendeskSandbox
from tests import loopback
from tests.cli.forks import COMMAND, FromServer

ROOT = Path(cli.__file__).parents[1]
CONFIG = """
data_dir = "data"
[openai]
base_url = "{openai}/v1"
[[source]]
name = "help-center"
kind = "zendesk"
url = "{zendesk}"
client_id = "answerwell"
client_secret = "$ZENDESK_CLIENT_SECRET"
"""


@dataclass
class Company:
    """Both sandboxes, served; the wires count and fail their calls. `called` is set when Zendesk is asked something."""

    folder: Path
    zendesk: ZendeskSandbox
    openai: OpenAISandbox
    zendesk_wire: Wire
    openai_wire: Wire
    openai_url: str
    called: threading.Event
    environ: dict[str, str] = field(
        default_factory=lambda: {"OPENAI_API_KEY": "sk-sandbox", "ZENDESK_CLIENT_SECRET": "zendesk-secret"}
    )

    @property
    def config(self) -> Path:
        return self.folder / "answerwell.toml"

    def configure(self, text: str) -> None:
        """Add to the configuration, at its end."""
        with self.config.open("a", encoding="utf-8") as file:
            file.write(text)

    def write(self, articles: Mapping[str, str]) -> dict[str, int]:
        """Publish articles, bodies by title; return their ids by title."""
        return {title: self.zendesk.put_article(title=title, body=f"<p>{body}</p>") for title, body in articles.items()}

    def titles(self) -> list[list[str]]:
        """The titles in each store."""
        return [sorted(str(a["title"]) for a in attached.values()) for attached in self.openai.stores().values()]

    def delete_from_store(self, store: str, file: str) -> None:
        """Take a file out of a store behind Answerwell's back."""
        url = f"{self.openai_url}/v1/vector_stores/{store}/files/{file}"
        loopback.http.delete(url, headers={"Authorization": "Bearer sk-sandbox"}).raise_for_status()

    def delete_store(self, store: str) -> None:
        """Delete a store behind Answerwell's back."""
        url = f"{self.openai_url}/v1/vector_stores/{store}"
        loopback.http.delete(url, headers={"Authorization": "Bearer sk-sandbox"}).raise_for_status()

    def search(self, store: str, query: str) -> list[Any]:
        """What the server finds in a store."""
        url = f"{self.openai_url}/v1/vector_stores/{store}/search"
        answer = loopback.http.post(url, json={"query": query}, headers={"Authorization": "Bearer sk-sandbox"})
        return list(answer.raise_for_status().json()["data"])

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command as a process of its own."""
        return launch(self.folder, *arguments, afresh=False, **self.environ)


def launch(folder: Path, *arguments: str, afresh: bool = False, **environ: str) -> subprocess.Popen[str]:
    """Start `answerwell` in a folder with this environment and nobody to ask.

    `afresh`: by an interpreter of its own, as people do; else forked from one that has imported everything.
    """
    start: type[subprocess.Popen[str]] = subprocess.Popen if afresh or sys.platform != "linux" else FromServer
    return start(
        [*COMMAND, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    """Serve both sandboxes and write a configuration for them."""
    zendesk, openai = ZendeskSandbox(), OpenAISandbox()
    bell = threading.Event()
    wires = Wire(_ringing(zendesk.app, bell)), Wire(openai.app)
    with ExitStack() as stack:
        stack.callback(openai.close)
        addresses = [stack.enter_context(serve(wire)) for wire in wires]
        made = Company(folder, zendesk, openai, *wires, openai_url=addresses[1], called=bell)
        made.config.write_text(CONFIG.format(zendesk=addresses[0], openai=addresses[1]), encoding="utf-8")
        yield made


def _ringing(app: ASGIApp, bell: threading.Event) -> ASGIApp:
    async def ring(scope: Scope, receive: Receive, send: Send) -> None:
        bell.set()
        await app(scope, receive, send)

    return ring
