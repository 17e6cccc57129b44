"""Counters (table `tallies`): what every process counts, added up; the one module that writes it."""

from sync.metrics import Counters
from sync.state.database import State
from sync.state.transaction import Transaction


def flush(state: State, counters: Counters) -> None:
    """Add everything counted to the state. Raises Retryable when that fails; nothing counted is lost then."""
    with counters.taken() as counted:
        if counted:
            with state.transaction() as tx:
                for (name, labels), value in sorted(counted.items()):  # in one order: no two processes lock crosswise
                    _add(tx, name, labels, value)


def _add(tx: Transaction, name: str, labels: str, value: float) -> None:
    tx.run(
        """INSERT INTO tallies (name, labels, value) VALUES (:name, :labels, :value)
           ON CONFLICT (name, labels) DO UPDATE SET value = tallies.value + excluded.value""",
        name=name,
        labels=labels,
        value=value,
    )
