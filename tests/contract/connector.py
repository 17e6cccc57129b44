"""What every connector promises, checked against a sandbox of its vendor.

A connector's test subclasses `ConnectorContract` and gives it a `world`: the sandbox, with edits in the
vendor's own terms behind common names. `SourceContract` is for sources that nothing is asked of over HTTP,
`SocketContract` is a shorter pass over a real connection; in all others a world may answer in process.
`LabelContract` for those with labels, `ContainerContract` for those whose documents can move, `AudienceContract` for
those that may be public (`PublicListingContract` where only an anonymous listing says so), `HtmlContract` for those
whose documents are HTML.
"""

import json
import logging
from collections.abc import Callable
from typing import Protocol

import pytest

from sandbox.wire import Fault, Wire
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable, SyncError
from sync.model import Audience, Change, Connector, Cursor, Document, ListsAudiences, Page
from tests.spread import SPREAD


class World(Protocol):
    """A source that the tests edit. What is put is public unless it says otherwise."""

    never: str
    """An id like any other, of a document that never was."""
    several_pages: int
    """So many documents do not fit on one page of a listing, nor on two."""

    def connect(self) -> Connector:
        """A new connector, as another process would make it. No real sleeping."""
        ...

    def later(self) -> None:
        """Let so much time pass that every feed shows all that happened."""
        ...

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str: ...
    def edit(self, external_id: str, html: str) -> None: ...
    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None: ...
    def move(self, external_id: str) -> None:
        """Put it into another container, of another name."""
        ...

    def touch(self, external_id: str) -> None:
        """Change something that is no edit: a vote, a view."""
        ...

    def restrict(self, external_id: str) -> None: ...
    def unrestrict(self, external_id: str) -> None: ...
    def unpublish(self, external_id: str) -> None: ...
    def publish(self, external_id: str) -> None: ...
    def delete(self, external_id: str) -> None: ...
    def restore(self, external_id: str) -> None: ...
    def close(self) -> None:
        """Make the whole source unreadable to the public, with no mark on any document."""
        ...

    def open(self) -> None: ...
    def disable(self) -> None:
        """Switch the source's root off: every address answers not found."""
        ...


class WiredWorld(World, Protocol):
    """A vendor's account, asked over HTTP."""

    wire: Wire
    secrets: tuple[str, ...]
    writes: frozenset[str]
    """Paths that may be sent a POST: where credentials are exchanged, and lookups that only a POST can make."""
    timeout: float
    """Seconds until a connector it makes gives up on an answer; long, so that a busy machine is no failure."""


FAULTS: dict[str, Callable[[], Fault]] = {
    "401": lambda: Fault(status=401, body='{"error":"Couldn\'t authenticate you"}'),
    "403": lambda: Fault(status=403, body='{"error":{"title":"Forbidden","message":"no"}}'),
    "404": lambda: Fault(status=404, body='{"error":"InvalidEndpoint","description":"Not found"}'),
    "429": lambda: Fault(status=429, headers={"retry-after": "41"}, body='{"error":"APIRateLimitExceeded"}'),
    "500": lambda: Fault(status=500),
    "503": lambda: Fault(status=503, headers={"retry-after": "1"}),
    "html": lambda: Fault(status=200, body="<html>maintenance</html>"),
    "empty": lambda: Fault(status=200, body="{}"),
    "cut": lambda: Fault(manner="cut"),
    "half": lambda: Fault(manner="half"),
    "hang": lambda: Fault(manner="hang", seconds=3),
}
HANG = pytest.param("hang", marks=pytest.mark.thorough)  # at every request, until the client gives up
PASSING = ("500", "503", "html", "cut", "half", HANG)
PATIENT = 30.0
RICH = (
    "<h2>Überschrift 😀</h2><p>שלום <b>fett</b> 日本語</p>"
    "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
    '<pre><code class="language-python">if a &lt; b:\n    pass</code></pre><ul><li>x<ul><li>y</li></ul></li></ul>'
    '<div style="display:none">hidden</div><script>alert(1)</script>'
)


