"""What is said while everything fails, at every level: nothing that a person wrote, and no key."""

import contextlib
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cli import output
from sandbox.wire import Fault
from sync.errors import Misconfigured, Retryable, SyncError
from sync.log_redaction import redact_crashes, redact_exceptions, redacted, restrain
from tests.connectors.confluence_world import confluence_world
from tests.connectors.google_docs_world import google_world
from tests.connectors.slack_world import slack_world
from tests.session_api.kit import CHAT, Shop, shop
from workers.app import create, register_tasks
from workers.broker import broker
from workers.tasks import Worker

QUESTION = "may my neighbour Xaver see the zebra invoice"
BODY = "The zebra tariff is 4711 crowns for a quarter."
TOKENS = ("sk-sandbox", "zendesk-secret", "operators-and-nobody-else", "signed-by-nobody-at-all")
WRITTEN = re.compile(r"zebra|4711 crowns|xaver", re.IGNORECASE)
LIBRARIES = ("", "openai", "openai._base_client", "openai.agents", "httpx2", "httpcore2", "httpcore2.http11", "urllib3",
             "urllib3.connectionpool", "atlassian.rest_client", "slack_sdk", "slack_sdk.web.base_client", "google",
             "googleapiclient", "chatkit", "celery", "celery.app.trace", "kombu", "sqlalchemy", "sqlalchemy.engine",
             "aiohttp", "asyncio", "uvicorn", "uvicorn.error", "requests", "oauthlib")  # fmt: skip


def complaint(words: str) -> str:
    """An error that repeats what was sent."""
    return json.dumps({"error": {"message": f"cannot take {words!r}", "type": "invalid", "code": None}})


@dataclass
class Heard:
    """Everything that was said: our lines, libraries' with their tracebacks, and spans."""

    lines: io.StringIO
    spans: InMemorySpanExporter

    @property
    def text(self) -> str:
        told = [span.to_json() or "" for span in self.spans.get_finished_spans()]
        return "\n".join([self.lines.getvalue(), *told])

    def forget(self) -> None:
        self.lines.seek(0)
        self.lines.truncate()
        self.spans.clear()

    def is_private(self, *secrets: str) -> bool:
        lines = self.text.splitlines()
        kept = [line for line in lines if WRITTEN.search(line) or any(secret in line for secret in (*TOKENS, *secrets))]
        assert kept == []
        return True


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """Every logger at DEBUG, as who looks for a fault sets them."""
    lines, spans = io.StringIO(), InMemorySpanExporter()
    ear = logging.StreamHandler(lines)
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(provider)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.root.addHandler(ear)
    structlog.configure(
        processors=[structlog.processors.add_log_level, redact_exceptions, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    yield Heard(lines, spans)
    logging.root.removeHandler(ear)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def acme(heard: Heard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = f'{CHAT}[admin]\ntoken = "{TOKENS[2]}"\n'
    with shop(
        tmp_path_factory.mktemp("acme"), settings, {"Tariffs": BODY, "Zoo": f"{BODY} Children pay half."}
    ) as opened:
        yield opened


def test_a_first_sync_and_an_answered_question_say_neither(acme: Shop, heard: Heard) -> None:
    acme.sync(full=True)
    widget = acme.widget()
    answered = widget.ask("What is the zebra tariff for a quarter?")

    assert "4711" in answered.text
    assert '"answerwell.source": "help-center"' in heard.text  # it does listen
    assert heard.is_private(widget.secret, str(widget.visitor_token))


@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status} for status in (200, 400, 401, 429, 500)),
        {"manner": "half"},
        {"manner": "cut"},
    ],
    ids=str,
)
def test_openai_that_fails_is_told_without_what_was_sent_to_it(acme: Shop, heard: Heard, fault: dict[str, Any]) -> None:
    acme.company.write({"Another": BODY})
    acme.company.openai_wire.fail(Fault("/responses", times=None, body=complaint(QUESTION), **fault))
    acme.company.openai_wire.fail(Fault("/v1/files", "POST", times=None, body=complaint(BODY), **fault))
    widget = acme.widget()
    try:
        widget.ask(QUESTION)
        acme.engine.turn("help-center", ignore_backoff=True)
    finally:
        acme.company.openai_wire.heal()

    assert "question_failed" in heard.text
    assert heard.is_private(widget.secret)


