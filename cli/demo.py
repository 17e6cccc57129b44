"""The demo: a whole company on this machine, kept in step by `answerwell up`, and its customers' questions answered."""

import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, NoReturn

import httpx2
from rich.console import Console
from rich.text import Text

from cli import output, visitor, wiring
from helpdesk.report import report as history_report
from helpdesk.state import history as kept_history
from sandbox import samples
from sandbox.company import Company, company
from sandbox.openai.encoder import local_encoder
from sync.engine import Engine
from sync.errors import Misconfigured, Retryable
from sync.status import status as report

PATIENCE = 120.0
ADMIN_TOKEN = "demo-of-answerwell"  # noqa: S105  # the demo listens on loopback, and holds nothing
EDITED = "return"
EDIT = "<p>You may send anything back within <strong>90 days</strong> of delivery, for whatever reason.</p>"
SAID_IN_SLACK = "The *AirPure 300* hums at 50 Hz? That is the transformer: send the customer adapter *PX-77*."
SLACK_QUESTION = "Which adapter helps when the AirPure hums?"
DELETED = "smell"
DELETED_QUESTION = "A new device smells"
VERIFIED_QUESTION = "Do you deliver to oil platforms?"
VERIFIED_ANSWER = "Yes, by helicopter, every first Monday of a month. Please write to us before you order."
TRY_QUESTION = "Is there a showroom in Lisbon?"
TRY_ANSWER = "Yes: Rua Augusta 7, on weekdays from ten to six."
AGENTS_QUESTION = "How much may agents refund without asking?"
SERVICE = """
[chat]
[widget]
title = "Ask Acme"
disclaimer = "No language model answers here, but a stand-in: it picks and joins sentences of Acme's help pages."
starters = ["How many days do I have to send a product back?", "What does a blinking orange light mean?"]
contact_email = "help@acme.example"
[admin]
token = "{token}"
[server]
port = {port}
"""


@dataclass(frozen=True)
class Stage:
    """Everything that the demo plays with. `url`: where the service answers."""

    console: Console
    acme: Company
    engine: Engine
    service: subprocess.Popen[bytes]
    log: Path
    url: str

    def say(self, text: str) -> None:
        self.console.print(Text(f"\n{text}", "bold"))

    def status(self) -> dict[str, Any]:
        return report.status(self.engine.state, self.engine.inventory)


def play(port: int, *, once: bool) -> None:
    """Show a sync, questions and answers, an edit and a deletion; then serve the widget until interrupted.

    Raises Retryable where something does not go as it should; `once` returns after the tour.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _stage(port) as stage:
            _show_sync(stage)
            _show_answers(stage)
            _show_audiences(stage)
            _show_edit(stage)
            _show_slack(stage)
            _show_deletion(stage)
            _show_history(stage)
            _show_people(stage)
            if once:
                return
            _invite(stage)
            stage.service.wait()
            raise Retryable(f"the service ended; it said:\n{_last_words(stage.log)}")
    except KeyboardInterrupt:
        output.say("\nthe demo is over; nothing of it is left on this machine")


@contextmanager
def _stage(port: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerwell-demo-")))
        acme = stack.enter_context(company(folder / "vendors", encoder=local_encoder(), solved=True))
        path, log = folder / "answerwell.toml", folder / "service.log"
        free = _free(port)
        path.write_text(acme.configuration() + SERVICE.format(token=ADMIN_TOKEN, port=free), encoding="utf-8")
        engine = stack.enter_context(wiring.running(wiring.read(path)))
        service = stack.enter_context(_service(path, log))
        stage = Stage(output.stdout(), acme, engine, service, log, f"http://127.0.0.1:{free}")
        _wait(stage, "the service", lambda: _is_ready(stage))
        acme.notify(stage.url)
        yield stage


@contextmanager
def _service(path: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`answerwell up`, as an operator starts it, until the block ends."""
    command = [sys.executable, "-m", "cli.main", "up", "--config", str(path), "--with-parent"]
    with log.open("wb") as said:
        service = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)  # noqa: S603  our own
    try:
        yield service
    finally:
        service.terminate()
        service.wait()


def _show_sync(stage: Stage) -> None:
    stage.say(
        "A company's help centers, wiki, Drive and Slack are on this machine. Its knowledge goes into two stores:"
    )
    _wait(stage, "the first sync", lambda: _is_synced(stage.status()))
    stage.acme.openai.settle(PATIENCE)  # what is late is found by its words meanwhile
    for source in stage.status()["sources"]:
        uploaded = source["last_run"]["counts"].get("uploaded", 0)
        stage.console.print(f"  {source['name']:<14}{source['documents']:>4} documents · {uploaded} uploaded")
    for index in stage.status()["indexes"]:
        readers = "anybody" if index["name"] == "public" else "the company alone"
        stage.console.print(f"  {index['name']:<14}{index['files']:>4} files, for {readers}")


