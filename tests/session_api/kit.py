"""A company whose help center is synced, its session API on loopback, and a widget that talks to it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from cli import api_process, wiring
from cli import config as configuration
from cli.config import Config
from connectors import CONNECTORS
from sync.engine import Engine
from sync.operations.converge import converge
from tests import loopback
from tests.cli.kit import Company, company

SHOP = "https://www.acme.com"
CHAT = """
[chat]
model = "quoting"
hand_off = "Write to help@acme.com."
[widget]
origins = ["https://www.acme.com", "https://*.acme.org"]
rates = { visitor = 100000, address = 100000, origin = 100000, total = 100000 }
"""
ARTICLES = {
    "Returns": "You may send anything back within 60 days of delivery. We pay for the parcel.",
    "Shipping": "Parcels to Norway take five working days and cost 12 euros.",
    "Passwords": "Open the login page, choose Forgot password and follow the mail we send you.",
}


@dataclass
class Answered:
    """What a stream told: every event, and what a reader ends up with."""

    status: int
    events: list[dict[str, Any]]
    frames: list[str]

    @property
    def thread(self) -> str:
        return str(next(e["thread"]["id"] for e in self.events if e["type"] == "thread.created"))

    @property
    def message(self) -> dict[str, Any]:
        """The finished answer."""
        return next(e["item"] for e in self.events if self._is_answer(e))

    @property
    def question(self) -> dict[str, Any]:
        """The stored question."""
        done = [e["item"] for e in self.events if e["type"] == "thread.item.done"]
        return next(item for item in done if item["type"] == "user_message")

    @property
    def text(self) -> str:
        return "".join(part["text"] for part in self.message["content"])

    @property
    def sources(self) -> list[dict[str, Any]]:
        return [note["source"] for part in self.message["content"] for note in part["annotations"]]

    @property
    def streamed(self) -> str:
        """The text as it was shown while it came."""
        updates = [e["update"] for e in self.events if e["type"] == "thread.item.updated"]
        return "".join(u["delta"] for u in updates if u["type"].endswith("text_delta"))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @staticmethod
    def _is_answer(event: Mapping[str, Any]) -> bool:
        return bool(event["type"] == "thread.item.done" and event["item"]["type"] == "assistant_message")


@dataclass
class Widget:
    """A page of an origin with the widget on it."""

    http: httpx2.Client
    origin: str | None = SHOP
    secret: str = ""
    visitor_token: str | None = None
    granted: dict[str, Any] = field(default_factory=dict)
    language: str = ""  # what its browser prefers
    below: str = ""  # the path that its endpoint stands at

    def open(self, **body: Any) -> httpx2.Response:
        """Ask for a session and keep what is granted."""
        known = {"visitor_token": self.visitor_token} if self.visitor_token else {}
        answer = self.http.post(f"{self.below}/api/chatkit/session", json={**known, **body}, headers=self._headers())
        if answer.status_code == 200:
            self.granted = answer.json()
            self.secret, self.visitor_token = self.granted["client_secret"], self.granted["visitor_token"]
        return answer

    def call(self, operation: str, /, **params: Any) -> httpx2.Response:
        """Send one request of the protocol."""
        return self.post(json.dumps({"type": operation, "params": params}).encode())

    def post(self, body: bytes, **headers: str) -> httpx2.Response:
        told = {**self._headers(), "authorization": f"Bearer {self.secret}", "content-type": "application/json"}
        return self.http.post(f"{self.below}/chatkit", content=body, headers={**told, **headers})

    def ask(self, question: str, thread: str | None = None, **more: Any) -> Answered:
        """Ask in a new thread or in an old one; a session is opened where none is."""
        if not self.secret:
            assert self.open().status_code == 200
        where = {"thread_id": thread} if thread else {}
        kind = "threads.add_user_message" if thread else "threads.create"
        return read(self.call(kind, **where, input=message(question, **more)))

    def other(self, **changes: Any) -> "Widget":
        """Another visitor of the same page, or of another."""
        return replace(self, secret="", visitor_token=None, granted={}, **changes)

    def _headers(self) -> dict[str, str]:
        told = {"origin": self.origin} if self.origin is not None else {}
        return told | ({"accept-language": self.language} if self.language else {})


def message(text: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}, **more}


def read(answer: httpx2.Response) -> Answered:
    """Read an event stream that has ended."""
    frames = [frame for frame in answer.text.split("\n\n") if frame]
    events = [json.loads(frame.removeprefix("data: ")) for frame in frames if frame.startswith("data: ")]
    return Answered(answer.status_code, events, frames)


@dataclass
class Shop:
    """The company, its engine after a sync, and its session API on loopback."""

    company: Company
    config: Config
    engine: Engine
    app: FastAPI
    url: str
    http: httpx2.Client

    def widget(self, origin: str | None = SHOP) -> Widget:
        return Widget(self.http, origin)

    def sync(self, *, full: bool = False) -> None:
        for summary in converge(self.engine, full=full):
            assert not summary.error, summary

    def rows(self, table: str) -> list[Any]:
        return list(self.engine.state.ask(f"SELECT * FROM {table}"))

    @property
    def said_by_model(self) -> int:
        """How often the model was asked."""
        return self.company.openai_wire.count(path=r"/v1/(responses|chat/completions)", method="POST")


@contextmanager
def shop(
    folder: Path, settings: str = CHAT, articles: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[Shop]:
    """Sync the articles and serve the session API over them, in this process."""
    with ExitStack() as stack:
        acme = stack.enter_context(company(folder))
        acme.configure(settings)
        acme.write(ARTICLES if articles is None else articles)
        config = configuration.load(acme.config, acme.environ, CONNECTORS)
        engine = stack.enter_context(wiring.running(config))
        for summary in converge(engine):
            assert not summary.error, summary
        app = api_process.application(config, engine.state)
        url = stack.enter_context(loopback.serve(app, port, lifespan="on"))
        http = stack.enter_context(loopback.client(base_url=url))
        yield Shop(acme, config, engine, app, url, http)
