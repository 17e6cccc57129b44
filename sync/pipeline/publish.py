"""publish: what we hold, into every generation that wants it; what no longer belongs there goes first."""

import json
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy import Row

from sync.errors import Misconfigured, Missing, Retryable, Stopping
from sync.model import Audience, Document, FileId
from sync.pipeline import generations, outcomes
from sync.pipeline.garbage import collect
from sync.pipeline.plan import Entry, Work
from sync.pipeline.publisher import GenerationPublisher
from sync.pipeline.removal import remove_entry
from sync.pipeline.turn import Turn
from sync.rendering import RENDER_VERSION, moment, render, rendered
from sync.state import queries
from sync.state.queries import Generation

SLICE = 500  # documents that go into every generation before the next ones: uploads never wait for a second index


def publish(turn: Turn) -> None:
    """Settle every due document of the source in every live generation, or stop when the turn is over.

    One document's failure is that document's: refused content is a problem, a passing failure waits. Raises
    Misconfigured at once, and Retryable when the index fails several times in a row.
    """
    withdraw(turn)
    collect(turn)
    lost = _fill(turn, [GenerationPublisher(turn, generation) for generation in queries.live_generations(turn.state)])
    _drop_contents(turn)
    if lost:
        raise lost


def withdraw(turn: Turn) -> None:
    """Take documents out of indexes they are not for, and out of generations that are being dropped."""
    while not turn.over:
        rows = queries.unwanted(turn.state, turn.source.name, limit=500)
        if not rows:
            return
        with turn.state.commit(turn.lease) as tx:
            for row in rows:
                remove_entry(tx, turn.source.name, row.document, row.generation, store_goes=bool(row.store_goes))
        turn.count("withdrawn", len(rows))


def _fill(turn: Turn, fills: list[GenerationPublisher]) -> Misconfigured | None:
    """Fill the generations side by side, slice after slice; returns the failure of one whose store is gone.

    The others are filled all the same: one of them may take its place.
    """
    lost: Misconfigured | None = None
    slices: Iterator[Callable[[GenerationPublisher], None]] = (
        partial(_fill_slice, turn, *ids) for ids in _slices(turn)
    )
    for step in chain(slices, [GenerationPublisher.finish]):
        for fill in list(fills):
            try:
                step(fill)
            except Missing as error:
                fills.remove(fill)
                fill.record_uploads()
                if not generations.abandon_if_draining(turn.state, fill.generation):
                    lost = _store_gone(fill.generation, error)
            except (Retryable, Misconfigured, Stopping):
                for other in fills:
                    other.record_uploads()
                raise
    return lost


def _slices(turn: Turn) -> Iterator[tuple[int, int]]:
    """Ranges of document ids, exclusive and inclusive, that hold what any generation wants now."""
    after = 0
    while not turn.over:
        last = queries.end_of_slice(turn.state, turn.source.name, after=after, size=SLICE)
        if last is None:
            return
        yield after, last
        after = last


def _fill_slice(turn: Turn, after: int, last: int, fill: GenerationPublisher) -> None:
    for work in _wanted(turn, fill.generation, after, last):
        fill.take(work)
    fill.record()


def _store_gone(generation: Generation, error: Missing) -> Misconfigured:
    gone = Misconfigured(
        f"index {generation.index!r}: its vector store {generation.store} is not there; check openai.api_key, project "
        f"and base_url; if it was deleted, `answerwell reindex {generation.index}` fills a new one"
    )
    gone.__cause__ = error
    return gone


def _wanted(turn: Turn, generation: Generation, after: int, last: int) -> Iterator[Work]:
    while not turn.over:
        rows = queries.unsettled(turn.state, turn.source.name, generation.id, after=after, last=last, limit=50)
        if not rows:
            return
        reusable = queries.uploaded(turn.state, generation.id, [row.id for row in rows])
        for row in rows:
            if turn.over:
                return
            work = _work(turn, row, reusable.get(row.id, []))
            if work is not None:
                yield work
            else:
                outcomes.empty(turn, generation, row.id, row.content_version, row.problem)
        after = rows[-1].id


def _work(turn: Turn, row: Row[Any], reusable: list[Row[Any]]) -> Work | None:
    """The document as this generation wants it; None when it has no text to find."""
    body = zlib.decompress(row.body).decode() if row.body is not None else None
    document = _document(row, body or "")
    source, installation = turn.source.name, turn.state.installation
    if body is None:
        held = next((r for r in reusable if (r.version, r.render) == (row.content_version, RENDER_VERSION)), None)
        known = held.content_hash if held else "not held"
        shown = rendered(document, source=source, installation=installation, content=b"", content_hash=known)
    elif not body.strip():
        return None
    else:
        shown = render(document, source=source, installation=installation)
    entry = Entry(
        file=row.file,
        content_hash=row.content_hash,
        metadata_hash=row.metadata_hash,
        pending=row.pending,
        pending_hash=row.pending_hash,
        attempts=row.tries or 0,
        uploaded={r.content_hash: FileId(r.file) for r in reusable},
    )
    return Work(row.id, row.content_version, shown, entry)


def _document(row: Row[Any], body: str) -> Document:
    return Document(
        external_id=row.external_id,
        version=row.content_version,
        title=row.title,
        body=body,
        url=row.url,
        updated_at=moment(row.updated_at),
        audience=Audience(row.audience),
        language=row.language,
        breadcrumb=tuple(json.loads(row.breadcrumb)),
        labels=tuple(json.loads(row.labels)),
        attributes=json.loads(row.attributes),
    )


def _drop_contents(turn: Turn) -> None:
    """A source that must not be stored keeps no body of what every generation has."""
    if turn.source.store_content:
        return
    with turn.state.commit(turn.lease) as tx:
        tx.run(queries.SETTLED_CONTENTS_OUT, source=turn.source.name)
