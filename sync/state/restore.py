"""Restore: what a backup may still claim once it is put back."""

from sync.state import entries, files, generations, installation, runs, sources
from sync.state.transaction import Transaction


def settle(tx: Transaction, *, anew: bool) -> None:
    """Free every lease, and doubt every upload since; `anew`: become another installation with stores of its own."""
    sources.reset_after_restore(tx)
    runs.doubt_last(tx)
    if anew:
        entries.clear(tx)
        files.clear(tx)
        generations.clear(tx)
        installation.make_anew(tx)
