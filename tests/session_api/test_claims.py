"""Claims and rotation: what a sign-in takes over in a browser that others used, and what a copied token is worth."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.state_schema import SCHEMAS
from session_api.access import visitors
from session_api.access.rotation import GRACE, rotated
from session_api.access.tokens import VisitorToken
from session_api.access.visitors import GOES_ON, Recognised, SignIn, recognise
from session_api.chat import erasure, retention
from session_api.state import revocations, threads, visitor_tokens
from session_api.state.threads import Stored
from session_api.state.visitor_tokens import TokenFamily
from sync.state.database import State
from tests.session_api.kit import CHAT, SHOP, Shop, Widget, shop
from tests.session_api.test_identity import SECRET, vouched
from tests.session_api.test_identity import threads as listed

NOW = 1_000_000.0
FAMILY = TokenFamily("v_1", presented="b", successor="c", since=NOW)
LATER = GRACE.total_seconds() + 1


def came(token: str, after: float, *, issued_at: float = NOW - 1000) -> TokenFamily | None:
    return rotated(FAMILY, VisitorToken("v_1", token, issued_at), "new", NOW + after)


@pytest.mark.parametrize("after", [0.0, 59.0, LATER, 300 * 86400.0])
def test_a_successor_is_replaced_whenever_it_comes(after: float) -> None:
    assert came("c", after) == TokenFamily("v_1", "c", "new", NOW + after)


def test_a_token_whose_answer_was_lost_is_good_for_as_long_as_nobody_has_its_successor() -> None:
    assert came("b", 59) == FAMILY, "two tabs get the same one"
    assert came("b", LATER) == TokenFamily("v_1", "b", "new", NOW + LATER)


@pytest.mark.parametrize(
    ("token", "after"),
    [("a", LATER), ("z", 0.0), ("", 0.0), ("z", 300 * 86400.0)],
    ids=["old", "older", "none", "long"],
)
def test_a_copy_ends_all(token: str, after: float) -> None:
    assert came(token, after) is None


def test_a_token_from_after_the_record_is_of_a_database_that_was_restored() -> None:
    assert came("z", 90, issued_at=NOW + 60) == TokenFamily("v_1", "z", "new", NOW + 90)


def test_a_successor_that_was_given_up_is_a_copy() -> None:
    """The answer was lost, the token came again; now somebody has what was lost."""
    again = came("b", LATER)

    assert again is not None
    assert rotated(again, VisitorToken("v_1", "c", NOW), "newer", NOW + LATER + 5) is None


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, time: timedelta) -> None:
        self.now += time


class RecognitionContract:
    """What both databases must do."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def state(self, url: str, clock: Clock) -> Iterator[State]:
        opened = State.open(url, clock, schemas=SCHEMAS)
        yield opened
        opened.close()

    def ask(self, state: State, visitor: str, thread: str) -> str:
        with state.transaction() as tx:
            assert threads.save_thread(tx, visitor, Stored(thread, "{}"), state.now())
        return thread

    def owned(self, state: State, visitor: str) -> list[str]:
        return [one.id for one in threads.threads_after(state, visitor, None, "asc", 50) or []]

    def again(self, state: State, held: Recognised, sign_in: SignIn | None = None) -> Recognised:
        """The browser comes again with the token that it holds."""
        return recognise(state, VisitorToken(held.visitor, held.token_id, 0.0), sign_in)

    def test_a_copied_token_ends_itself_and_the_one_of_its_owner(self, state: State, clock: Clock) -> None:
        first = visitors.new_visitor()
        second = self.again(state, first)
        third = self.again(state, second)
        clock.forward(GRACE * 2)

        copied = self.again(state, first)

        assert copied.visitor != first.visitor
        assert self.again(state, third).visitor not in (first.visitor, copied.visitor)
        assert revocations.revoked(state, revocations.of_visitor(first.visitor), state.now())

    def test_a_copy_that_comes_before_its_owner_ends_with_the_owners_next_visit(
        self, state: State, clock: Clock
    ) -> None:
        first = visitors.new_visitor()
        second = self.again(state, first)
        clock.forward(GRACE * 2)
        thief = self.again(state, first)  # nobody can tell yet: the answer to the owner may have been lost
        assert thief.visitor == first.visitor

        assert self.again(state, second).visitor != first.visitor
        assert self.again(state, thief).visitor != first.visitor

    def test_many_tabs_at_once_get_one_token(self, state: State) -> None:
        first = visitors.new_visitor()
        with ThreadPoolExecutor(6) as tabs:
            given = set(tabs.map(lambda _: self.again(state, first), range(6)))

        assert {one.visitor for one in given} == {first.visitor}
        assert len(given) == 1

    @pytest.mark.parametrize(
        "faster", [{"presented": "b", "successor": "c"}, {"successor": "d"}, {"customer": "c_ada"}]
    )
    def test_of_two_processes_that_read_the_same_one_replaces_it(self, state: State, faster: dict[str, Any]) -> None:
        read = TokenFamily("v_1", "a", "b", state.now())
        first, second = replace(read, **faster), replace(read, presented="b", successor="x", customer="c_bob")

        with state.transaction() as tx:
            made = [visitor_tokens.save(tx, None, read) for _ in range(2)]
            saved = [visitor_tokens.save(tx, read, after) for after in (first, second)]

        assert (made, saved) == ([True, False], [True, False])
        assert visitor_tokens.load(state, "v_1") == first

    @pytest.mark.parametrize("shown", [None, "new"])
    def test_a_sign_in_takes_over_the_conversation_that_goes_on(
        self, state: State, clock: Clock, shown: str | None
    ) -> None:
        browser = visitors.new_visitor()
        self.ask(state, browser.visitor, "old")
        clock.forward(timedelta(minutes=5))
        self.ask(state, browser.visitor, "new")

        signed_in = self.again(state, browser, SignIn("c_ada", shown))
        self.again(state, signed_in, SignIn("c_ada", shown))

        assert self.owned(state, "c_ada") == ["new"]
        assert visitors.unclaimed(state, browser.visitor, "c_ada") == 1

    @pytest.mark.parametrize(
        ("shown", "idle"),
        [("", timedelta()), ("another", timedelta()), (None, GOES_ON * 2), ("old", GOES_ON * 2)],
        ids=["none is shown", "another's", "the last is long ago", "the shown is long ago"],
    )
    def test_a_sign_in_takes_over_nothing_that_does_not_go_on(
        self, state: State, clock: Clock, shown: str | None, idle: timedelta
    ) -> None:
        browser = visitors.new_visitor()
        self.ask(state, browser.visitor, "old")
        self.ask(state, "v_other", "another")
        clock.forward(idle)

        self.again(state, browser, SignIn("c_ada", shown))

        assert self.owned(state, "c_ada") == []
        assert self.owned(state, "v_other") == ["another"]

    def test_after_a_sign_out_the_browser_is_a_new_visitors(self, state: State) -> None:
        browser = visitors.new_visitor()
        self.ask(state, browser.visitor, "of ann")
        signed_in = self.again(state, browser, SignIn("c_bob", ""))

        out = self.again(state, signed_in)
        next_one = self.again(state, signed_in, SignIn("c_cleo"))

        assert len({browser.visitor, out.visitor, next_one.visitor}) == 3
        assert self.owned(state, "c_cleo") == []
        assert visitors.unclaimed(state, next_one.visitor, "c_cleo") == 0
        assert visitors.unclaimed(state, browser.visitor, "c_cleo") == 0

    def test_only_who_signed_in_with_the_token_can_claim_the_rest(self, state: State) -> None:
        browser = visitors.new_visitor()
        self.ask(state, browser.visitor, "old")
        held = self.again(state, browser, SignIn("c_ada", ""))
        token = VisitorToken(held.visitor, held.token_id, 0.0)

        assert visitors.claim(state, token, "c_bob") == 0
        assert visitors.claim(state, VisitorToken(held.visitor, "made up", 0.0), "c_ada") == 0
        assert visitors.claim(state, token, "c_ada") == 1
        assert visitors.claim(state, token, "c_ada") == 0
        assert self.owned(state, "c_ada") == ["old"]

    def test_what_is_known_of_tokens_is_erased_with_the_customer_and_kept_while_one_may_live(
        self, state: State, clock: Clock
    ) -> None:
        for customer in ("c_ada", "c_bob"):
            self.again(state, visitors.new_visitor(), SignIn(customer))

        erasure.erase(state, "c_ada")
        left = [row.customer for row in state.ask("SELECT customer FROM chat_visitor_tokens")]
        clock.forward(timedelta(days=365))
        retention.prune(state, timedelta(days=90))
        kept = state.ask("SELECT customer FROM chat_visitor_tokens")
        clock.forward(timedelta(days=2))
        retention.prune(state, timedelta(days=90))

        assert left == ["c_bob"]
        assert len(kept) == 1
        assert state.ask("SELECT customer FROM chat_visitor_tokens") == []