OTHER_WAYS = """
async def run_workflow(given):
    raise ValueError(f"cannot answer {given}")
"""
MODELS = 'api = "chat_completions"\nmoderation = true\ncheck_model = "other"\n'


@pytest.mark.parametrize("way", [MODELS, 'workflow = "other_ways:run_workflow"\n'], ids=["completions", "workflow"])
def test_other_ways_to_answer_fail_as_silently(
    heard: Heard, tmp_path_factory: pytest.TempPathFactory, way: str
) -> None:
    folder = tmp_path_factory.mktemp("ways")
    (folder / "other_ways.py").write_text(OTHER_WAYS, "utf-8")
    with shop(folder, CHAT.replace("[widget]", f"{way}[widget]", 1), {"Tariffs": BODY}) as opened:
        widget = opened.widget()
        for path, fault in (
            ("none", {}),
            ("/chat/completions", {"status": 400}),
            ("/chat/completions", {"manner": "half"}),
            ("/search", {"status": 422}),
            ("/moderations", {"status": 500}),
        ):
            opened.company.openai_wire.fail(Fault(path, times=None, body=complaint(QUESTION), **fault))
            widget.ask("What is the zebra tariff for a quarter?")
            opened.company.openai_wire.heal()

    assert "question_failed" in heard.text
    assert heard.is_private(widget.secret)


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_source_that_fails_is_told_without_what_it_answered(acme: Shop, heard: Heard, status: int) -> None:
    acme.company.zendesk_wire.fail(Fault(times=None, status=status, body=complaint(BODY)))
    try:
        acme.engine.turn("help-center", ignore_backoff=True)
    finally:
        acme.company.zendesk_wire.heal()

    assert "source_failed" in heard.text
    assert heard.is_private()


def test_what_is_refused_is_told_without_what_was_sent(acme: Shop, heard: Heard) -> None:
    widget = acme.widget()
    widget.open()
    bearer = {"authorization": f"Bearer {TOKENS[3]}"}
    asked = [
        widget.post(f'{{"type": "{QUESTION}"}}'.encode()),
        widget.post(QUESTION.encode()),
        widget.post(b"{}", authorization=bearer["authorization"]),
        widget.open(identity_token=TOKENS[3]),
        widget.open(visitor_token=TOKENS[3]),
        acme.http.get("/api/admin/status", headers=bearer),
        acme.http.post(
            "/webhooks/help-center", content=BODY.encode(), headers={"x-zendesk-webhook-signature": TOKENS[3]}
        ),
        acme.http.post("/api/admin/sources/help-center/sync", json={"full": QUESTION}, headers=bearer),
    ]

    assert {answer.status_code for answer in asked} <= {200, 400, 401, 404, 422}
    assert heard.is_private(widget.secret)


def test_a_database_that_fails_is_told_without_what_was_to_be_written(acme: Shop, heard: Heard) -> None:
    with acme.engine.state.transaction() as tx:
        tx.run("ALTER TABLE chat_questions RENAME TO answered")
    try:
        acme.widget().ask(QUESTION)
    finally:
        with acme.engine.state.transaction() as tx:
            tx.run("ALTER TABLE answered RENAME TO chat_questions")

    assert "question_not_recorded" in heard.text
    assert heard.is_private()


def test_a_task_that_fails_is_told_by_its_source_alone(acme: Shop, heard: Heard) -> None:
    class Broken(Worker):
        def sync(self, source: str, after: int | None = None) -> None:
            raise ValueError(f"cannot read {BODY}")

    app = create(broker("redis://127.0.0.1:1/0"))
    register_tasks(app, Broken(acme.engine, lambda *_: True, 1))
    restrain("celery")
    failed = app.tasks["sync"].apply(args=("help-center",))

    assert failed.failed()
    assert "ValueError" in heard.text
    assert heard.is_private()


