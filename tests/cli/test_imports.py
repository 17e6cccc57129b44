"""What a command does not use it does not load: start-up is measured in modules, which are the same on any machine."""

import os
import subprocess
import sys

import pytest

from tests.cli.kit import ROOT, Company, Run

REPORT = """
import sys
from cli.main import main
try:
    main({arguments!r})
finally:
    print("loaded:", *sys.modules, file=sys.stderr)
"""


def loaded(acme: Company, *arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends, each with the packages that it is in."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(arguments=arguments)],
        cwd=acme.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **acme.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("loaded: ")[2].split())


LIBRARIES = {"sqlalchemy", "redis", "openai", "httpx2", "celery", "fastapi"}
OURS = {"cli.config", "cli.wiring", "sync.engine", "answering", "connectors", "session_api", "workers", "sandbox"}


def test_help_loads_what_writes_it_and_nothing_more(acme: Company) -> None:
    modules = loaded(acme, "--help")

    assert "typer" in modules
    assert not modules & (LIBRARIES | OURS | {"asyncio", "pydantic", "rich", "structlog"})


@pytest.mark.parametrize("arguments", ["status --help", "sync --help", "up --help", "version"])
def test_what_needs_no_state_loads_none(acme: Company, arguments: str) -> None:
    assert not loaded(acme, *arguments.split()) & (LIBRARIES | OURS)


def test_help_shows_what_each_command_does_whole(run: Run) -> None:
    assert "..." not in run("--help").out.partition("Commands:")[2]
