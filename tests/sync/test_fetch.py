"""fetch: each changed document once, and one document's failure is that document's."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from sync.engine import Outcome
from sync.errors import Misconfigured, Retryable
from sync.model import Audience
from sync.operations.converge import converge
from sync.status.status import problems
from tests.sync.world import installed


def test_a_listing_without_bodies_costs_one_read_per_changed_document() -> None:
    installation = installed(carries=False)
    installation.source.put("d01", "edited by somebody")
    installation.source.put("d50", "new")

    installation.turn()
    installation.turn_fully()

    assert sorted(installation.source.fetched) == ["d01", "d50"]
    assert installation.differences() == []


def test_nothing_changed_reads_nothing() -> None:
    installation = installed(carries=False)

    installation.turn_fully()

    assert installation.source.fetched == []


def test_what_is_published_is_what_was_fetched_and_what_came_later_follows() -> None:
    installation = installed(carries=False)
    source = installation.source
    source.put("d01", "edited by somebody")
    source.told = once("fetch d01", lambda: source.put("d01", "edited again"))

    installation.turn()
    assert "edited by somebody\n" in installation.searchable("public")["d01"][0][0].decode()
    installation.turn()

    assert installation.differences() == []
    assert source.fetched == ["d01", "d01"]


def test_a_document_listed_and_then_gone_is_asked_for_twice_before_it_goes() -> None:
    installation = installed(carries=False)
    source = installation.source
    source.put("d01", "edited by somebody")
    source.asked = once("fetch d01", lambda: source.delete("d01"))

    installation.turn()
    assert "d01" in installation.searchable("public")
    installation.turn()

    assert source.fetched == ["d01", "d01"]
    assert installation.differences() == []


def test_one_document_that_cannot_be_read_does_not_stop_the_others() -> None:
    installation = installed(carries=False)
    for name in ("d01", "d02"):
        installation.source.put(name, "edited by somebody")
    installation.source.asked = failing("fetch d01", Retryable("not now"))

    result = installation.turn()

    assert result.outcome is Outcome.DONE
    assert b"edited" in installation.searchable("public")["d02"][0][0]
    assert b"body 1" in installation.searchable("public")["d01"][0][0]


def test_a_mistake_in_a_connector_is_one_documents_problem() -> None:
    installation = installed(carries=False)
    for name in ("d01", "d02"):
        installation.source.put(name, "edited by somebody")
    installation.source.asked = failing("fetch d01", KeyError("body"))

    for _ in range(3):
        installation.turn()
        installation.clock.forward(4000)

    assert b"edited" in installation.searchable("public")["d02"][0][0]
    [problem] = problems(installation.engine.state)
    assert (problem["document"], "KeyError" in problem["error"]) == ("d01", True)


def test_a_document_that_fails_waits_longer_each_time() -> None:
    installation = installed(carries=False)
    installation.source.put("d01", "edited by somebody")
    tries: list[float] = []

    def fail(call: str) -> None:
        if call == "fetch d01":
            tries.append(installation.state.now())
            raise Retryable("not now")

    installation.source.asked = fail
    for _ in range(100):
        installation.turn()
        installation.clock.forward(4)

    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert 5 < len(tries) < 12
    assert waits == sorted(waits)


def test_an_edit_ends_the_wait() -> None:
    installation = installed(carries=False)
    installation.source.put("d01", "edited by somebody")
    installation.source.asked = failing("fetch d01", Retryable("not now"))
    installation.turn()
    installation.source.asked = lambda _: None
    installation.source.put("d01", "edited again")

    installation.turn()

    assert installation.differences() == []


def test_five_failures_in_a_row_are_the_sources() -> None:
    installation = installed(10, carries=False)
    for n in range(10):
        installation.source.put(f"d{n:02}", "edited by somebody")
    asked: list[str] = []

    def fail(call: str) -> None:
        if call.startswith("fetch"):
            asked.append(call)
            raise Retryable("down")

    installation.source.asked = fail
    result = installation.turn()

    assert isinstance(result.failure, Retryable)
    assert len(asked) <= 6


def test_failures_between_successes_are_not_the_sources() -> None:
    installation = installed(20, carries=False)
    for n in range(20):
        installation.source.put(f"d{n:02}", "edited by somebody")
    odd = [f"fetch d{n:02}" for n in range(1, 20, 2)]

    def fail(call: str) -> None:
        if call in odd:
            raise Retryable("not this one")

    installation.source.asked = fail

    assert installation.turn().outcome is Outcome.DONE


@pytest.mark.parametrize("error", [Misconfigured("a.pdf redirects to a host that is not trusted"), KeyError("body")])
def test_a_refusal_of_one_document_is_a_problem_at_once_and_stops_nothing(error: Exception) -> None:
    installation = installed(carries=False)
    for n in range(5):
        installation.source.put(f"d{n:02}", "edited by somebody")
    installation.source.asked = failing("fetch d00", error)

    [summary] = converge(installation.engine)

    assert summary.error == ""
    [problem] = problems(installation.engine.state)
    assert problem["document"] == "d00"
    for n in range(1, 5):
        assert b"edited" in installation.searchable("public")[f"d{n:02}"][0][0]


def test_refusals_in_a_row_are_the_sources() -> None:
    installation = installed(10, carries=False)
    for n in range(10):
        installation.source.put(f"d{n:02}", "edited by somebody")

    def refuse(call: str) -> None:
        if call.startswith("fetch"):
            raise Misconfigured("refused; check api_token")

    installation.source.asked = refuse

    assert isinstance(installation.turn().failure, Misconfigured)


def test_documents_that_fail_for_ever_are_problems_and_hold_up_no_sync() -> None:
    """Seven of them: in a row, they would be the source's."""
    installation = installed(10, carries=False)
    broken = {f"fetch d{n:02}" for n in range(7)}
    for n in range(10):
        installation.source.put(f"d{n:02}", "edited by somebody")
    tried: list[str] = []

    def fail(call: str) -> None:
        if call in broken:
            tried.append(call)
            raise Retryable("failed (500)")

    installation.source.asked = fail
    for _ in range(9):  # what a worker does meanwhile
        installation.turn()
        installation.clock.forward(4000)
    tried.clear()

    [summary] = converge(installation.engine)

    assert (summary.error, summary.problems) == ("", 7)
    assert summary.seconds < 30
    assert len(tried) <= 14
    assert b"edited" in installation.searchable("public")["d09"][0][0]

    installation.source.asked = lambda _: None
    converge(installation.engine)
    assert installation.differences() == []


