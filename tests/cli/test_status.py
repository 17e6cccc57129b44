"""`status --watch`: how far a sync is, as it goes."""

from typing import Any

import pytest

from cli.status_view import follow

SOURCE: dict[str, Any] = {
    "name": "help-center",
    "state": "syncing",
    "error": "",
    "retry_at": None,
    "progress": {"counts": {"observed": 900, "attached": 300}, "remaining": 600, "rate": 12.5, "seconds_left": 48},
}
RESTED = {**SOURCE, "state": "ok", "progress": None}
WAITING = {**RESTED, "state": "failing", "error": "zendesk failed (500)", "retry_at": "2026-11-26T10:20:30+00:00"}


def test_each_change_of_a_source_is_a_line_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    looks = iter([SOURCE, SOURCE, WAITING, RESTED])
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            raise KeyboardInterrupt

    follow(lambda: {"sources": [next(looks)]}, pause)

    assert capsys.readouterr().out.splitlines() == [
        "help-center · syncing · 900 observed, 300 attached · 600 to do · 12.5/s · about 48 s left",
        "help-center · failing · again at 10:20:30 UTC · zendesk failed (500)",
        "help-center · ok",
    ]