def patience(kind: str) -> float:
    """How long a connector waits for an answer while this goes wrong."""
    return 0.6 if kind == "hang" else PATIENT


def struck(kind: str, requests: int) -> list[int]:
    """Which of so many requests this goes wrong at: each request fails in some way, and each way strikes all along.

    ANSWERWELL_SPREAD=1 has everything go wrong everywhere, which takes three times as long.
    """
    if kind == "hang":
        return sorted({1, requests})
    first = list(FAULTS).index(kind) % SPREAD
    return list(range(1, requests + 1))[first::SPREAD] or [requests]


def pages(connector: Connector, after: Cursor | None = None) -> list[Page]:
    """Every page of a snapshot, from a cursor on."""
    found = [connector.snapshot(after)]
    while found[-1].more:
        found.append(connector.snapshot(found[-1].cursor))
    return found


def listing(connector: Connector) -> dict[str, Change]:
    return {change.external_id: change for page in pages(connector) for change in page.changes}


def drain(connector: Connector, cursor: Cursor) -> tuple[dict[str, Change], Cursor]:
    """Everything that `changes` shows from a cursor on, and the cursor after it."""
    found: dict[str, Change] = {}
    more = True
    while more:
        page = connector.changes(cursor)
        found.update((change.external_id, change) for change in page.changes)
        cursor, more = page.cursor, page.more
    return found, cursor


def noticed(connector: Connector, cursor: Cursor) -> dict[str, Change]:
    """What is seen from a cursor on without a snapshot: the changes, and where the feed keeps silent, the audiences."""
    found, _ = drain(connector, cursor)
    after, more = None, isinstance(connector, ListsAudiences)
    while more and isinstance(connector, ListsAudiences):
        page = connector.audiences(after)
        found.update((change.external_id, change) for change in page.changes)
        after, more = page.cursor, page.more
    return found


def version(connector: Connector, external_id: str) -> str:
    """The version that listing and fetch agree on."""
    listed = listing(connector)[external_id].version
    assert listed == connector.fetch(external_id).version
    assert listed is not None
    return listed


def is_gone(connector: Connector, external_id: str) -> bool:
    with pytest.raises(Gone):
        connector.fetch(external_id)
    return external_id not in listing(connector)


def assert_agreement(connector: Connector, cursor: Cursor, external_ids: list[str]) -> None:
    """Listing, changes and fetch make the same document of the same thing."""
    listed, (changed, _) = listing(connector), drain(connector, cursor)
    for external_id in external_ids:
        fetched = connector.fetch(external_id)
        for change in (listed[external_id], changed[external_id]):
            assert change.version == fetched.version
            assert change.document in (fetched, None)


