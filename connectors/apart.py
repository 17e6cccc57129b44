"""Conversion in a process of its own: bounded in time, memory and output, and in how many run at once."""

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Final

from connectors.file_options import OUT_OF_MEMORY, Options

PATIENCE = 90.0  # seconds for one conversion, its process's start included
AT_ONCE = 2  # conversions of this process; more wait for their turn
TOO_MUCH: Final = "takes more time or memory to read than any document should; split it"
BROKEN: Final = "is broken, or not what its name says; open it and save it anew"
PROGRAM = Path(__file__).with_name("files_worker.py")

_TURNS = threading.BoundedSemaphore(AT_ONCE)


class Failed(Exception):
    """A conversion that ended without an answer; says why, without a word of what was read."""


def run(kind: str, content: bytes, options: Options, patience: float = PATIENCE) -> dict[str, str]:
    """Return what the reader of this kind answers: `markdown` and `problem`, or `unreadable`. Raises Failed."""
    with _TURNS:
        try:
            ended = subprocess.run(  # noqa: S603  our own program, and a kind of ours
                [sys.executable, "-I", str(PROGRAM), kind, json.dumps(asdict(options))],
                input=content,
                capture_output=True,
                timeout=patience,
                check=False,
                env={},
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"takes longer than {patience:.0f} s to read; split it") from error
    if ended.returncode < 0 or ended.returncode == OUT_OF_MEMORY:
        raise Failed(TOO_MUCH)
    try:
        found = json.loads(ended.stdout) if ended.returncode == 0 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failed(BROKEN)
    return {name: str(value) for name, value in found.items()}
