"""Sources: how far each is, and what stands in its way."""

from dataclasses import dataclass

from sync.model import Cursor
from sync.state import lease as leases
from sync.state.queries._file_counts import FileCount, file_counts
from sync.state.queries._rows import all_of, first_of
from sync.state.queries.wanted import PAIRS, UNREAD, UNSETTLED
from sync.state.transaction import Reader

_COLUMNS = """name, kind, changes_cursor, snapshot_cursor, snapshot_done, epoch, lease_token, lease_until, lease_holder,
    not_before, failures, error, synced_at, audited_at, stores_audited_at, audience_cursor, audience_done, push,
    wakes AS change_seq, heard AS polled_seq, heard_at AS polled_at, paused_by"""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the state holds of one source; the defaults are those of a source that no turn has worked on.

    `snapshot_cursor`: None where no complete listing is under way, '' where one is about to start. `change_seq` numbers
    the news of the source, `polled_seq` is the last of it that a turn has asked about, which began to at `polled_at`.
    `not_before`: 0, or when it may be asked again after a failure. Times are epoch seconds, 0 for never.
    """

    name: str
    kind: str = ""
    changes_cursor: Cursor | None = None
    snapshot_cursor: Cursor | None = None
    snapshot_done: float = 0.0
    epoch: int = 0
    lease_token: int = 0
    lease_until: float = 0.0
    lease_holder: str = ""
    not_before: float = 0.0
    failures: int = 0
    error: str = ""
    synced_at: float = 0.0
    audited_at: float = 0.0
    stores_audited_at: float = 0.0
    audience_cursor: Cursor | None = None
    audience_done: float = 0.0
    push: str = ""
    change_seq: int = 0
    polled_seq: int = 0
    polled_at: float = 0.0
    paused_by: str = ""

    @property
    def has_news(self) -> bool:
        """Whether a change was signalled that no turn has asked the source about."""
        return self.change_seq > self.polled_seq

    @property
    def listing(self) -> bool:
        """Whether a complete listing is under way."""
        return self.snapshot_cursor is not None

    def is_leased(self, now: float) -> bool:
        """Whether a turn works on the source."""
        return leases.in_force(self.lease_until, self.lease_holder, now)


@dataclass(frozen=True, slots=True)
class Newest:
    """The numbers of the newest run on a source and of the newest generation; 0 where there is none."""

    run: int
    generation: int


@dataclass(frozen=True, slots=True)
class ProgressMark:
    """Equal for as long as no worker gets anywhere with a source."""

    changes_cursor: str | None
    snapshot_cursor: str | None
    epoch: int
    documents: tuple[FileCount, ...]
    unread: int
    unsettled: int
    garbage: int


def source(state: Reader, name: str) -> SourceState:
    """The source as the state knows it; as a new one where no turn has worked on it yet."""
    found = first_of(SourceState, state.ask(f"SELECT {_COLUMNS} FROM sources WHERE name = :name", name=name))
    return found or SourceState(name)


def sources(state: Reader) -> list[SourceState]:
    """Every source that a turn ever worked on, configured or not."""
    return all_of(SourceState, state.ask(f"SELECT {_COLUMNS} FROM sources ORDER BY name"))


def searchable_sources(state: Reader) -> list[SourceState]:
    """The sources of which a store holds a document, configured or not."""
    searchable = {count.source for count in file_counts(state) if count.generations}
    return [one for one in sources(state) if one.name in searchable]


def newest(state: Reader, source: str) -> Newest:
    """The newest of what a turn on the source and an operator begin."""
    [row] = state.ask(
        """SELECT (SELECT coalesce(max(id), 0) FROM runs WHERE source = :source) AS run,
                  (SELECT coalesce(max(id), 0) FROM generations) AS generation""",
        source=source,
    )
    return Newest(row.run, row.generation)


def sources_with_newest(state: Reader) -> dict[str, tuple[SourceState, Newest]]:
    """Every source that a turn ever worked on, by name, with the newest run on it: all that a schedule asks."""
    rows = state.ask(
        f"""SELECT {_COLUMNS}, (SELECT coalesce(max(r.id), 0) FROM runs r WHERE r.source = s.name) AS newest_run,
                   (SELECT coalesce(max(g.id), 0) FROM generations g) AS newest_generation
            FROM sources s"""
    )
    found = {}
    for row in rows:
        columns = row._asdict()
        seen = Newest(columns.pop("newest_run"), columns.pop("newest_generation"))
        found[row.name] = (SourceState(**columns), seen)
    return found


def all_listed(state: Reader, names: list[str]) -> bool:
    """Whether each of the sources was listed completely, and none is being listed again."""
    [row] = state.ask(
        """SELECT count(*) AS number FROM sources
           WHERE name IN :names AND snapshot_cursor IS NULL AND changes_cursor IS NOT NULL""",
        names=names,
    )
    return int(row.number) == len(set(names))


def progress_mark(state: Reader, source: str) -> ProgressMark | None:
    """How far the source is; None before its first turn."""
    rows = state.ask(
        f"""SELECT s.changes_cursor, s.snapshot_cursor, s.epoch,
              (SELECT count(*) FROM documents d WHERE d.source = s.name AND {UNREAD}) AS unread,
              (SELECT count(*) {PAIRS} AND c.source = s.name AND g.state <> 'dropping' AND {UNSETTLED}) AS unsettled,
              (SELECT count(*) FROM garbage WHERE source = s.name) AS garbage
            FROM sources s WHERE s.name = :name""",
        name=source,
    )
    counts = tuple(sorted(file_counts(state, source), key=lambda count: sorted(count.generations)))
    return ProgressMark(documents=counts, **rows[0]._asdict()) if rows else None
