"""Publishing: what we hold, into every generation that wants it; what no longer belongs there goes first."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import structlog

from sync.errors import Misconfigured, Missing, Retryable, Stopping
from sync.pipeline import generations, outcomes
from sync.pipeline.garbage import collect
from sync.pipeline.plan import Work
from sync.pipeline.publisher import GenerationPublisher
from sync.pipeline.removal import remove_entry
from sync.pipeline.turn import Turn, fault_of
from sync.rendering import RENDER_VERSION, render, rendered
from sync.state import candidates, documents, queries
from sync.state.queries import Entry, Generation, ReusableFile, UnsettledDocument

log = structlog.get_logger()

SLICE = 500  # documents that go into every generation before the next ones: uploads never wait for a second index
CHECKED_AT_ONCE = 1000
MAX_ID = 2**63 - 1


def publish(turn: Turn) -> None:
    """Settle every due document of the source in every live generation, or stop when the turn is over.

    One document's failure is that document's: refused content is a problem, a passing failure waits. Raises
    Misconfigured at once, and Retryable when the index fails several times in a row.
    """
    withdraw(turn)
    collect(turn)
    usable = [generation for generation in queries.live_generations(turn.state) if not generation.problem]
    publishers = [GenerationPublisher(turn, generation) for generation in usable]
    lost = _publish_all(turn, publishers)
    check_off(turn)
    if lost:
        raise lost


def withdraw(turn: Turn) -> None:
    """Take documents out of indexes they are not for, and out of generations that are being dropped."""
    while not turn.should_stop:
        found = queries.unwanted(turn.state, turn.source.name, limit=500)
        if not found:
            return
        with turn.state.commit(turn.lease) as tx:
            for entry in found:
                remove_entry(tx, turn.source.name, entry.document, entry.generation, store_goes=entry.store_goes)
        turn.count("withdrawn", len(found))


def check_off(turn: Turn, *, last: int = MAX_ID) -> None:
    """Look no more at documents, up to that id, of which every generation has what it wants.

    A source that must not be stored keeps no body of them.
    """
    after = 0
    while not turn.stop.asked:
        found = queries.idle_candidates(turn.state, turn.source.name, after=after, last=last, limit=CHECKED_AT_ONCE)
        if not found:
            return
        with turn.state.commit(turn.lease) as tx:
            candidates.check_off(tx, found)
            if not turn.source.store_content:
                documents.drop_contents(tx, [one.document for one in found])
        after = found[-1].document


def _publish_all(turn: Turn, publishers: list[GenerationPublisher]) -> Misconfigured | None:
    """Fill the generations side by side, slice after slice; returns the failure of one whose store is gone.

    The others are filled all the same: one of them may take its place.
    """
    lost: Misconfigured | None = None
    slices: Iterator[Callable[[GenerationPublisher], None]] = (
        partial(_publish_slice, turn, *ids) for ids in _slices(turn)
    )
    for step in chain(slices, [GenerationPublisher.finish]):
        for publisher in list(publishers):
            try:
                step(publisher)
            except Missing as error:
                publishers.remove(publisher)
                publisher.record_uploads()
                if not generations.abandon_if_draining(turn.state, publisher.generation):
                    lost = _store_gone(publisher.generation, error)
            except (Retryable, Misconfigured, Stopping):
                for other in publishers:
                    other.record_uploads()
                raise
    return lost


def _slices(turn: Turn) -> Iterator[tuple[int, int]]:
    """Ranges of document ids, exclusive and inclusive, that hold what any generation wants now."""
    after = 0
    while not turn.should_stop:
        last = queries.end_of_slice(turn.state, turn.source.name, after=after, size=SLICE)
        if last is None:
            return
        yield after, last
        check_off(turn, last=after)  # of the slice before: what is under way is looked at once more
        after = last


def _publish_slice(turn: Turn, after: int, last: int, publisher: GenerationPublisher) -> None:
    for work in _wanted(turn, publisher.generation, after, last):
        publisher.take(work)
    publisher.record()


def _store_gone(generation: Generation, error: Missing) -> Misconfigured:
    problem = "is not there; check openai.api_key, project and base_url; if it was deleted"
    gone = Misconfigured(queries.store_error(generation, problem))
    gone.__cause__ = error
    return gone


def _wanted(turn: Turn, generation: Generation, after: int, last: int) -> Iterator[Work]:
    while not turn.should_stop:
        found = queries.unsettled(turn.state, turn.source.name, generation.id, after=after, last=last, limit=50)
        if not found:
            return
        reusable = queries.reusable_files(turn.state, generation.id, [wanted.id for wanted in found])
        for wanted in found:
            if turn.should_stop:
                return
            try:
                work = _work(turn, wanted, reusable.get(wanted.id, []))
            except Exception as error:  # what cannot be rendered is that document's problem, and no other's
                log.exception("document_unrenderable", source=turn.source.name, document=wanted.id)
                reason = f"it cannot be rendered ({fault_of(error)}); please report it"
                outcomes.empty(turn, generation, wanted.id, wanted.version, reason)
                continue
            if work is not None:
                yield work
            else:
                outcomes.empty(turn, generation, wanted.id, wanted.version, wanted.problem)
        after = found[-1].id


def _work(turn: Turn, wanted: UnsettledDocument, reusable: list[ReusableFile]) -> Work | None:
    """The document as this generation wants it; None when it has no text to find."""
    body = wanted.text
    document = wanted.document(body or "")
    source, installation = turn.source.name, turn.state.installation
    if body is None:
        held = next((r for r in reusable if (r.version, r.render) == (wanted.version, RENDER_VERSION)), None)
        known = held.content_hash if held else "not held"
        shown = rendered(document, source=source, installation=installation, content=b"", content_hash=known)
    elif not body.strip():
        return None
    else:
        shown = render(document, source=source, installation=installation)
    entry = Entry(
        file=wanted.file,
        content_hash=wanted.content_hash,
        metadata_hash=wanted.metadata_hash,
        pending=wanted.pending,
        pending_hash=wanted.pending_hash,
        attempts=wanted.attempts,
        uploaded={r.content_hash: r.file for r in reusable},
    )
    return Work(wanted.id, wanted.version, shown, entry)