class SourceContract:
    """What holds for every source."""

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return world.connect()

    # Listing

    def test_a_snapshot_lists_each_document_once(self, world: World, connector: Connector) -> None:
        put = [world.put(f"Title {n}", f"<p>Body {n}</p>") for n in range(world.several_pages)]

        listed = [change.external_id for page in pages(connector) for change in page.changes]

        assert sorted(listed) == sorted(put)

    def test_a_snapshot_resumes_from_any_cursor_in_another_process(self, world: World, connector: Connector) -> None:
        for n in range(world.several_pages):
            world.put(f"Title {n}", f"<p>Body {n}</p>")
        whole = pages(connector)

        assert len(whole) > 2
        for number, page in enumerate(whole[:-1]):
            rest = pages(world.connect(), page.cursor)
            assert [p.changes for p in rest] == [p.changes for p in whole[number + 1 :]]

    def test_the_same_cursor_gives_the_same_page(self, world: World, connector: Connector) -> None:
        for n in range(world.several_pages):
            world.put(f"Title {n}", f"<p>Body {n}</p>")
        first = connector.snapshot(None)

        assert connector.snapshot(None) == first
        assert (
            connector.snapshot(first.cursor)
            == connector.snapshot(first.cursor)
            == world.connect().snapshot(first.cursor)
        )

    def test_an_empty_source_is_one_empty_last_page(self, connector: Connector) -> None:
        page = connector.snapshot(None)

        assert (page.changes, page.more) == ((), False)

    # Changes

    def test_head_before_a_snapshot_misses_nothing(self, world: World, connector: Connector) -> None:
        before = [world.put(f"Title {n}", "<p>first</p>") for n in range(world.several_pages)]
        world.later()
        head = connector.head()
        first = connector.snapshot(None)
        meanwhile = world.put("Meanwhile", "<p>new</p>")
        world.edit(before[0], "<p>second</p>")
        rest = pages(connector, first.cursor)
        world.later()

        changed, _ = drain(world.connect(), head)

        listed = {change.external_id for page in (first, *rest) for change in page.changes}
        assert set(before) <= listed
        assert {meanwhile, before[0]} <= set(changed)
        assert changed[before[0]].version == version(connector, before[0])

    def test_what_happened_just_before_head_is_in_the_snapshot_or_the_changes(
        self, world: World, connector: Connector
    ) -> None:
        put = [world.put("Just before", "<p>a</p>")]
        head = connector.head()
        put.append(world.put("Just after", "<p>b</p>"))
        found = set(listing(connector))
        put.append(world.put("After the snapshot", "<p>c</p>"))
        world.later()

        changed, _ = drain(connector, head)

        assert set(put) <= found | set(changed)
        assert put[2] in changed

    def test_changes_show_creations_and_edits_as_fetch_does(self, world: World, connector: Connector) -> None:
        old = world.put("Old", "<p>first</p>")
        untouched = world.put("Untouched", "<p>same</p>")
        world.later()
        head = connector.head()
        world.edit(old, "<p>second</p>")
        new = world.put("New", "<p>new</p>")
        world.later()

        changed, cursor = drain(connector, head)

        assert {old, new} <= set(changed)
        assert untouched not in changed
        for external_id in (old, new):
            assert changed[external_id].version == version(connector, external_id)
        assert drain(connector, cursor)[0] == {}

    def test_changes_of_one_instant_are_all_shown(self, world: World, connector: Connector) -> None:
        cursor = connector.head()
        first = world.put("First", "<p>a</p>")
        changed, cursor = drain(connector, cursor)
        second = world.put("Second", "<p>b</p>")
        world.edit(first, "<p>a, again</p>")
        world.later()

        later, _ = drain(connector, cursor)

        assert {first, second} <= set(changed) | set(later)
        assert second in later
        assert later[first].version == version(connector, first)

    def test_many_changes_are_all_shown(self, world: World, connector: Connector) -> None:
        cursor = connector.head()
        put = {world.put(f"Title {n}", f"<p>Body {n}</p>") for n in range(world.several_pages)}
        world.later()

        changed, _ = drain(connector, cursor)

        assert put == set(changed)
        assert {change.version for change in changed.values()} == {c.version for c in listing(connector).values()}

    @pytest.mark.parametrize("cursor", ["", "nonsense", "{}", "[]", '{"scope":"other"}'])
    def test_a_cursor_that_cannot_be_continued_says_so(self, connector: Connector, cursor: str) -> None:
        with pytest.raises(CursorExpired):
            connector.changes(Cursor(cursor))
        with pytest.raises(CursorExpired):
            connector.snapshot(Cursor(cursor))

    # Versions

    def test_an_edit_changes_the_version_and_nothing_else_does(self, world: World, connector: Connector) -> None:
        edited = world.put("Title", "<p>first</p>")
        before = version(connector, edited)
        world.later()
        world.touch(edited)
        assert version(world.connect(), edited) == before

        world.edit(edited, "<p>second</p>")

        assert version(connector, edited) != before

    def test_fetch_and_listing_agree(self, world: World, connector: Connector) -> None:
        world.later()
        cursor = connector.head()
        plain = world.put("Plain", "<p>text</p>", ("b", "a"))
        edited = world.put("Edited", "<p>first</p>")
        world.edit(edited, "<p>second</p>")
        world.later()

        assert_agreement(connector, cursor, [plain, edited])

    # Leaving and coming back

    @pytest.mark.parametrize(("leave", "back"), [("delete", "restore"), ("unpublish", "publish")])
    def test_what_leaves_is_gone_and_what_comes_back_is_listed(
        self, world: World, connector: Connector, leave: str, back: str
    ) -> None:
        stays = world.put("Stays", "<p>a</p>")
        leaves = world.put("Leaves", "<p>b</p>")
        before = version(connector, leaves)
        world.later()
        cursor = connector.head()

        getattr(world, leave)(leaves)
        world.later()
        assert is_gone(connector, leaves)
        changed, cursor = drain(connector, cursor)
        assert all(change.version is None for change in changed.values())
        assert stays in listing(connector)

        getattr(world, back)(leaves)
        world.later()
        changed = noticed(connector, cursor)
        assert leaves in changed
        assert changed[leaves].version == version(connector, leaves) == before

    def test_an_id_that_never_was_is_gone(self, world: World, connector: Connector) -> None:
        real = world.put("Title", "<p>a</p>")

        for external_id in (world.never, "", "nonsense", f"{real}-x"):
            with pytest.raises(Gone):
                connector.fetch(external_id)

    def test_nothing_is_gone_while_the_source_does_not_list(self, world: World, connector: Connector) -> None:
        put = world.put("Title", "<p>a</p>")
        world.disable()

        for read in (lambda: connector.fetch(put), lambda: connector.snapshot(None), connector.head):
            with pytest.raises((Retryable, Misconfigured)):
                read()


