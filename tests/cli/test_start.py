"""The command as a process: exit codes, and what goes where."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import cli
from cli import config
from connectors import CONNECTORS
from tests.cli.kit import ROOT, Company, launch


def answerwell(folder: Path, *arguments: str, afresh: bool = False, **environ: str) -> subprocess.CompletedProcess[str]:
    process = launch(folder, *arguments, afresh=afresh, **environ)
    out, err = process.communicate(timeout=900)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = launch(folder, *arguments)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_version_is_printed(tmp_path: Path) -> None:
    done = answerwell(tmp_path, "version", afresh=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"answerwell {cli.__version__}\n", "")


@pytest.mark.parametrize("arguments", [["bogus"], ["version", "--bogus"], ["init", "extra"]])
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    assert answerwell(tmp_path, *arguments).returncode == 2


@pytest.mark.processes
def test_init_writes_a_configuration_once_and_never_over_another(tmp_path: Path) -> None:
    first = answerwell(tmp_path, "init")
    (tmp_path / "answerwell.toml").write_text("mine", encoding="utf-8")
    second = answerwell(tmp_path, "init")

    assert first.returncode == 0
    assert second.returncode == 1
    assert second.stderr == (
        "answerwell: answerwell.toml: exists already; delete it first, or name another with --config FILE\n"
    )
    assert (tmp_path / "answerwell.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.processes
@pytest.mark.parametrize("place", ["before", "after", "environment"])
def test_the_configuration_file_is_named_before_or_after_the_command_or_in_the_environment(
    tmp_path: Path, place: str
) -> None:
    match place:
        case "before":
            answerwell(tmp_path, "--config", "here.toml", "init", ANSWERWELL_CONFIG="elsewhere.toml")
        case "after":
            answerwell(tmp_path, "--config", "elsewhere.toml", "init", "--config", "here.toml")
        case _:
            answerwell(tmp_path, "init", ANSWERWELL_CONFIG="here.toml")

    assert [file.name for file in tmp_path.iterdir()] == ["here.toml"]


def test_the_example_holds_what_a_help_center_needs(tmp_path: Path) -> None:
    answerwell(tmp_path, "init")
    environ = {"OPENAI_API_KEY": "sk-1", "ZENDESK_CLIENT_SECRET": "s"}

    loaded = config.load(tmp_path / "answerwell.toml", environ, CONNECTORS)

    assert [(source.common.name, source.common.kind) for source in loaded.sources] == [("help-center", "zendesk")]
    assert [index.name for index in loaded.indexes] == ["public", "internal"]


def test_every_key_that_the_example_leaves_out_exists(tmp_path: Path) -> None:
    left_out = re.compile(r"^# (?=[a-z_]+ = |\[+[a-z]+\]+$)", re.MULTILINE)
    text = left_out.sub("", (ROOT / "answerwell.example.toml").read_text("utf-8"))
    path = tmp_path / "answerwell.toml"
    path.write_text(text.replace("proj_…", "p").replace("org-…", "o"), encoding="utf-8")
    environ = {
        "OPENAI_API_KEY": "sk-1",
        "ZENDESK_CLIENT_SECRET": "s",
        "DATABASE_URL": "postgresql://u@db/a",
        "REDIS_URL": "redis://cache",
        "ZENDESK_WEBHOOK_SECRET": "5f0c9d1e7a3b48e2",
        "INTERCOM_TOKEN": "t",
        "INTERCOM_CLIENT_SECRET": "b7e2604f91ac38d5",
        "CONFLUENCE_TOKEN": "t",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "c39d58e1f07a6b24",
        "ANSWERWELL_ADMIN_TOKEN": "a token of operators",
        "ANSWERWELL_OLD_ADMIN_TOKEN": "an older token of theirs",
        "ANSWERWELL_METRICS_TOKEN": "a token of scrapers",
        "ANSWERWELL_STAFF_SECRET": "a secret of the intranet, long enough",
        "ANSWERWELL_IDENTITY_SECRET": "a secret of the host site, long enough",
    }

    loaded = config.load(path, environ, CONNECTORS)

    assert loaded.openai.uploads_per_minute == 1000
    assert not loaded.sources[0].common.store_content
    assert {source.common.kind for source in loaded.sources} == CONNECTORS.keys()


@pytest.mark.processes
def test_the_sandbox_prints_a_configuration_that_syncs(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "refunds.md").write_text("# Refunds\n\nMoney back within thirty days.\n", encoding="utf-8")
    ports = ["--zendesk-port", "0", "--openai-port", "0"]
    with started(tmp_path, "sandbox", "--load", "texts", *ports) as sandbox:
        assert sandbox.stdout is not None
        printed = "".join(iter(sandbox.stdout.readline, 'include = ["articles"]\n'))
        (tmp_path / "answerwell.toml").write_text(printed.partition("for all of it:\n")[2], encoding="utf-8")

        synced = answerwell(tmp_path, "sync")
        found = answerwell(tmp_path, "search", "money back", "--json")

    assert synced.returncode == 0
    assert [hit["title"] for hit in json.loads(found.stdout)] == ["Refunds"]


def test_a_folder_without_texts_cannot_be_served(tmp_path: Path) -> None:
    done = answerwell(tmp_path, "sandbox", "--load", ".")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "answerwell: --load: . holds neither a corpus.jsonl nor Markdown files\n"


@pytest.mark.processes
def test_the_tour_of_the_demo_shows_every_source_and_leaves_nothing(tmp_path: Path) -> None:
    done = answerwell(tmp_path, "demo", "--once", "--port", "0")

    assert done.returncode == 0, done.stderr
    for source in ("help-center", "business-desk", "wiki", "docs", "support-slack"):
        assert re.search(rf"^  {source} +[0-9]+ documents · [0-9]+ uploaded$", done.stdout, re.MULTILINE)
    assert done.stdout.count("↳ Sending a product back  http://127.0.0.1:") == 2
    assert "within 60 days" in done.stdout
    assert "within 90 days" in done.stdout
    assert "uploads seen by the server: 1\n" in done.stdout
    assert "best in the internal store: Internal: refunds beyond the return period" in done.stdout
    assert done.stdout.count("best in the public store: A new device smells") == 1
    assert done.stdout.count("searchable after ") == 2
    assert done.stdout.count("by helicopter") == 1
    assert re.search(r": ok, asked after [0-9.]+ s$", done.stdout, re.MULTILINE)
    for command in ("ask ", "verified add ", "watch list", "questions "):
        assert re.search(rf"^  answerwell --config \S+/answerwell\.toml {command}", done.stdout, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.processes
def test_a_sync_stopped_with_ctrl_c_says_that_nothing_is_lost(acme: Company) -> None:
    acme.write({f"Article {number}": "Text." for number in range(40)})
    acme.openai.processing = 600
    process = acme.start("sync")
    assert acme.called.wait(60)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said.splitlines()[-1] == (
        "stopped; what was done is kept, and the next `answerwell sync` goes on from there"
    )
    assert "Traceback" not in said
