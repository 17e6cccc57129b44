"""Sources table: leases, cursors, how turns ended and what was signalled; the one module that writes it."""

from sync.errors import LeaseLost
from sync.model import Cursor
from sync.state import lease as leases
from sync.state import queries
from sync.state.lease import Lease
from sync.state.transaction import Transaction


def register(tx: Transaction, name: str, kind: str) -> None:
    """Make the source known, so that a lease can be taken on it; one that is known keeps all but its kind."""
    tx.run(
        """INSERT INTO sources (name, kind) VALUES (:name, :kind)
           ON CONFLICT (name) DO UPDATE SET kind = excluded.kind""",
        name=name,
        kind=kind,
    )


def delete(tx: Transaction, name: str) -> None:
    """Forget a source that has no documents any more."""
    tx.run("DELETE FROM sources WHERE name = :name", name=name)


def acquire(tx: Transaction, name: str, holder: str, now: float) -> Lease | None:
    """Take the source's lease if no process holds it, or only one that is provably dead; None: it is held."""
    source = queries.source(tx, name)
    if source.is_leased(now):
        return None
    taken = tx.run(
        """UPDATE sources SET lease_token = lease_token + 1, lease_until = :until, lease_holder = :holder
           WHERE name = :name AND lease_token = :token AND lease_until = :seen""",
        name=name,
        token=source.lease_token,
        seen=source.lease_until,
        until=now + leases.TERM.total_seconds(),
        holder=holder,
    )
    return Lease(name, source.lease_token + 1) if taken else None


def renew(tx: Transaction, lease: Lease, now: float) -> None:
    """Extend the lease. Raises LeaseLost when another worker holds it."""
    renewed = tx.run(
        "UPDATE sources SET lease_until = :until WHERE name = :name AND lease_token = :token AND lease_until > 0",
        until=now + leases.TERM.total_seconds(),
        name=lease.source,
        token=lease.token,
    )
    if not renewed:
        raise LeaseLost(f"{lease.source}: another worker took over; nothing was committed")


def release(tx: Transaction, lease: Lease) -> None:
    """Give the lease back; nothing happens if it is not ours any more."""
    tx.run(
        "UPDATE sources SET lease_until = 0, lease_holder = '' WHERE name = :name AND lease_token = :token",
        name=lease.source,
        token=lease.token,
    )


def signal_change(tx: Transaction, name: str) -> int:
    """Note that there is news of the source; returns its number, 0 where no such source is registered."""
    rows = tx.ask("UPDATE sources SET wakes = wakes + 1 WHERE name = :name RETURNING wakes", name=name)
    return int(rows[0].wakes) if rows else 0


def signal_failed(tx: Transaction) -> None:
    """Have every source that failed tried again: what it failed at may be gone."""
    tx.run("UPDATE sources SET wakes = wakes + 1 WHERE error <> ''")


def set_paused(tx: Transaction, name: str, paused_by: str) -> None:
    """Have no turn begin on the source while `paused_by` names a person; '' lets them begin again."""
    tx.run("UPDATE sources SET paused_by = :by WHERE name = :name", by=paused_by, name=name)


def mark_polled(tx: Transaction, name: str, *, change_seq: int, at: float) -> None:
    """Note that the source was asked about all news up to this number, by a turn that began to at that time."""
    tx.run(
        """UPDATE sources SET heard = CASE WHEN heard < :change_seq THEN :change_seq ELSE heard END, heard_at = :at
           WHERE name = :name""",
        change_seq=change_seq,
        at=at,
        name=name,
    )


def begin_listing(tx: Transaction, name: str, head: Cursor | None) -> None:
    """Start a complete listing; with a head, the changes cursor starts anew there."""
    tx.run(
        """UPDATE sources SET snapshot_cursor = '', epoch = epoch + 1,
             changes_cursor = coalesce(:head, changes_cursor)
           WHERE name = :source""",
        head=head,
        source=name,
    )


def set_changes_cursor(tx: Transaction, name: str, cursor: Cursor) -> None:
    tx.run("UPDATE sources SET changes_cursor = :cursor WHERE name = :name", cursor=cursor, name=name)


def set_snapshot_cursor(tx: Transaction, name: str, cursor: Cursor) -> None:
    tx.run("UPDATE sources SET snapshot_cursor = :cursor WHERE name = :name", cursor=cursor, name=name)


def end_listing(tx: Transaction, name: str, now: float) -> None:
    """Note that everything was listed, who may read it included."""
    tx.run(
        """UPDATE sources SET snapshot_cursor = NULL, snapshot_done = :now, audience_cursor = NULL, audience_done = :now
           WHERE name = :name""",
        now=now,
        name=name,
    )


def set_audience_cursor(tx: Transaction, name: str, cursor: Cursor | None, *, done: float | None) -> None:
    """Where the look at who may read what goes on; `done`: when it was complete, None while it is not."""
    tx.run(
        """UPDATE sources SET audience_cursor = :cursor, audience_done = coalesce(:done, audience_done)
           WHERE name = :name""",
        cursor=cursor,
        done=done,
        name=name,
    )


def set_push(tx: Transaction, name: str, note: str) -> None:
    """Keep the connector's own note of the channel by which its vendor calls us."""
    tx.run("UPDATE sources SET push = :note WHERE name = :name", note=note, name=name)


def record_success(tx: Transaction, name: str, now: float) -> None:
    """Note that a turn ended well; a source that still waits after a failure was not asked, and goes on waiting."""
    tx.run(
        """UPDATE sources SET error = '', failures = 0, not_before = 0, synced_at = :now
           WHERE name = :name AND not_before <= :now""",
        now=now,
        name=name,
    )


def record_failure(tx: Transaction, name: str, error: str, *, failures: int, not_before: float) -> None:
    """Note why a turn failed; `not_before` 0: a changed setting helps, not a wait."""
    tx.run(
        "UPDATE sources SET error = :error, failures = :failures, not_before = :until WHERE name = :name",
        error=error,
        failures=failures,
        until=not_before,
        name=name,
    )


def end_wait(tx: Transaction, name: str) -> None:
    """Have the source asked by the next turn, whatever it failed at before."""
    tx.run("UPDATE sources SET not_before = 0 WHERE name = :name AND not_before > 0", name=name)


def record_audit(tx: Transaction, name: str, now: float, *, stores: bool = False) -> None:
    """Note that no upload from before now is in doubt; `stores`: that the stores were compared."""
    column = "stores_audited_at" if stores else "audited_at"
    tx.run(f"UPDATE sources SET {column} = :now WHERE name = :name", now=now, name=name)


def hold_off_commits(tx: Transaction) -> None:
    """Have every commit for a source wait until this transaction has ended."""
    tx.run("UPDATE sources SET kind = kind")


def reset_after_restore(tx: Transaction) -> None:
    """No process holds a lease in a backup, every source may have news, and no upload since is accounted for."""
    tx.run(
        """UPDATE sources SET lease_until = 0, lease_holder = '', audited_at = 0, stores_audited_at = 0,
             wakes = wakes + 1"""
    )
