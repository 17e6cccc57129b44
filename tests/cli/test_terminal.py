"""What others wrote reaches a terminal as letters only: no outlet passes a sequence or a mark of direction on."""

import io
import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from cli import main, output, progress
from cli.console import PlainConsole
from sync import log_redaction
from sync.errors import Misconfigured

POISON = "a\x1b[31mb\x1b]0;owned\x07c\u202ed\u2066e\x9bf\x00g\u200bh\U000e0041i\x7f\x08j"
SEEN = "a[31mb]0;ownedcdefghij"
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff]")


def table(console: PlainConsole) -> None:
    shown = Table(POISON, title=POISON)
    shown.add_row(POISON)
    shown.add_row(Text(POISON, "yellow"))
    console.print(shown)


def bars(console: PlainConsole) -> None:
    with Progress(TextColumn("{task.description}"), console=console) as shown:
        progress.Bars(shown).advance(POISON, "uploaded")


OUTLETS: dict[str, Callable[[PlainConsole], None]] = {
    "text": lambda console: console.print(POISON, markup=False),
    "styled": lambda console: console.print(Text.assemble(("✓ ", "green"), (POISON, "bold"))),
    "table": table,
    "bars": bars,
    "lines": lambda console: progress.Lines(console).advance(POISON, "uploaded"),
}


@pytest.mark.parametrize("outlet", OUTLETS)
@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_drawn_holds_only_what_the_drawing_needs(outlet: str, *, terminal: bool) -> None:
    written = io.StringIO()
    console = PlainConsole(file=written, force_terminal=terminal, width=200, highlight=False, color_system="standard")

    OUTLETS[outlet](console)

    own = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.getvalue())
    assert SEEN in own
    assert not UNSEEN.search(own.replace("\r", ""))
    assert "\x1b[31m" not in written.getvalue()


def test_lines_and_errors_hold_no_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    output.tell(POISON)
    output.say(POISON)
    output.warn(POISON)

    told = capsys.readouterr()

    assert told.out == f"{SEEN}\n"
    assert told.err == f"{SEEN}\n{SEEN}\n"


def test_an_error_that_quotes_a_vendor_ends_a_command_without_its_sequences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answerwell.toml"
    escaped = "".join(f"\\U{ord(letter):08x}" for letter in POISON)
    file.write_text(f'"{escaped}" = 1\n[[source]]\nname = "{escaped}"\n', "utf-8")

    with pytest.raises(SystemExit):
        main.main(["status", "--config", str(file)])

    told = capsys.readouterr().err
    assert SEEN in told
    assert not UNSEEN.search(told)


def test_json_loses_nothing_and_shows_nothing_unseen(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"title": POISON + "\u2028\ud800 ü😀"})

    told = capsys.readouterr().out

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066\u2028\ud800]", told)
    assert "ü😀" in told
    assert json.loads(told) == {"title": POISON + "\u2028\ud800 ü😀"}


def test_a_log_for_a_person_holds_only_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    before = structlog.get_config()
    handlers = logging.root.handlers[:]
    try:
        output.configure_logs(verbose=False)
        structlog.get_logger().warning("refused", error=POISON, listed=[POISON])
        output.adopt_library_logs()
        logging.getLogger("vendor").warning("said %s", POISON)
    finally:
        structlog.configure(**before)
        logging.root.handlers[:] = handlers

    own = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert own.count(SEEN) >= 2
    assert not UNSEEN.search(own)


def test_a_fault_of_ours_is_told_without_sequences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for hook in (sys, "excepthook"), (__import__("threading"), "excepthook"):
        monkeypatch.setattr(*hook, getattr(*hook))
    log_redaction.redact_crashes()

    sys.excepthook(Misconfigured, Misconfigured(POISON), None)

    assert SEEN in (told := capsys.readouterr().err)
    assert not UNSEEN.search(told)


def test_every_command_writes_through_one_place() -> None:
    here = Path(main.__file__).parent
    direct = re.compile(r"typer\.(?:echo|secho)|click\.(?:echo|secho)|\bprint\(|sys\.std(?:out|err)\.write|\bConsole\(")

    found = [
        f"{file.relative_to(here)}: {line.strip()}"
        for file in sorted(here.rglob("*.py"))
        if file.name not in {"output.py", "console.py"}
        for line in file.read_text("utf-8").splitlines()
        if direct.search(line.replace("console.print(", "").replace(".stdout().print(", ""))
    ]

    assert found == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True
