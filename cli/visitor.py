"""A customer on a page with the widget: asks as the widget does, over HTTP."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from sync.errors import Retryable


@dataclass(frozen=True)
class CitedSource:
    """The page that an answer rests on."""

    title: str
    url: str


@dataclass(frozen=True)
class VisitorAnswer:
    """An answer and its sources, each once, in the order in which they are first cited."""

    text: str
    sources: tuple[CitedSource, ...]


def ask(server: str, question: str) -> VisitorAnswer:
    """Ask as a new visitor of the server's own page. Raises Retryable with what the server said instead."""
    with httpx2.Client(base_url=server, headers={"Origin": server}, timeout=60) as http:
        try:
            session = http.post("/api/chatkit/session", json={}).raise_for_status().json()
            request = {"type": "threads.create", "params": {"input": _message(question)}}
            told = {"Authorization": f"Bearer {session['client_secret']}"}
            with http.stream("POST", "/chatkit", json=request, headers=told) as stream:
                stream.raise_for_status()
                return _answer(list(_events(stream)))
        except httpx2.HTTPStatusError as error:
            raise Retryable(f"the question was not answered: {error}") from error
        except httpx2.RequestError as error:
            raise Retryable(f"the question was not answered: {type(error).__name__}") from error


def _message(question: str) -> dict[str, Any]:
    return {"content": [{"type": "input_text", "text": question}], "attachments": [], "inference_options": {}}


def _events(stream: httpx2.Response) -> Iterator[dict[str, Any]]:
    for line in stream.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def _answer(events: list[dict[str, Any]]) -> VisitorAnswer:
    """Only a finished item counts: what came before it may still have changed."""
    done = [event["item"] for event in events if event["type"] == "thread.item.done"]
    said = next((item for item in reversed(done) if item["type"] == "assistant_message"), None)
    if said is None:
        failure = next((event for event in events if event["type"] == "error"), {})
        raise Retryable(f"the question was not answered: {failure.get('message') or 'the answer stopped'}")
    sources = [note["source"] for part in said["content"] for note in part["annotations"]]
    shown = [CitedSource(source["title"], source["url"]) for source in sources if source["type"] == "url"]
    return VisitorAnswer("".join(part["text"] for part in said["content"]), tuple(dict.fromkeys(shown)))
