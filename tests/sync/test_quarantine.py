"""One document that nobody can read is that document's problem: nothing else of its source waits for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sync.engine import Outcome
from sync.errors import Misconfigured, Retryable
from sync.model import Document
from sync.status.status import problems, status
from tests.sync.test_fetch import failing
from tests.sync.world import INTERNAL, Installation, installed

HUGE = 10**5000


def spoilt(document: Document, field: str, value: object) -> Document:
    """The document with what its own checks would refuse there."""
    made = replace(document)
    object.__setattr__(made, field, value)
    return made


POISON: dict[str, Callable[[Document], Document]] = {
    "half a letter": lambda d: replace(d, title="\ud800", body="a \udfff b and more words", url="https://x/\ud83d"),
    "NUL": lambda d: replace(d, title="a\0b", labels=("\0",), language="\0", problem="\0"),
    "no time": lambda d: replace(d, updated_at="2026"),  # type: ignore[arg-type]  # as a vendor may have it
    "no number": lambda d: replace(d, attributes={"rank": float("nan")}),
    "a huge number": lambda d: replace(d, attributes={"rank": HUGE}),
    "no text": lambda d: replace(d, body=None),  # type: ignore[arg-type]  # as a vendor may have it
    "no labels": lambda d: spoilt(d, "labels", {object()}),
    "a version of its own": lambda d: replace(d, version=d.version + "\ud800\0"),
    "the first year": lambda d: replace(d, updated_at=datetime(1, 1, 1, tzinfo=UTC)),
}


def settle(installation: Installation, turns: int = 8) -> Outcome:
    """Turns that are far enough apart for anything that waits."""
    for _ in range(turns):
        outcome = installation.turn().outcome
        installation.clock.forward(4000)
    return outcome


@pytest.mark.parametrize("carries", [True, False], ids=["in the listing", "fetched"])
@pytest.mark.parametrize("poison", POISON)
def test_a_poisoned_document_stops_nothing(poison: str, *, carries: bool) -> None:
    installation = installed(carries=carries)
    source = installation.source
    source.put("d00", "edited by somebody")
    source.documents["d00"] = POISON[poison](source.documents["d00"])
    source.put("d01", "became private", audience=INTERNAL)
    source.put("d02", "edited by somebody")
    source.delete("d03")

    assert settle(installation) is Outcome.DONE

    assert set(installation.searchable("public")) | {"d00"} == {"d00", "d02", "d04"}
    assert b"edited" in installation.searchable("public")["d02"][0][0]
    installation.full()
    assert settle(installation, 1) is Outcome.DONE
    said = problems(installation.state)
    assert {problem["document"] for problem in said} <= {"d00"}
    assert said or "d00" in installation.searchable("public")


@pytest.mark.parametrize("call", ["changes", "snapshot", "audiences"])
def test_a_mistake_in_a_listing_is_recorded_and_leaves_the_others(call: str) -> None:
    installation = installed()
    source = installation.source
    engine = installation.engine
    engine.sources["s"] = replace(engine.sources["s"], audiences=source.audiences)
    source.asked = failing(call, OverflowError("a document's words"))
    source.put("d01", "became private", audience=INTERNAL)
    source.delete("d03")
    installation.clock.forward(4000 if call == "audiences" else 100_000)

    result = installation.turn()

    assert isinstance(result.failure, Retryable)
    assert "OverflowError" in str(result.failure)
    assert "words" not in str(result.failure)
    if call != "changes":
        assert set(installation.searchable("public")) == {"d00", "d02", "d04"}
    [found] = status(installation.state, engine.inventory)["sources"]
    assert found["state"] == "failing"
    assert found["error"] == found["last_run"]["error"] == str(result.failure)
    source.asked = lambda _: None
    installation.clock.forward(61)
    assert installation.engine.turn("s").outcome is Outcome.DONE
    assert set(installation.searchable("public")) == {"d00", "d02", "d04"}


def test_a_mistake_outside_of_the_listings_is_recorded_too() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.index.asked = failing("upload", KeyError("id"))

    result = installation.turn()

    assert isinstance(result.failure, Retryable)
    [found] = status(installation.state, installation.engine.inventory)["sources"]
    assert "KeyError" in found["error"]
    installation.index.asked = lambda _: None
    installation.clock.forward(61)
    settle(installation, 2)
    assert installation.differences() == []


def test_what_is_named_by_remedy_is_raised_as_ever() -> None:
    installation = installed()
    installation.source.asked = failing("changes", Misconfigured("refused; check api_token"))

    assert isinstance(installation.turn().failure, Misconfigured)


def test_a_listing_that_names_a_document_by_half_a_letter_goes_on() -> None:
    installation = installed()
    source = installation.source
    source.put("d05\ud800", "a document of a strange name")
    source.put("d06\0", "another of these")

    assert settle(installation) is Outcome.DONE

    assert len(installation.searchable("public")) >= 5