def _show_answers(stage: Stage) -> None:
    found_by = "meaning and words" if local_encoder() else "words alone (the model for vectors has no wheel here)"
    stage.say(
        "What customers ask, answered from the public store by a stand-in for a model: it picks and joins sentences."
    )
    stage.console.print(f"  finds by: {found_by}", markup=False)
    for question in samples.QUESTIONS:
        _ask(stage, question)


def _show_audiences(stage: Stage) -> None:
    stage.say(f"What only agents may read is in the internal store alone. {AGENTS_QUESTION}")
    for index in ("internal", "public"):
        stage.console.print(f"  best in the {index} store: {_best(stage, index, AGENTS_QUESTION)}", markup=False)


def _show_edit(stage: Stage) -> None:
    stage.say("Somebody edits the returns article. Zendesk tells of it, and that article alone is uploaded:")
    stage.acme.wires["openai"].forget()
    stage.acme.edit_article(EDITED, EDIT)
    seconds = _wait(stage, "the edit", lambda: "90 days" in _passage(stage, "public", samples.QUESTIONS[0]))
    uploads = stage.acme.wires["openai"].count(path=r"/v1/files\?", method="POST")
    stage.console.print(f"  searchable after {seconds:.1f} s · uploads seen by the server: {uploads}", markup=False)
    _ask(stage, samples.QUESTIONS[0])


def _show_slack(stage: Stage) -> None:
    stage.say("Somebody writes in Slack. The internal store learns it, customers do not:")
    slack = stage.acme.slack
    channel = next(found.id for found in slack.world.channels.values() if found.name == "help-devices")
    slack.post(channel, SAID_IN_SLACK, user=next(iter(slack.world.users)))
    seconds = _wait(stage, "the message", lambda: "PX-77" in _passage(stage, "internal", SLACK_QUESTION))
    stage.console.print(f"  searchable after {seconds:.1f} s", markup=False)
    _ask(stage, SLACK_QUESTION)


def _show_deletion(stage: Stage) -> None:
    stage.say(f"Somebody archives “{DELETED_QUESTION}”. A full sync misses it, asks for it, and takes it out:")
    stage.console.print(f"  best in the public store: {_best(stage, 'public', DELETED_QUESTION)}", markup=False)
    stage.acme.zendesk.archive_article(stage.acme.zendesk.article_of[DELETED])
    asked = httpx2.post(
        f"{stage.url}/api/admin/sources/help-center/sync", json={"full": True}, headers=_as_admin(), timeout=30
    )
    asked.raise_for_status()
    _wait(stage, "the removal", lambda: DELETED_QUESTION not in _best(stage, "public", DELETED_QUESTION))
    stage.console.print(f"  best in the public store: {_best(stage, 'public', DELETED_QUESTION)}", markup=False)


def _show_people(stage: Stage) -> None:
    """An answer that somebody wrote, a question that is watched, and why an answer is what it is."""
    stage.say("Nothing says it, so somebody writes the answer. It goes before every document, until it expires:")
    _ask(stage, VERIFIED_QUESTION)
    verified = {"question": VERIFIED_QUESTION, "answer": VERIFIED_ANSWER, "owner": "Ada", "expires_in": "90d"}
    _post(stage, "verified", verified)
    _ask(stage, VERIFIED_QUESTION)
    stage.say("What must stay right is watched: asked again after every change, and told when its answer flips.")
    _post(stage, "watch", {"question": samples.QUESTIONS[0]})
    watched = _wait(stage, "the watch question", lambda: _standing(stage) == "ok")
    stage.console.print(f"  {samples.QUESTIONS[0]}: ok, asked after {watched:.1f} s", markup=False)
    stage.say("Try each at a command line, beside the running service:")
    path = stage.log.parent / "answerwell.toml"
    for command in (
        f'ask "{samples.QUESTIONS[0]}" --why',
        f'verified add --question "{TRY_QUESTION}" --answer "{TRY_ANSWER}"',
        f'ask "{TRY_QUESTION}"',
        "watch list",
        "questions --unanswered",
    ):
        stage.console.print(f"  answerwell --config {path} {command}", markup=False)


