"""What a command does not use it does not load: start-up is measured in modules, which are the same on any machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.kit import ROOT, Company, Run
from tests.workers.kit import free_port

REPORT = """
import sys
from cli.main import main
try:
    main({arguments!r})
finally:
    print("loaded:", *sys.modules, file=sys.stderr)
"""


@contextmanager
def reporting(acme: Company, *arguments: str, program: str = REPORT) -> Iterator[subprocess.Popen[str]]:
    """A command that writes, when it ends, which modules it has loaded."""
    process = subprocess.Popen(
        [sys.executable, "-c", program.format(arguments=arguments)],
        cwd=acme.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **acme.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def loaded(acme: Company, *arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends, each with the packages that it is in."""
    with reporting(acme, *arguments) as process:
        said = process.communicate()[1]
    assert process.returncode == 0, said
    return set(said.rpartition("loaded: ")[2].split())


def connectors(modules: set[str]) -> set[str]:
    """The connectors among the modules."""
    return {name for name in modules if name.startswith("connectors.") and name.endswith(".connector")}


LIBRARIES = {"sqlalchemy", "redis", "openai", "httpx2", "celery", "fastapi"}
CLIENTS = {"redis", "openai", "httpx2", "slack_sdk", "atlassian", "googleapiclient", "google.auth"}
OURS = {
    "cli.config",
    "cli.wiring",
    "sync.engine",
    "answering",
    "helpdesk",
    "connectors",
    "session_api",
    "workers",
    "sandbox",
}


def test_help_loads_what_writes_it_and_nothing_more(acme: Company) -> None:
    modules = loaded(acme, "--help")

    assert "typer" in modules
    assert not modules & (LIBRARIES | OURS | {"asyncio", "pydantic", "rich", "structlog"})


@pytest.mark.parametrize("arguments", ["status --help", "sync --help", "up --help", "version"])
def test_what_needs_no_state_loads_none(acme: Company, arguments: str) -> None:
    assert not loaded(acme, *arguments.split()) & (LIBRARIES | OURS)


def test_status_reads_the_state_and_connects_to_nothing(acme: Company) -> None:
    modules = loaded(acme, "status", "--json")

    assert "sync.status.status" in modules
    assert not modules & (CLIENTS | {"structlog", "sync.engine", "sync.vector_store.index", "celery", "fastapi"})
    assert connectors(modules) == set()


def test_search_asks_the_index_and_no_source(acme: Company) -> None:
    assert loaded(acme, "sync")
    modules = loaded(acme, "search", "--json", "anything")

    assert "sync.vector_store.index" in modules
    assert not modules & {"slack_sdk", "atlassian", "googleapiclient", "google.auth", "celery", "fastapi"}
    assert connectors(modules) == set()


def test_a_sync_loads_the_sources_that_are_configured(acme: Company) -> None:
    modules = loaded(acme, "sync")

    assert connectors(modules) == {"connectors.zendesk.connector"}
    assert not modules & {"slack_sdk", "atlassian", "googleapiclient", "google.auth", "celery", "fastapi"}


AT_READY = """
import atexit, sys
from cli.main import main

class Telling:
    def write(self, text):
        sys.__stderr__.write(text)
        if '"ready"' in text:
            print("\\nloaded:", *sys.modules, file=sys.__stderr__)

    def __getattr__(self, name):
        return getattr(sys.__stderr__, name)

sys.stderr = Telling()
atexit.register(lambda: print("loaded:", *sys.modules, file=sys.__stderr__))  # after every thread has ended
main({arguments!r})
"""
ANSWERING = {"openai", "agents", "chatkit", "httpx2", "aiohttp", "answering.answers", "session_api.chat.conversation"}


def test_an_api_is_ready_before_it_loads_what_answers_and_loads_it_then_without_being_asked(acme: Company) -> None:
    acme.configure(f"[server]\nport = {free_port()}\n")
    text = acme.config.read_text("utf-8")
    acme.config.write_text(f'redis_url = "redis://127.0.0.1:1/0"\n{text}', "utf-8")

    with reporting(acme, "api", program=AT_READY) as api:
        assert api.stderr is not None
        told = (line for line in api.stderr if line.startswith("loaded: "))
        modules = set(next(told).split())
        api.send_signal(signal.SIGTERM)
        later = set(next(told).split())

    assert "session_api.app" in modules
    assert not modules & {"slack_sdk", "atlassian", "googleapiclient", "google.auth"}
    assert not modules & {"sync.vector_store.index", "cli.worker_process"}
    assert not modules & ANSWERING
    assert connectors(later) == set()
    assert later > ANSWERING


def test_help_shows_what_each_command_does_whole(run: Run) -> None:
    assert "..." not in run("--help").out.partition("Commands:")[2]