class MannersContract:
    """What a source must not notice of being asked over HTTP, and nobody else of its credentials."""

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return world.connect()

    def test_it_never_writes(self, world: WiredWorld, connector: Connector) -> None:
        put = world.put("Title", "<p>a</p>")
        cursor = connector.head()
        pages(connector)
        world.edit(put, "<p>b</p>")
        world.later()
        drain(connector, cursor)
        connector.fetch(put)

        assert {call.path for call in world.wire.calls if call.method != "GET"} <= world.writes

    @pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind != "hang"])
    def test_no_secret_leaks(self, world: WiredWorld, kind: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        put = world.put("Title", "<p>a</p>")
        connector = world.connect()
        told = [repr(connector), repr(vars(connector)), connector.head()]
        requests = world.wire.count()
        for number in struck(kind, requests + 2):
            world.wire.heal()
            fault = FAULTS[kind]()
            fault.nth, fault.times = number, None
            world.wire.fail(fault)
            for read in (connector.head, lambda: connector.snapshot(None), lambda: world.connect().fetch(put)):
                try:
                    told.append(repr(read()))
                except SyncError as error:
                    told += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
        tokens = {call.authorization.partition(" ")[2] for call in world.wire.calls} - {""}
        told += [caplog.text, json.dumps([f"{call.path}?{call.query}" for call in world.wire.calls])]

        assert tokens
        for secret in (*world.secrets, *tokens):
            assert secret not in "\n".join(told)


class ConnectorContract(SourceContract, MannersContract):
    """What holds for every source that is asked over HTTP."""

    # Failures

    @pytest.mark.parametrize("kind", [*(kind for kind in FAULTS if kind != "hang"), HANG])
    def test_a_failure_at_any_request_of_a_listing_raises(self, world: WiredWorld, kind: str) -> None:
        for n in range(world.several_pages):
            world.put(f"Title {n}", f"<p>Body {n}</p>")
        pages(world.connect())
        requests = world.wire.count()
        world.timeout = patience(kind)

        for number in struck(kind, requests):
            world.wire.heal()
            fault = FAULTS[kind]()
            fault.nth, fault.times = number, None
            world.wire.fail(fault)
            with pytest.raises((Retryable, Misconfigured)):
                pages(world.connect())
            assert fault.seen >= number

    @pytest.mark.parametrize("kind", PASSING)
    def test_a_passing_failure_at_any_request_changes_nothing(self, world: WiredWorld, kind: str) -> None:
        for n in range(world.several_pages):
            world.put(f"Title {n}", f"<p>Body {n}</p>")
        whole = [page.changes for page in pages(world.connect())]
        requests = world.wire.count()
        world.timeout = patience(kind)

        for number in struck(kind, requests):
            world.wire.heal()
            fault = FAULTS[kind]()
            fault.nth = number
            world.wire.fail(fault)
            assert [page.changes for page in pages(world.connect())] == whole
            assert fault.seen > number

    @pytest.mark.parametrize(
        ("kind", "error"),
        [("401", Misconfigured), ("403", Misconfigured), ("429", Retryable), ("500", Retryable), ("half", Retryable)],
    )
    def test_every_method_names_its_failures_by_remedy(
        self, world: WiredWorld, kind: str, error: type[SyncError]
    ) -> None:
        put = world.put("Title", "<p>a</p>")
        world.later()
        cursor = world.connect().head()
        fault = FAULTS[kind]()
        fault.times = None
        world.wire.fail(fault)

        connector = world.connect()
        for read in (
            connector.head,
            lambda: connector.snapshot(None),
            lambda: connector.changes(cursor),
            lambda: connector.fetch(put),
        ):
            with pytest.raises(error) as caught:
                read()
            if kind == "429":
                assert isinstance(caught.value, Retryable)
                assert caught.value.after is not None
                assert caught.value.after.total_seconds() == 41

    @pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind not in ("401", "403", "404", "hang")])
    def test_fetch_never_decides_out_of_doubt(self, world: WiredWorld, kind: str) -> None:
        put = world.put("Title", "<p>a</p>")
        world.connect().fetch(put)
        requests = world.wire.count()

        for number in struck(kind, requests):
            world.wire.heal()
            fault = FAULTS[kind]()
            fault.nth, fault.times = number, None
            world.wire.fail(fault)
            with pytest.raises((Retryable, Misconfigured)):
                world.connect().fetch(put)