def test_what_a_listing_closes_is_closed_though_its_text_cannot_be_read() -> None:
    installation = installed(carries=False)
    installation.source.put("d01", "edited by somebody", audience=Audience.INTERNAL)
    installation.source.asked = failing("fetch d01", Retryable("failed (500)"))

    installation.turn()

    assert "d01" not in installation.searchable("public")
    assert "d02" in installation.searchable("public")


def failing(wanted: str, error: Exception) -> Callable[[str], None]:
    def asked(call: str) -> None:
        if call == wanted:
            raise error

    return asked


def once(wanted: str, act: Callable[[], None]) -> Callable[[str], None]:
    done: list[str] = []

    def asked(call: str) -> None:
        if call == wanted and not done:
            done.append(call)
            act()

    return asked


@pytest.mark.parametrize("asked_for", [0, 30, 600])
def test_a_source_that_asks_for_a_pause_gets_it(asked_for: int) -> None:
    installation = installed()
    seen: list[float] = []

    def busy(call: str) -> None:
        seen.append(installation.state.now())
        if len(seen) == 1:
            raise Retryable("busy", after=timedelta(seconds=asked_for))

    installation.source.asked = busy
    for _ in range(350):
        if len(seen) > 1:
            break
        installation.engine.turn("s")
        installation.clock.forward(2)

    assert seen[1] - seen[0] >= asked_for
    assert seen[1] - seen[0] <= asked_for + 3