def _post(stage: Stage, path: str, body: dict[str, Any]) -> None:
    asked = httpx2.post(f"{stage.url}/api/admin/{path}", json=body, headers=_as_admin(), timeout=30)
    asked.raise_for_status()


def _standing(stage: Stage) -> str:
    asked = httpx2.get(f"{stage.url}/api/admin/watch", headers=_as_admin(), timeout=30)
    return str(asked.raise_for_status().json()["watch"][0]["standing"])


def _show_history(stage: Stage) -> None:
    stage.say("What customers asked and agents answered is kept for reports, masked, and searched by nobody:")
    _wait(stage, "past conversations", lambda: bool(kept_history.desk(stage.engine.state, "help-center").listed_at))
    found = history_report(stage.engine.state)
    topics = ", ".join(f"{name} {count}" for name, count in found.topics.most_common(6))
    languages = ", ".join(f"{name} {count}" for name, count in found.languages.most_common())
    unusable = ", ".join(f"{name} {count}" for name, count in found.unusable.most_common())
    for line in (
        f"{found.conversations} solved conversations, {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}, {languages}",
        f"most of them about: {topics}",
        f"{found.usable} of them are a question with a person's answer; not so: {unusable}",
    ):
        stage.console.print(Text(f"  {line}"))


def _invite(stage: Stage) -> None:
    stage.say("It is yours now:")
    for what, where in (
        ("the widget on a page", f"{stage.url}/demo"),
        ("every address, described", f"{stage.url}/docs"),
        ("what it measures", f"{stage.url}/metrics"),
        ("the admin API's token", ADMIN_TOKEN),
        ("what the service says", str(stage.log)),
    ):
        stage.console.print(f"  {what:<24}{where}", markup=False)
    stage.say("Ctrl-C ends it. Your own knowledge: `answerwell init`, then `answerwell sync`.")


def _ask(stage: Stage, question: str) -> None:
    answer = visitor.ask(stage.url, question)
    stage.console.print(Text.assemble(("\n  ? ", "cyan"), question))
    width = min(stage.console.width, 110) - 4
    for line in _lines(answer.text):
        below = "  " if re.match(r"- |\d+\. ", line) else ""
        for part in textwrap.wrap(line, width, subsequent_indent=below, break_long_words=False, break_on_hyphens=False):
            stage.console.print(Text(f"    {part}"))
    for source in answer.sources:
        stage.console.print(Text(f"    ↳ {source.title}  {source.url}", "dim"))


def _lines(markdown: str) -> Iterator[str]:
    """The lines of an answer as a terminal shows them: no emphasis, no pictures, an address behind its words."""
    for line in re.sub(r"!\[[^]]*\]\([^)]*\)|\*\*|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)", "", markdown).splitlines():
        if plain := re.sub(r"\[([^]]+)\]\(([^)\s]+)\)", r"\1  \2", line).strip():
            yield plain


def _best(stage: Stage, index: str, question: str) -> str:
    found = stage.engine.search(index, question, limit=1)
    return str(found[0].attributes["title"]) if found else "nothing"


def _passage(stage: Stage, index: str, question: str) -> str:
    return "".join(hit.text for hit in stage.engine.search(index, question, limit=1))


def _is_ready(stage: Stage) -> bool:
    try:
        return httpx2.get(f"{stage.url}/readyz", timeout=5).status_code == 200
    except httpx2.RequestError:
        return False


def _is_synced(status: dict[str, Any]) -> bool:
    """Whether every source was read and everything is searchable. Raises Retryable for a source that fails."""
    for source in status["sources"]:
        if source["state"] == "failing":
            raise Retryable(f"the demo's sync failed: {source['error']}")
    return all(source["state"] == "ok" for source in status["sources"]) and not any(
        index["unsettled"] or not index["store"] for index in status["indexes"]
    )


def _wait(stage: Stage, what: str, done: Callable[[], bool]) -> float:
    """Wait until it is done; returns the seconds that took. Raises Retryable when the service ends or time runs out."""
    started, pause = time.monotonic(), Event()
    while not done():  # not too often: each look takes time from what is waited for
        if stage.service.poll() is not None or time.monotonic() - started > PATIENCE:
            raise Retryable(f"the demo waits for {what} in vain; the service said:\n{_last_words(stage.log)}")
        pause.wait(0.25)
    return time.monotonic() - started


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def _as_admin() -> dict[str, str]:
    return {"Authorization": f"Bearer {ADMIN_TOKEN}"}


def _free(port: int) -> int:
    """The port, or any free one where somebody has it. Raises Misconfigured where there is none."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Misconfigured("no port is free on 127.0.0.1")


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
