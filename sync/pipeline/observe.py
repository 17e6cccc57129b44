"""Incremental sync: `observe` reads what a source shows into the state; a page is one commit, with its cursor."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from sync.config import Source
from sync.errors import CursorExpired, Incomplete, Retryable
from sync.model import Audience, Change, Cursor, Document, Page
from sync.pipeline.fingerprint import fingerprint, thin_content_problem
from sync.pipeline.turn import Turn, fault_of
from sync.state import documents, queries, request_log, sources
from sync.state.database import State
from sync.state.queries import DocumentState
from sync.state.transaction import Transaction

log = structlog.get_logger()

EPOCH = datetime.fromtimestamp(0, UTC)


def observe(turn: Turn) -> bool:
    """Read what changed, then the snapshot that is under way, until both are done or the turn is over.

    Returns whether both came to their end, however long that took. Raises what the connector raises; every page read
    before is committed, and the next turn goes on after it. A mistake in one listing leaves the others to be read.
    """
    ended = False
    with turn.isolated("beginning to read"):
        ended = _follow(turn)
    with turn.isolated("listing everything"):
        _read_snapshot(turn)
    with turn.isolated("looking at who may read what"):
        _read_audiences(turn)
    return ended and not queries.source(turn.state, turn.source.name).listing


def snapshot_due(state: State, wanted: Source) -> bool:
    """Whether a snapshot should start: asked for, or the last complete one is `snapshot_every` ago."""
    if queries.full_listing_asked(state, wanted.name):
        return True
    source = queries.source(state, wanted.name)
    return state.now() - source.snapshot_done >= wanted.snapshot_every.total_seconds()


def store_documents(tx: Transaction, shown: Mapping[int, Document]) -> None:
    """Write documents, by id, as they are now; their versions are then both known and held.

    One that cannot be written as it is, is written as internal and empty, with that as its problem.
    """
    documents.store(tx, {document: _writable(document, one) for document, one in shown.items()})


def _writable(document: int, shown: Document) -> documents.Columns:
    try:
        return _columns(shown)
    except Exception as error:  # whatever a vendor sends in a field: it is this document's problem, and no other's
        log.exception("document_unstorable", document=document)
        return _columns(_unstorable(shown, error))


def _columns(shown: Document) -> documents.Columns:
    problem = shown.problem or thin_content_problem(shown.body)
    return documents.columns(shown, problem=problem, fingerprint=fingerprint(shown.body))


def _unstorable(shown: Document, error: Exception) -> Document:
    return Document(
        external_id=shown.external_id,
        version=shown.version,
        title=str(shown.title),
        body="",
        url=str(shown.url),
        updated_at=EPOCH,
        audience=Audience.INTERNAL,
        problem=f"it holds what cannot be kept ({fault_of(error)}); please report it",
    )


def _follow(turn: Turn) -> bool:
    """Read what changed since, and begin a complete listing where one is due; True unless changes are left."""
    source = queries.source(turn.state, turn.source.name)
    if turn.source.changes_after is not None and (source.listing or snapshot_due(turn.state, turn.source)):
        _begin_if_due(turn)  # the listing shows what changed, too
        return True
    if source.changes_cursor is None:
        _begin(turn, expired=True)
        return True
    ended = False
    with turn.isolated("reading what changed"):
        ended = _read_changes(turn, source.changes_cursor)
    _begin_if_due(turn)
    return ended


def _read_changes(turn: Turn, cursor: Cursor) -> bool:
    """Read page after page; False where the turn is over before the last one."""
    epoch = queries.source(turn.state, turn.source.name).epoch
    while not turn.should_stop:
        try:
            page = turn.source.connector.changes(cursor)
        except CursorExpired:
            _begin(turn, expired=True)
            return True
        except Incomplete as short:
            if short.restart is not None:
                with turn.state.commit(turn.lease) as tx:
                    sources.set_changes_cursor(tx, turn.source.name, Cursor(short.restart))
            raise
        with turn.state.commit(turn.lease) as tx:
            seen = write(tx, turn, page, epoch)
            sources.set_changes_cursor(tx, turn.source.name, page.cursor)
        _count(turn, seen)
        if not page.more:
            return True
        check_advance(cursor, page, "changes")
        cursor = page.cursor
    return False


def _begin_if_due(turn: Turn) -> None:
    under_way = queries.source(turn.state, turn.source.name).listing
    if snapshot_due(turn.state, turn.source) and not under_way:
        _begin(turn, expired=False)


def _begin(turn: Turn, *, expired: bool) -> None:
    """Start a snapshot; `expired`: the changes cursor starts anew too, at a head taken before the first page."""
    listed = turn.source.changes_after is not None  # its last page tells where changes go on
    head = turn.source.connector.head() if expired and not listed else None  # seen twice meanwhile, never missed
    with turn.state.commit(turn.lease) as tx:
        sources.begin_listing(tx, turn.source.name, head)
        request_log.finish_full(tx, turn.source.name, turn.state.now())


def _read_snapshot(turn: Turn) -> None:
    while not turn.should_stop:
        source = queries.source(turn.state, turn.source.name)
        if source.snapshot_cursor is None:
            return
        cursor = source.snapshot_cursor or None
        try:
            page = turn.source.connector.snapshot(cursor)
        except CursorExpired:
            _begin(turn, expired=False)
            continue
        except Incomplete:
            _begin(turn, expired=False)  # under a new epoch: what was listed so far may be gone meanwhile
            raise
        if page.more:
            check_advance(cursor, page, "snapshot")
        following = None if page.more or turn.source.changes_after is None else turn.source.changes_after(page.cursor)
        with turn.state.commit(turn.lease) as tx:
            seen = write(tx, turn, page, source.epoch)
            if page.more:
                sources.set_snapshot_cursor(tx, turn.source.name, page.cursor)
            else:
                _complete(tx, turn, source.epoch, following)
        _count(turn, seen)


def _read_audiences(turn: Turn) -> None:
    """Look at who may read what, if that is due; a listing that is cut short goes on in the next turn."""
    source = queries.source(turn.state, turn.source.name)
    if turn.source.audiences is None or source.listing:  # a snapshot looks at it all
        return
    if turn.state.now() - source.audience_done < turn.source.audience_every.total_seconds():
        return
    cursor = source.audience_cursor or None
    more = True
    while more and not turn.should_stop:
        try:
            page = turn.source.audiences(cursor)
        except CursorExpired:
            if cursor is None:
                raise
            cursor = None
            continue
        if page.more:
            check_advance(cursor, page, "audience")
        with turn.state.commit(turn.lease) as tx:
            seen = write(tx, turn, page, source.epoch)
            following, done = (page.cursor, None) if page.more else (None, turn.state.now())
            sources.set_audience_cursor(tx, turn.source.name, following, done=done)
        _count(turn, seen)
        cursor, more = page.cursor, page.more


def _complete(tx: Transaction, turn: Turn, epoch: int, following: Cursor | None) -> None:
    """The listing says it was complete: what it did not show is believed gone, and no more than that.

    `following`: where changes go on; None: where they were.
    """
    documents.believe_unlisted_gone(tx, turn.source.name, epoch=epoch, now=turn.state.now())
    if following is not None:
        sources.set_changes_cursor(tx, turn.source.name, following)
    sources.end_listing(tx, turn.source.name, turn.state.now())


def check_advance(before: Cursor | None, page: Page, listing: str) -> None:
    """Raise Retryable if more is promised by a cursor that stands still: it would be read for ever."""
    if page.cursor == (before or ""):
        raise Retryable(f"the {listing} listing says there is more but its cursor stands still; it is read again later")


def _count(turn: Turn, seen: Counter[str]) -> None:
    for stage, by in seen.items():
        turn.count(stage, by)


def write(tx: Transaction, turn: Turn, page: Page, epoch: int) -> Counter[str]:
    """Write the page's rows; returns how many documents were observed, and how many of them are new or changed."""
    seen = Counter(observed=len(page.changes))
    changes = {change.external_id: change for change in map(_kept, page.changes)}  # the last word on each document
    known = queries.known_documents(tx, turn.source.name, list(changes))
    same: list[int] = []
    fresh: list[Change] = []
    for change in changes.values():
        before = known.get(change.external_id)
        if change.version is None:
            if before is not None:
                documents.believe_gone(tx, before, turn.state.now())
            continue
        if before is None or before.version != change.version:
            seen["added" if before is None else "changed"] += 1
        if before is not None and before.is_held_as(change.version):
            same.append(before.id)
            continue
        fresh.append(change)
    _write_fresh(tx, turn, fresh, known, epoch)
    documents.note_unchanged(tx, same, epoch=epoch)
    return seen


