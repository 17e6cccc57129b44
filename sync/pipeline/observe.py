"""observe: what the source shows, into the state. Each page is one commit: its rows and its cursor."""

import json
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from sync.config import Source
from sync.errors import CursorExpired, Retryable
from sync.model import Audience, Change, Cursor, Document, Page
from sync.pipeline.fingerprint import fingerprint, thin_content_problem
from sync.pipeline.turn import Turn
from sync.state import queries, request_log
from sync.state.database import State, Transaction


def observe(turn: Turn) -> None:
    """Read what changed, then the snapshot that is under way, until both are done or the turn is over.

    Raises what the connector raises; every page read before is committed, and the next turn goes on after it.
    """
    source = queries.source(turn.state, turn.source.name)
    fresh = source.changes_cursor is None
    if fresh:
        _begin(turn, expired=True)
    else:
        _read_changes(turn, Cursor(source.changes_cursor))
        _begin_if_due(turn)
    _read_snapshot(turn)
    _read_audiences(turn)


def snapshot_due(state: State, wanted: Source) -> bool:
    """Whether a snapshot should start: asked for, or the last complete one is `snapshot_every` ago."""
    source = queries.source(state, wanted.name)
    asked = queries.full_listing_asked(state, wanted.name)
    return asked or state.now() - source.snapshot_done >= wanted.snapshot_every.total_seconds()


def store_document(tx: Transaction, row: int, document: Document) -> None:
    """Write a document as it is now; its version is then both known and held."""
    tx.run(
        """UPDATE documents SET version = :version, content_version = :version, title = :title, url = :url,
             audience = :audience, language = :language, updated_at = :updated_at, breadcrumb = :breadcrumb,
             labels = :labels, attributes = :attributes, problem = :problem, likeness = :likeness,
             released = 0, attempts = 0, not_before = 0, error = ''
           WHERE id = :id""",
        id=row,
        version=document.version,
        title=_storable(document.title),
        url=_storable(document.url),
        audience=document.audience.value,
        language=document.language,
        updated_at=document.updated_at.timestamp(),
        breadcrumb=_storable(json.dumps(document.breadcrumb, ensure_ascii=False)),
        labels=_storable(json.dumps(document.labels, ensure_ascii=False)),
        attributes=_storable(json.dumps(dict(document.attributes), ensure_ascii=False)),
        problem=_storable(document.problem or thin_content_problem(document.body)),
        likeness=fingerprint(document.body),
    )
    tx.run(
        """INSERT INTO contents (document, body) VALUES (:id, :body)
           ON CONFLICT (document) DO UPDATE SET body = excluded.body""",
        id=row,
        body=zlib.compress(document.body.encode("utf-8", errors="replace"), 1),
    )


def _storable(value: str) -> str:
    """Half a surrogate pair and NUL are text that no database keeps."""
    return value.encode("utf-8", errors="replace").decode().replace("\0", "")


def _read_changes(turn: Turn, cursor: Cursor) -> None:
    epoch = queries.source(turn.state, turn.source.name).epoch
    while not turn.over:
        try:
            page = turn.source.connector.changes(cursor)
        except CursorExpired:
            _begin(turn, expired=True)
            return
        with turn.state.commit(turn.lease) as tx:
            seen = write(tx, turn, page, epoch)
            tx.run("UPDATE sources SET changes_cursor = :c WHERE name = :s", c=page.cursor, s=turn.source.name)
        _count(turn, seen)
        if not page.more:
            return
        check_advance(cursor, page, "changes")
        cursor = page.cursor


def _begin_if_due(turn: Turn) -> None:
    under_way = queries.source(turn.state, turn.source.name).snapshot_cursor is not None
    if snapshot_due(turn.state, turn.source) and not under_way:
        _begin(turn, expired=False)


def _begin(turn: Turn, *, expired: bool) -> None:
    """Start a snapshot; `expired`: the changes cursor starts anew too, at a head taken before the first page."""
    head = turn.source.connector.head() if expired else None  # what changes meanwhile is seen twice, never missed
    with turn.state.commit(turn.lease) as tx:
        tx.run(
            """UPDATE sources SET snapshot_cursor = '', epoch = epoch + 1,
                 changes_cursor = coalesce(:head, changes_cursor)
               WHERE name = :source""",
            head=head,
            source=turn.source.name,
        )
        request_log.finish_full(tx, turn.source.name, turn.state.now())