class SocketContract(MannersContract):
    """What holds over a real connection, where a vendor's SDK could do more than it is asked, or less."""

    def test_every_page_of_a_listing_arrives(self, world: WiredWorld, connector: Connector) -> None:
        put = [world.put(f"Title {n}", f"<p>Body {n}</p>") for n in range(world.several_pages)]

        listed = [change.external_id for page in pages(connector) for change in page.changes]

        assert sorted(listed) == sorted(put)

    @pytest.mark.parametrize("kind", [*(kind for kind in FAULTS if kind != "hang"), HANG])
    def test_a_failure_raises(self, world: WiredWorld, kind: str) -> None:
        put = world.put("Title", "<p>a</p>")
        pages(world.connect())
        requests = world.wire.count()
        world.timeout = patience(kind)

        for number in sorted({1, requests}):
            world.wire.heal()
            fault = FAULTS[kind]()
            fault.nth, fault.times = number, None
            world.wire.fail(fault)
            with pytest.raises((Retryable, Misconfigured)):
                pages(world.connect())
            assert fault.seen >= number
        with pytest.raises((Retryable, Misconfigured)):
            world.connect().fetch(put)

    @pytest.mark.parametrize("kind", PASSING)
    def test_a_passing_failure_changes_nothing(self, world: WiredWorld, kind: str) -> None:
        world.put("Title", "<p>a</p>")
        whole = [page.changes for page in pages(world.connect())]
        requests = world.wire.count()
        world.timeout = patience(kind)

        for number in sorted({1, requests}):
            world.wire.heal()
            fault = FAULTS[kind]()
            fault.nth = number
            world.wire.fail(fault)
            assert [page.changes for page in pages(world.connect())] == whole
            assert fault.seen > number


