"""Errors, named by what the caller does about them.

SyncError
├── Retryable        try again, after `after` if the other side said when
│   └── Incomplete   a listing fell short of the source's own count: later, list anew from `restart`
├── Misconfigured    stop this source or index until a person changes a setting
├── Held             a source's removals wait for an operator; everything else goes on
├── Gone             the source confirms that it does not have the document: settle it by removal
├── Rejected         the index will never take this content: settle it as a visible problem
├── CursorExpired    the source no longer knows the cursor: start a snapshot
├── Missing          the index does not hold that file or store: put it there again
├── Stopping         this process was asked to end: leave everything as it is, the next turn goes on
└── LeaseLost        another worker owns the source: drop everything, it converges without us
"""

from datetime import timedelta


class SyncError(Exception):
    """Something a person or the loop has an answer to; its text says what failed, where, and the fix."""


class Retryable(SyncError):
    """A passing failure. `after` is the wait the other side asked for, None where it asked for none."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Incomplete(Retryable):
    """A listing shows less than the source counts: going on from its cursor never finds the rest.

    `restart`: the cursor from which the listing begins anew; None: a snapshot's beginning.
    """

    def __init__(self, message: str, restart: str | None = None) -> None:
        super().__init__(message)
        self.restart = restart


class Misconfigured(SyncError):
    """Nothing but a changed setting helps. The text names the setting."""


class Held(SyncError):
    """Too much of a source is believed gone at once; `answerwell approve-removals` lets the removals through."""


class Gone(SyncError):
    """The source answered, and the document is not among what `snapshot` would list."""


class Rejected(SyncError):
    """The index refuses the content for good: empty, unsupported, too large."""


class CursorExpired(SyncError):
    """The source cannot continue from that cursor."""


class Missing(SyncError):
    """The index does not hold the file or store it was asked to change."""


class Stopping(SyncError):
    """The process ends; what was done is kept, and another turn goes on from there."""


class LeaseLost(SyncError):
    """The source's lease has passed to another worker; nothing was committed."""