def _read_snapshot(turn: Turn) -> None:
    while not turn.over:
        source = queries.source(turn.state, turn.source.name)
        if source.snapshot_cursor is None:
            return
        cursor = Cursor(source.snapshot_cursor) if source.snapshot_cursor else None
        try:
            page = turn.source.connector.snapshot(cursor)
        except CursorExpired:
            _begin(turn, expired=False)
            continue
        if page.more:
            check_advance(cursor, page, "snapshot")
        with turn.state.commit(turn.lease) as tx:
            seen = write(tx, turn, page, source.epoch)
            if page.more:
                tx.run("UPDATE sources SET snapshot_cursor = :c WHERE name = :s", c=page.cursor, s=turn.source.name)
            else:
                _complete(tx, turn, source.epoch)
        _count(turn, seen)


def _read_audiences(turn: Turn) -> None:
    """Look at who may read what, if that is due; a listing that is cut short goes on in the next turn."""
    source = queries.source(turn.state, turn.source.name)
    if turn.source.audiences is None or source.snapshot_cursor is not None:  # a snapshot looks at it all
        return
    if turn.state.now() - source.audience_done < turn.source.audience_every.total_seconds():
        return
    cursor = Cursor(source.audience_cursor) if source.audience_cursor else None
    more = True
    while more and not turn.over:
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
            tx.run(
                """UPDATE sources SET audience_cursor = :cursor, audience_done = coalesce(:done, audience_done)
                   WHERE name = :source""",
                cursor=page.cursor if page.more else None,
                done=None if page.more else turn.state.now(),
                source=turn.source.name,
            )
        _count(turn, seen)
        cursor, more = page.cursor, page.more


def _complete(tx: Transaction, turn: Turn, epoch: int) -> None:
    """The listing says it was complete: what it did not show is believed gone, and no more than that."""
    tx.run(
        """UPDATE documents SET version = NULL, changed_at = :now
           WHERE source = :source AND epoch < :epoch AND version IS NOT NULL""",
        now=turn.state.now(),
        source=turn.source.name,
        epoch=epoch,
    )
    tx.run(
        """UPDATE sources SET snapshot_cursor = NULL, snapshot_done = :now, audience_cursor = NULL, audience_done = :now
           WHERE name = :source""",
        now=turn.state.now(),
        source=turn.source.name,
    )


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
    changes = {change.external_id: change for change in page.changes}  # the last word on each document
    known = _known(tx, turn.source.name, list(changes))
    same: list[int] = []
    for change in changes.values():
        row = known.get(change.external_id)
        if change.version is not None and (row is None or row.version != change.version):
            seen["added" if row is None else "changed"] += 1
        if change.version is None:
            if row is not None and row.version is not None:
                tx.run(
                    "UPDATE documents SET version = NULL, changed_at = :now WHERE id = :id",
                    now=turn.state.now(),
                    id=row.id,
                )
        elif row is not None and row.version == row.content_version == change.version:
            same.append(row.id)
        else:
            document = _mark(tx, turn, change, epoch)
            if change.document is not None and not _needs_confirmation(change, row):
                store_document(tx, document, change.document)
    if same:
        tx.run("UPDATE documents SET epoch = :epoch, released = 0 WHERE id IN :ids", epoch=epoch, ids=same)
    return seen


def _needs_confirmation(change: Change, row: Row[Any] | None) -> bool:
    """Whether only a missing line in a public listing would demote what readers may see today."""
    return change.unconfirmed and row is not None and row.audience == Audience.PUBLIC.value


def _mark(tx: Transaction, turn: Turn, change: Change, epoch: int) -> int:
    """Write that the document has this version now, and return its id."""
    [row] = tx.ask(
        """INSERT INTO documents (source, external_id, version, epoch, changed_at)
           VALUES (:source, :external_id, :version, :epoch, :now)
           ON CONFLICT (source, external_id) DO UPDATE SET
             version = excluded.version, epoch = excluded.epoch, released = 0,
             attempts = CASE WHEN documents.version = excluded.version THEN documents.attempts ELSE 0 END,
             not_before = CASE WHEN documents.version = excluded.version THEN documents.not_before ELSE 0 END,
             changed_at = CASE WHEN documents.version = excluded.version THEN documents.changed_at
                               ELSE excluded.changed_at END
           RETURNING id""",
        now=turn.state.now(),
        source=turn.source.name,
        external_id=change.external_id,
        version=change.version,
        epoch=epoch,
    )
    return int(row.id)


def _known(tx: Transaction, source: str, external_ids: Sequence[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(external_ids), 500):
        rows = tx.ask(
            """SELECT id, external_id, version, content_version, audience FROM documents
               WHERE source = :source AND external_id IN :ids""",
            source=source,
            ids=list(external_ids[start : start + 500]),
        )
        found.update({row.external_id: row for row in rows})
    return found