class LabelContract:
    """What holds for every source that has labels."""

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return world.connect()

    def test_a_label_changes_the_version(self, world: World, connector: Connector) -> None:
        put = world.put("Title", "<p>text</p>", ("one",))
        before = version(connector, put)
        world.relabel(put, ("one", "two"))

        assert version(connector, put) != before
        assert connector.fetch(put).labels == ("one", "two")


class ContainerContract:
    """What holds for every source whose documents keep their ids when they move to another container."""

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return world.connect()

    def test_a_container_changes_the_version(self, world: World, connector: Connector) -> None:
        put = world.put("Title", "<p>text</p>")
        before = version(connector, put)
        world.move(put)

        assert version(connector, put) != before


class AudienceContract:
    """What holds for every source that has public documents."""

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return world.connect()

    def test_what_everyone_may_read_is_public(self, world: World, connector: Connector) -> None:
        put = world.put("Title", "<p>a</p>")

        assert self.audiences(connector, put) == {Audience.PUBLIC}
        assert not listing(connector)[put].unconfirmed

    def test_a_mark_makes_it_internal_at_once(self, world: World, connector: Connector) -> None:
        put = world.put("Title", "<p>a</p>")
        public = version(connector, put)
        world.later()
        cursor = connector.head()
        world.restrict(put)
        world.later()

        changed = noticed(connector, cursor)

        assert changed[put].version != public
        assert self.audiences(connector, put) == {Audience.INTERNAL}
        assert (changed[put].version, changed[put].unconfirmed) == (connector.fetch(put).version, False)
        assert not listing(connector)[put].unconfirmed
        world.unrestrict(put)
        assert self.audiences(connector, put) == {Audience.PUBLIC}

    def audiences(self, connector: Connector, external_id: str) -> set[Audience]:
        """Who may read it, by listing and by fetch."""
        documents: list[Document | None] = [connector.fetch(external_id), listing(connector)[external_id].document]
        return {document.audience for document in documents if document is not None}


class PublicListingContract(AudienceContract):
    """What holds for every source that shows what is public only by listing it to anybody."""

    def test_absence_from_the_public_listing_alone_waits_for_confirmation(
        self, world: World, connector: Connector
    ) -> None:
        put = world.put("Title", "<p>a</p>")
        world.close()

        change = listing(connector)[put]

        assert change.unconfirmed
        assert change.document is None or change.document.audience is Audience.INTERNAL
        assert connector.fetch(put).audience is Audience.INTERNAL
        world.open()
        assert self.audiences(connector, put) == {Audience.PUBLIC}


class HtmlContract:
    """What holds for every source whose documents are HTML."""

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return world.connect()

    def test_fetch_and_listing_agree_on_any_text(self, world: World, connector: Connector) -> None:
        world.later()
        cursor = connector.head()
        put = [world.put("Rich 😀", RICH), world.put("Empty", ""), world.put("", "<p>untitled</p>")]
        world.later()

        assert_agreement(connector, cursor, put)

    def test_text_survives(self, world: World, connector: Connector) -> None:
        rich = world.put("Rich 😀 & <b>", RICH)

        document = connector.fetch(rich)

        assert document.title == "Rich 😀 & <b>"
        for piece in (
            "Überschrift 😀",
            "שלום",
            "日本語",
            "| A",
            "```python\nif a < b:\n    pass\n```",
            "  - y",
            "hidden",
        ):
            assert piece in document.body
        assert "alert" not in document.body

    def test_empty_and_huge_texts_survive(self, world: World, connector: Connector) -> None:
        empty = world.put("Empty", "")
        huge = world.put("Huge", "<p>A sentence that is repeated.</p>" * 10_000)

        listed = listing(connector)
        fetched = connector.fetch(huge)

        assert connector.fetch(empty).body == ""
        assert fetched.body.count("A sentence that is repeated.") == 10_000
        assert listed[huge].version == fetched.version