@pytest.mark.parametrize("world", [confluence_world, google_world, slack_world], ids=lambda world: world.__name__)
def test_every_vendors_sdk_is_silent_about_what_it_carries(
    heard: Heard, world: Callable[..., AbstractContextManager[Any]]
) -> None:
    with ExitStack() as stack:
        vendor = stack.enter_context(world(socket=True))
        vendor.put("Zebras", f"<p>{BODY}</p>")
        connector = vendor.connect()
        page = connector.snapshot(None)
        vendor.wire.fail(Fault(times=None, status=200, body=complaint(BODY)))
        with contextlib.suppress(SyncError):
            vendor.connect().snapshot(None)
        with contextlib.suppress(SyncError):
            connector.fetch(page.changes[0].external_id)

    assert page.changes
    assert heard.is_private(*vendor.secrets)


@pytest.fixture(autouse=True)
def fresh(heard: Heard) -> None:
    heard.forget()


@pytest.mark.parametrize("level", ["debug", "info"])
def test_a_library_that_was_asked_to_tell_more_does_not(heard: Heard, level: str) -> None:
    """OPENAI_LOG=debug sets its logger's level when the package is imported, and later again."""
    restrain("openai")
    logging.getLogger("openai").setLevel(level.upper())
    client = openai.OpenAI(
        api_key=TOKENS[0],
        max_retries=0,
        http_client=httpx2.Client(
            transport=httpx2.MockTransport(lambda _: httpx2.Response(400, text=complaint(QUESTION)))
        ),
    )
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="m", input=QUESTION)
    client.close()

    assert heard.is_private()


def test_of_an_exception_only_our_own_words_are_told() -> None:
    def fail() -> None:
        neighbour = QUESTION  # what a traceback with variables would show
        try:
            int(neighbour)
        except ValueError as error:
            raise Retryable("the store does not answer") from error

    with pytest.raises(Retryable) as failed:
        fail()
    told = redacted(failed.value)

    assert "Retryable: the store does not answer" in told
    assert "ValueError" in told
    assert re.search(r"test_private_logs.py:\d+ in fail", told)
    assert not WRITTEN.search(told)


@pytest.mark.parametrize("error", [ValueError(BODY), KeyboardInterrupt()])
def test_a_crash_is_told_without_what_it_quotes_and_an_interrupt_not_at_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    for hooks, name in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(hooks, name, getattr(hooks, name))  # what is set below is taken back afterwards
    redact_crashes()

    sys.excepthook(type(error), error, None)

    told = capsys.readouterr().err
    assert ("please report it" in told) == isinstance(error, ValueError)
    assert not WRITTEN.search(told)


def test_groups_and_circles_of_exceptions_are_told_to_their_end() -> None:
    first, second = KeyError(BODY), Misconfigured("set the key")
    first.__cause__, second.__cause__ = second, first

    told = redacted(ExceptionGroup(QUESTION, [first, ValueError(BODY)]))

    assert told.count("Misconfigured: set the key") == 0  # a cause of a part
    assert "KeyError" in told
    assert redacted(first).count("Misconfigured: set the key") == 1
    assert not WRITTEN.search(told)


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "journal"])
def test_our_own_lines_and_those_of_libraries_are_written_alike(
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]  # a terminal is one by its answer
    monkeypatch.setattr(sys, "stderr", stream)
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        output.configure_logs(verbose=True)
        output.adopt_library_logs()
        zebra = QUESTION
        try:
            int(zebra)
        except ValueError:
            structlog.get_logger().exception("document_unreadable", document="7")
            logging.getLogger("some.library").exception("it failed")
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()

    told = stream.getvalue()
    assert "document_unreadable" in told
    assert "it failed" in told
    assert told.count("ValueError") == 2
    assert not WRITTEN.search(told)
