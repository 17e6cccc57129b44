"""/metrics: every number is what the state says, and every name that dashboards use is there."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync.metrics import Counters
from sync.model import FileState
from sync.state.counters import flush
from tests.session_api.operating import Site, site


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as made:
        yield made


def test_documents_are_counted_by_how_they_stand(here: Site) -> None:
    here.installation.source.delete("d01")
    here.installation.source.put("d02", "edited")
    here.installation.clock.forward(10)

    numbers = scrape(here)

    known = len(here.installation.state.ask("SELECT id FROM documents"))
    assert numbers["answerwell_documents", "s", "known"] == known
    assert numbers["answerwell_documents", "s", "searchable"] == known
    assert numbers["answerwell_documents", "s", "waiting"] == 0


def test_freshness_is_the_age_of_the_oldest_change_that_is_not_searchable(here: Site) -> None:
    here.installation.source.put("d01", "edited")
    here.installation.memory.outcome = lambda _: (FileState.IN_PROGRESS, "")
    here.installation.engine.turn("s")
    here.installation.clock.forward(90)

    numbers = scrape(here)

    assert numbers["answerwell_documents", "s", "waiting"] == 1
    assert numbers["answerwell_oldest_unsettled_seconds", "s"] == 90


def test_what_other_processes_counted_is_told_too(here: Site) -> None:
    other = Counters()
    other.count("calls", 7, vendor="a-vendor", status="429")
    other.record_duration("turn_seconds", 0.3, source="a-source")
    flush(here.installation.state, other)

    numbers = scrape(here)

    assert numbers["answerwell_calls_total", "429", "a-vendor"] == 7
    assert numbers["answerwell_turn_seconds_bucket", "0.1", "a-source"] == 0
    assert numbers["answerwell_turn_seconds_bucket", "0.5", "a-source"] == 1
    assert numbers["answerwell_turn_seconds_bucket", "+Inf", "a-source"] == 1


def test_a_broker_that_does_not_answer_is_told(here: Site) -> None:
    here.queue.tasks = None

    assert scrape(here)["answerwell_broker_up",] == 0


def test_no_title_and_no_id_of_a_document_is_in_it(here: Site) -> None:
    text = here.get("/metrics").text

    assert "Title" not in text
    assert "d01" not in text


def scrape(here: Site) -> dict[tuple[str, ...], float]:
    """Numbers by name and the values of their labels, sorted by label."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(here.get("/metrics").raise_for_status().text)
        for sample in family.samples
    }
