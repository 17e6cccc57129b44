"""Cadence: when a source is asked again."""

from datetime import UTC, datetime, timedelta

import pytest

from workers.cadence import Cron, Every

THURSDAY = datetime(2026, 11, 26, 8, 7, tzinfo=UTC).timestamp()


def test_a_source_that_was_never_asked_is_asked_at_once() -> None:
    assert Every(timedelta(hours=1)).after(0, "s") == 0
    assert Cron("0 3 * * *").after(0, "s") == 0


def test_a_period_is_kept_a_little_early_and_sources_drift_apart() -> None:
    waits = [Every(timedelta(minutes=15)).after(THURSDAY, f"source {n}") - THURSDAY for n in range(50)]

    assert all(810 <= wait <= 900 for wait in waits)
    assert len(set(waits)) == 50


def test_two_schedules_agree_on_the_moment() -> None:
    assert Every(timedelta(minutes=15)).after(THURSDAY, "s") == Every(timedelta(minutes=15)).after(THURSDAY, "s")


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("*/15 8-18 * * 1-5", "2026-11-26T08:15"),
        ("0 3 * * *", "2026-11-27T03:00"),
        ("30 6 * * sun", "2026-11-29T06:30"),
        ("0 0 1 1 *", "2027-01-01T00:00"),
    ],
)
def test_a_cron_expression_is_kept_within_a_minute(expression: str, due: str) -> None:
    moment = datetime.fromisoformat(due).replace(tzinfo=UTC).timestamp()

    assert moment <= Cron(expression).after(THURSDAY, "s") <= moment + 60


@pytest.mark.parametrize("expression", ["61 * * * *", "* * * *", "a b c d e", "", "* * * * * *"])
def test_what_is_no_cron_expression_is_said(expression: str) -> None:
    with pytest.raises(ValueError, match="five fields"):
        Cron(expression)
