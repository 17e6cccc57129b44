"""`answerwell questions`: what visitors asked, for people, scripts and spreadsheets."""

import csv
import io
from contextlib import closing

from cli import wiring
from tests.cli.kit import Company, Run
from tests.session_api.asked import a_week


def recorded(acme: Company) -> None:
    with closing(wiring.open_state(wiring.read(acme.config))) as state:
        a_week(state)


def test_it_lists_questions_and_says_what_became_of_them(acme: Company, run: Run) -> None:
    before = run("questions")
    recorded(acme)
    shown = run("questions")

    assert (before.status, before.out) == (0, "0 asked in the last 7d\n")
    assert shown.status == 0
    assert "Do you ship to Mars?" in shown.out
    assert "2 answered with a source" in shown.out
    assert "1 escalated to a person" in shown.out
    assert "1 unanswered: nothing_found" in shown.out
    assert "Long ago?" not in shown.out


def test_json_and_csv_are_all_that_is_written(acme: Company, run: Run) -> None:
    run("status")
    recorded(acme)

    told = run("questions", "--unanswered", "--since", "90d", "--json").json
    table = list(csv.DictReader(io.StringIO(run("questions", "--csv", "--limit", "2").out)))

    assert {one["outcome"] for one in told["questions"]} == {"abstained", "error", "refused"}
    assert told["totals"]["confirmed_helpful"] == 1
    assert len(table) == 2


def test_a_span_that_is_none_is_refused_with_what_to_write(run: Run) -> None:
    done = run("questions", "--since", "last week")

    assert done.status == 2
    assert "5s" in done.err