class TestSqlite(RecognitionContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/answerwell.db"


@pytest.mark.processes
class TestPostgresql(RecognitionContract):
    @pytest.fixture
    def url(self, postgresql: Callable[[], str]) -> str:
        return postgresql()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose customers sit at computers that they share."""
    keys = f'identity_keys = {{ "2026" = "{SECRET}" }}\n'
    with shop(tmp_path_factory.mktemp("library"), CHAT + keys) as opened:
        yield opened


def claim(widget: Widget, *, mine: bool) -> dict[str, object]:
    answer = widget.http.post(
        "/api/chatkit/claim",
        json={"visitor_token": widget.visitor_token, "mine": mine},
        headers={"origin": SHOP, "authorization": f"Bearer {widget.secret}"},
    )
    assert answer.status_code == 200, answer.text
    widget.visitor_token = answer.json()["visitor_token"]
    return dict(answer.json())


def asked_twice(library: Shop) -> tuple[Widget, list[str]]:
    """A browser with two conversations that nobody signed in for."""
    widget = library.widget()
    return widget, [widget.ask("Who pays for the parcel?").thread for _ in range(2)]


def test_who_signs_in_gets_the_open_conversation_and_is_asked_about_the_rest(library: Shop) -> None:
    widget, [old, new] = asked_twice(library)

    granted = widget.open(identity_token=vouched("una")).json()

    assert granted["unclaimed"] == 1
    assert listed(widget) == [new]
    assert claim(widget, mine=True)["claimed"] == 1
    assert sorted(listed(widget)) == sorted([old, new])
    assert "unclaimed" not in widget.open(identity_token=vouched("una")).json()


def test_what_is_not_theirs_is_nobodys(library: Shop) -> None:
    widget, _ = asked_twice(library)
    widget.open(identity_token=vouched("vera"), thread_id="")

    assert claim(widget, mine=False)["claimed"] == 0
    assert listed(widget) == []
    assert "unclaimed" not in widget.open(identity_token=vouched("vera")).json()
    widget.open()
    assert listed(widget) == []


def test_at_a_shared_computer_nobody_reads_who_sat_there_before(library: Shop) -> None:
    """Ann asks and leaves; Bob signs in and out; then comes Cleo, and then somebody who signs in as nobody."""
    widget, of_ann = asked_twice(library)
    widget.open(identity_token=vouched("bob-of-the-library"), thread_id="")
    of_bob = widget.ask("Who pays for the parcel?").thread

    widget.open(identity_token=vouched("cleo-of-the-library"))
    seen_by_cleo = listed(widget)
    claimed_by_cleo = claim(widget, mine=True)["claimed"]
    widget.open()
    seen_by_the_next = listed(widget)

    assert (seen_by_cleo, claimed_by_cleo, seen_by_the_next) == ([], 0, [])
    for thread in (*of_ann, of_bob):
        assert widget.call("threads.get_by_id", thread_id=thread).status_code == 404


def test_only_a_customer_claims(library: Shop) -> None:
    widget = library.widget()
    widget.open()
    headers = {"origin": SHOP, "authorization": f"Bearer {widget.secret}"}
    body = {"visitor_token": widget.visitor_token, "mine": True}

    anonymous = library.http.post("/api/chatkit/claim", json=body, headers=headers)
    without = library.http.post("/api/chatkit/claim", json=body, headers={"origin": SHOP})

    assert (anonymous.status_code, anonymous.json()["error"]["code"]) == (403, "identity_required")
    assert without.status_code == 401


def test_where_nobody_is_asked_only_the_open_conversation_comes_along(tmp_path: Path) -> None:
    keys = f'claim = "open"\nidentity_keys = {{ "2026" = "{SECRET}" }}\n'
    with shop(tmp_path, CHAT + keys) as library:
        widget, [_, new] = asked_twice(library)

        granted = widget.open(identity_token=vouched("una")).json()

        assert "unclaimed" not in granted
        assert claim(widget, mine=True)["claimed"] == 0
        assert listed(widget) == [new]


def test_a_copied_token_ends_the_sessions_of_both(library: Shop) -> None:
    widget = library.widget()
    widget.ask("Who pays for the parcel?")
    copied = str(widget.visitor_token)
    for _ in range(3):
        widget.open()

    thief = library.widget()
    thief.open(visitor_token=copied)

    assert listed(thief) == []
    assert widget.call("threads.list").json()["error"]["code"] == "token_invalid"
    widget.open()
    assert listed(widget) == []
