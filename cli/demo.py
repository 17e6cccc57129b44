"""The demo: the whole way from a help center to a cited answer, on this machine alone."""

import re
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import openai
from rich.console import Console
from rich.text import Text

from cli import answers, output, wiring
from cli.commands.sync import sentence, shortfall
from cli.progress import watching
from sandbox import main as servers
from sandbox import samples
from sandbox.openai import OpenAISandbox
from sandbox.wire import Wire, serve
from sandbox.zendesk import ZendeskSandbox
from sync import report
from sync.converge import converge
from sync.engine import Engine
from sync.errors import Retryable
from sync.model import StoreId

EDITED = "return"
EDIT = "<p>You may send anything back within <strong>90 days</strong> of delivery, for whatever reason.</p>"
DELETED = "smell"
DELETED_QUESTION = "A new device smells"
AGENTS_QUESTION = "How much may agents refund without asking?"


@dataclass(frozen=True)
class Stage:
    """Everything that the demo plays with."""

    console: Console
    help_center: ZendeskSandbox
    openai_calls: Wire
    engine: Engine
    client: openai.OpenAI

    @property
    def public(self) -> StoreId:
        [store] = [index["store"] for index in report.status(self.engine)["indexes"] if index["name"] == "public"]
        return StoreId(store)

    def say(self, text: str) -> None:
        self.console.print(Text(f"\n{text}", "bold"))


def play() -> None:
    """Show a sync, questions and answers, an edit and a deletion; on a terminal, take questions until Ctrl-D."""
    with _stage() as stage:
        stage.say("A help center and an OpenAI-compatible server run on this machine. Sync one into the other:")
        _sync(stage)
        stage.say("What customers ask, answered from the public index (this server quotes, it does not generate):")
        for question in samples.QUESTIONS:
            _ask(stage, question)
        _compare(stage)
        _edit(stage)
        _delete(stage)
        if output.interactive():
            _converse(stage)
        stage.say("Your own help center: `answerwell init`, then `answerwell sync`.")


@contextmanager
def _stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerwell-demo-")))
        help_center, store = samples.acme(), OpenAISandbox(folder / "openai.db", api_key=servers.API_KEY)
        stack.callback(store.close)
        calls = Wire(store.app)
        zendesk_url, openai_url = stack.enter_context(serve(Wire(help_center.app))), stack.enter_context(serve(calls))
        path = folder / "answerwell.toml"
        path.write_text(servers.configuration(zendesk_url, openai_url, tickets=True), encoding="utf-8")
        config = wiring.read(path)
        engine = stack.enter_context(wiring.running(config))
        yield Stage(output.stdout(), help_center, calls, engine, wiring.client(config))


def _sync(stage: Stage, *, full: bool = False) -> None:
    """Sync and say what it took. Raises Retryable if it did not converge."""
    stage.openai_calls.forget()
    with watching(output.stderr()) as progress:
        summaries = converge(stage.engine, full=full, progress=progress)
    for summary in summaries:
        if reason := shortfall(summary):
            raise Retryable(f"the demo's sync failed: {reason}")
        stage.console.print(f"  {sentence(summary)}", markup=False)


def _ask(stage: Stage, question: str) -> None:
    answer = answers.ask(stage.client, stage.public, question)
    stage.console.print(Text.assemble(("\n  ? ", "cyan"), question))
    for line in textwrap.wrap(_plain(answer.text), width=min(stage.console.width, 110) - 4):
        stage.console.print(Text(f"    {line}"))
    for citation in answer.citations:
        stage.console.print(Text(f"    ↳ {citation.title}  {citation.url}", "dim"))


def _plain(markdown: str) -> str:
    """The words of quoted Markdown: no pictures, no emphasis, no table rules."""
    text = re.sub(r"!\[[^]]*\]\([^)]*\)|\*\*|^\W+$", "", markdown, flags=re.MULTILINE)
    return " ".join(re.sub(r"\s*\|[\s|]*", " · ", text).strip(" ·\n").split())


def _compare(stage: Stage) -> None:
    stage.say(f"What only agents may read is in the internal index alone. {AGENTS_QUESTION}")
    for index in ("internal", "public"):
        _tell_best(stage, index, AGENTS_QUESTION)


def _tell_best(stage: Stage, index: str, question: str) -> None:
    found = stage.engine.search(index, question, limit=1)
    best = str(found[0].attributes["title"]) if found else "nothing"
    stage.console.print(f"  best in the {index} index: {best}", markup=False)


def _edit(stage: Stage) -> None:
    stage.say("Somebody edits the returns article. The next sync uploads that article, and nothing else:")
    stage.help_center.put_article(id=stage.help_center.article_of[EDITED], body=EDIT)
    _sync(stage)
    uploads = stage.openai_calls.count(path=r"/v1/files\?", method="POST")
    stage.console.print(f"  uploads seen by the server: {uploads}", markup=False)
    _ask(stage, samples.QUESTIONS[0])


def _delete(stage: Stage) -> None:
    stage.say(f"Somebody archives “{DELETED_QUESTION}”. A full sync misses it, asks for it, and takes it out:")
    _tell_best(stage, "public", DELETED_QUESTION)
    stage.help_center.archive_article(stage.help_center.article_of[DELETED])
    _sync(stage, full=True)
    _tell_best(stage, "public", DELETED_QUESTION)


def _converse(stage: Stage) -> None:
    stage.say("Ask what you like; Ctrl-D ends.")
    while True:
        try:
            question = stage.console.input("\n  ? ").strip()
        except EOFError:
            stage.console.print()
            return
        if question:
            _ask(stage, question)
