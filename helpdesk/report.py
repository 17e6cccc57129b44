"""What is kept of past conversations, in figures."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from helpdesk import pairs
from helpdesk.pairs import Pair
from helpdesk.state import history
from sync.state.database import State

TOPICS = 20


@dataclass(slots=True)
class HistoryReport:
    """Counts by what is counted. `first` and `last`: when the conversations were solved; None without any."""

    conversations: int = 0
    usable: int = 0
    first: datetime | None = None
    last: datetime | None = None
    languages: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)


def report(state: State, sources: Collection[str] | None = None) -> HistoryReport:
    """Count what is kept. A topic is a tag, or else the group."""
    found = HistoryReport()
    for source, one, told in pairs.read(state, sources):
        found.conversations += 1
        found.sources[source] += 1
        found.languages[one.language or "unknown"] += 1
        found.topics.update(one.tags or ([one.group] if one.group else ["no topic"]))
        if isinstance(told, Pair):
            found.usable += 1
        else:
            found.unusable[told.value] += 1
        if one.solved_at:
            found.first = min(found.first or one.solved_at, one.solved_at)
            found.last = max(found.last or one.solved_at, one.solved_at)
    return found


def as_json(state: State, found: HistoryReport) -> dict[str, object]:
    """The report as `answerwell history --json` prints it; `desks`: how far each was read, and what went wrong."""
    return {
        "conversations": found.conversations,
        "usable": found.usable,
        "first": found.first.isoformat() if found.first else None,
        "last": found.last.isoformat() if found.last else None,
        "languages": dict(found.languages.most_common()),
        "topics": [{"name": name, "count": count} for name, count in found.topics.most_common(TOPICS)],
        "unusable": dict(found.unusable.most_common()),
        "desks": history.standing(state),
    }
