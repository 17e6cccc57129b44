"""Answer events: what comes while a question is answered, for whatever shows, stores or judges the answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from answering.links import host_of
from answering.rules import Rule
from sync import invisible
from sync.model import MAX_TITLE


class AnswerOutcome(StrEnum):
    """What became of a question. An abandoned one is never counted as answered."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    ERROR = "error"
    CANCELLED = "cancelled"
    HANDED_OFF = "handed_off"
    GREETED = "greeted"  # small talk, and questions about the conversation itself
    CLARIFIED = "clarified"  # asked back
    REFUSED = "refused"  # flagged, or the day's budget is spent


@dataclass(frozen=True, slots=True)
class CitedPage:
    """A page that may be cited. `synced_at` None: not known, it is no document of ours.

    `updated_at`: when its content was last edited; None where its source does not tell.
    Title and address hold nothing that no reader sees, wherever they come from.
    """

    file: str
    title: str
    url: str
    synced_at: datetime | None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", invisible.line(self.title, MAX_TITLE))
        object.__setattr__(self, "url", invisible.removed(self.url).strip())

    @property
    def link(self) -> str:
        """The address that a reader can open; '' for a file without one."""
        return self.url if "://" in self.url and host_of(self.url) else ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What answering took so far, in tokens and millionths of a US dollar."""

    input_tokens: int = 0
    output_tokens: int = 0
    micro_usd: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """The reader waits for this stage; `text` says so in their language."""

    stage: Literal["search"]
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """The answer before `index`, in characters, rests on this page. `as_of` names the day of its last sync."""

    page: CitedPage
    index: int
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The text so far does not count: no source supports it. What stands instead comes with Done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The end: the answer as it stands, whatever Text and Citation came before, and what became of the question.

    `reason` says why it was not answered, `rule` the same as a word. `model` '': none was asked. `first_text`: when a
    reader saw the first word after the model was asked; None where it was not.
    """

    text: str
    outcome: AnswerOutcome
    reason: str = ""
    citations: tuple[Citation, ...] = ()
    model: str = ""
    cost: Cost = Cost()
    first_text: timedelta | None = None
    latency: timedelta = timedelta(0)
    offers_person: bool = False
    rule: Rule | None = None

    @property
    def sources(self) -> list[CitedPage]:
        """The cited pages, each title and address once, in the order of the text."""
        return list({(one.page.title, one.page.link): one.page for one in self.citations}.values())


AnswerEvent = Progress | Text | Citation | Withdrawn | Done
