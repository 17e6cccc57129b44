"""What `answerwell doctor` has to say about a source."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: a warning goes on working, a problem does not."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked, in a line; `fix` says what to do unless it is OK."""

    level: Level
    what: str
    fix: str = ""
