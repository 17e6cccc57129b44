"""The command as a process: exit codes, and what goes where."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli

ROOT = Path(cli.__file__).parents[1]


def answerwell(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_version_is_printed(tmp_path: Path) -> None:
    done = answerwell(tmp_path, "version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"answerwell {cli.__version__}\n", "")


@pytest.mark.parametrize("arguments", [["bogus"], ["version", "--bogus"], ["init", "extra"]])
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    assert answerwell(tmp_path, *arguments).returncode == 2


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
