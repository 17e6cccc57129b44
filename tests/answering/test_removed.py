"""What was removed, or is not for the reader any more, is neither shown nor told to a model, whatever a store finds."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from answering import citations
from answering.events import AnswerOutcome
from answering.model import Passage, SearchDone, TextDelta
from answering.scope import SearchScope
from answering.settings import AnsweringSettings
from sync.config import KnowledgeIndex
from sync.model import Audience, StoreId
from sync.pipeline import generations
from sync.state.database import State
from tests.answering.test_answers import Scripted as Model
from tests.answering.test_answers import answering, asked, done, read, shown
from tests.answering.wire import PRICED, answered, chunks, passage
from tests.awaiting import awaited

SECRET = "Refunds arrive within ninety-nine days."
OPEN = "We pay for the parcel."
MANAGED = "aw-abcd1234-s:old-0123456789ab.md"
PUBLIC = SearchScope("vs_public", {})
LENIENT = replace(PUBLIC, search_unmanaged=True)


@pytest.fixture
def state() -> Iterator[State]:
    """One public document, under another file in each of two stores; the internal one lags behind."""
    with closing(State.open("sqlite://")) as opened:
        for name in ("public", "internal"):
            one = KnowledgeIndex(name, frozenset(Audience), bound=StoreId(f"vs_{name}"))
            generations.prepare(opened, None, [one])  # type: ignore[arg-type]  # bound stores are not made
        opened.register({"s": "made-up"})
        with opened.transaction() as tx:
            tx.run(
                "INSERT INTO documents (source, external_id, epoch, title, audience) VALUES ('s','d',1,'T','public')"
            )
            for store, file in (("vs_public", "file-new"), ("vs_internal", "file-old")):
                tx.run(
                    """INSERT INTO entries (document, generation, file)
                       SELECT 1, id, :file FROM generations WHERE store = :store""",
                    store=store,
                    file=file,
                )
            tx.run(
                "INSERT INTO files (document, content_hash, file, version, render) VALUES (1,'h','file-old','v','1')"
            )
        yield opened


def found(file: str, filename: str = "a.md", **attributes: str) -> Passage:
    return Passage(file, filename, 1.0, SECRET, attributes)


@pytest.mark.parametrize(
    ("passage", "scope", "cited"),
    [
        (found("file-new"), PUBLIC, True),
        (found("file-old", managed_by="answerwell:x", audience="public"), LENIENT, False),
        (found("file-old"), replace(PUBLIC, store="vs_internal"), True),
        (found("file-unknown", managed_by="answerwell:x", audience="public"), LENIENT, False),
        (found("file-unknown", MANAGED), LENIENT, False),
        (found("file-unknown"), LENIENT, True),
        (found("file-new"), replace(PUBLIC, store="vs_dropped_a_moment_ago"), True),
    ],
    ids=["held", "replaced", "held there", "unknown", "without attributes", "nobody's", "store just left"],
)
def test_a_passage_is_citable_where_its_store_is_to_hold_it(
    state: State, passage: Passage, scope: SearchScope, cited: bool
) -> None:
    assert bool(citations.pages(state, [passage], scope)) is cited


def test_a_document_that_left_the_public_is_not_cited_from_that_commit_on(state: State) -> None:
    with state.transaction() as tx:
        tx.run("UPDATE documents SET audience = 'internal'")

    assert not citations.pages(state, [found("file-new", audience="public")], LENIENT)


@pytest.mark.parametrize("settings", [{"stream": "token"}, {"grounding": 0}, {"stream": "token", "grounding": 0}, {}])
def test_a_model_that_read_what_was_removed_tells_nobody(state: State, settings: dict[str, object]) -> None:
    nobodys = Passage("file-unknown", "b.md", 1.0, OPEN, {})
    model = Model(SearchDone(("q",), (found("file-gone", MANAGED), nobodys)), TextDelta(f"{SECRET} "), TextDelta(OPEN))
    given = AnsweringSettings.model_validate(settings)

    events = awaited(read(answering(state, model, given).answer(asked(where=LENIENT))))

    assert "ninety-nine" not in shown(events) + done(events).text
    assert done(events).outcome in {AnswerOutcome.ANSWERED, AnswerOutcome.ABSTAINED}


def test_what_was_removed_is_not_told_to_a_model_that_we_search_for() -> None:
    old = {**passage(), "file_id": "file-gone", "filename": MANAGED, "text": SECRET}
    said = chunks({"choices": [{"index": 0, "delta": {"content": f"{OPEN} [1]"}}]})

    told = answered([said], PRICED.model_copy(update={"api": "chat_completions"}), found=[old, passage()])

    prompts = str([body for body in told.upstream.bodies if "messages" in body])
    assert OPEN in prompts
    assert "ninety-nine" not in prompts
    assert [one.page.link for one in told.done.citations] == ["https://acme.com/returns"]
