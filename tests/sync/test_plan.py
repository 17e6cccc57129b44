"""The whole policy for one document, as a table."""

import pytest

from sync.model import FileId, Rendered
from sync.pipeline.plan import Action, plan
from sync.state.queries import Entry

F, P, U = FileId("file"), FileId("pending"), FileId("uploaded")
WANTED = Rendered("name.md", b"bytes", {}, content_hash="bytes", metadata_hash="meta")
HAS_IT = Entry(file=F, content_hash="bytes", metadata_hash="meta")

CASES = [
    # what there is, what is due
    (Entry(), Action.REPLACE),
    (HAS_IT, Action.KEEP),
    # the bytes are right
    (Entry(file=F, content_hash="bytes", metadata_hash="old"), Action.PATCH),
    (Entry(file=F, content_hash="bytes", metadata_hash=None), Action.PATCH),
    (Entry(file=F, content_hash="bytes", metadata_hash="meta", pending=P, pending_hash="other"), Action.KEEP),
    (Entry(file=F, content_hash="bytes", metadata_hash="meta", pending=P, pending_hash="bytes"), Action.KEEP),
    (Entry(file=F, content_hash="bytes", metadata_hash="meta", uploaded={"bytes": U}), Action.KEEP),
    # the bytes are old
    (Entry(file=F, content_hash="old", metadata_hash="meta"), Action.REPLACE),
    (Entry(file=F, content_hash=None, metadata_hash="meta"), Action.REPLACE),
    (Entry(file=F, content_hash="old", uploaded={"bytes": U}), Action.ATTACH),
    (Entry(file=F, content_hash="old", uploaded={"older": U}), Action.REPLACE),
    # a hash without a file says nothing
    (Entry(content_hash="bytes", metadata_hash="meta"), Action.REPLACE),
    # somebody was interrupted
    (Entry(pending=P, pending_hash="bytes"), Action.RESUME),
    (Entry(file=F, content_hash="old", pending=P, pending_hash="bytes"), Action.RESUME),
    (Entry(pending=P, pending_hash="bytes", uploaded={"bytes": U}), Action.RESUME),
    (Entry(pending=P, pending_hash="older"), Action.REPLACE),
    (Entry(pending=P, pending_hash="older", uploaded={"bytes": U}), Action.ATTACH),
    (Entry(pending=P, pending_hash=None), Action.REPLACE),
    (Entry(pending_hash="bytes"), Action.REPLACE),
    # attempts change when it is done, never what is done
    (Entry(attempts=9), Action.REPLACE),
    (Entry(uploaded={"bytes": U}, attempts=9), Action.ATTACH),
]


@pytest.mark.parametrize(("entry", "due"), CASES)
def test_what_there_is_decides_what_is_due(entry: Entry, due: Action) -> None:
    assert plan(entry, WANTED) is due


@pytest.mark.parametrize("entry", [entry for entry, _ in CASES])
def test_what_does_not_belong_here_is_removed_whatever_there_is(entry: Entry) -> None:
    assert plan(entry, None) is Action.REMOVE


def test_every_action_is_in_the_table() -> None:
    assert {due for _, due in CASES} | {Action.REMOVE} == set(Action)
