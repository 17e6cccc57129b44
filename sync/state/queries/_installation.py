"""Installation: its id, and what all its processes counted."""

import json

from sync.metrics import Sample
from sync.state.transaction import Reader


def installation(state: Reader) -> str:
    """The id of this installation in the names of its files."""
    return str(state.ask("SELECT id FROM installation")[0].id)


def counters(state: Reader) -> list[Sample]:
    """Everything that was ever counted by any process, in a fixed order."""
    rows = state.ask("SELECT name, labels, value FROM tallies ORDER BY name, labels")
    return [Sample(row.name, json.loads(row.labels), row.value) for row in rows]