def _write_fresh(
    tx: Transaction, turn: Turn, fresh: Sequence[Change], known: Mapping[str, DocumentState], epoch: int
) -> None:
    """Write what is not held as it is shown: the versions, and the texts that the page carries."""
    documents.note_versions(tx, turn.source.name, fresh, epoch=epoch, now=turn.state.now())
    new = [change.external_id for change in fresh if change.external_id not in known]
    ids = {name: one.id for name, one in {**known, **queries.known_documents(tx, turn.source.name, new)}.items()}
    shown: dict[int, Document] = {}
    for change in fresh:
        document, before = ids[change.external_id], known.get(change.external_id)
        if change.closes and before is not None and before.audience is Audience.PUBLIC:
            documents.close(tx, document)  # its text may take long to be read, or never be
        if change.document is not None and not _needs_confirmation(change, before):
            shown[document] = change.document
    store_documents(tx, shown)


def _kept(change: Change) -> Change:
    """The change under an id and version that a database keeps."""
    external_id = documents.storable_name(change.external_id)
    version = None if change.version is None else documents.storable_name(change.version)
    same = external_id == change.external_id and version == change.version
    return change if same else replace(change, external_id=external_id, version=version)


def _needs_confirmation(change: Change, before: DocumentState | None) -> bool:
    """Whether only a missing line in a public listing would demote what readers may see today."""
    return change.unconfirmed and before is not None and before.audience is Audience.PUBLIC
