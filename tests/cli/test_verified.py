"""`answerwell verified`: what people answered themselves, at the command line."""

from tests.cli.kit import Company, Run

ASKED = "Can I return a gift?"
WRITE = ("--question", ASKED, "--answer", "Yes, within 90 days.")


def test_it_is_added_used_confirmed_changed_and_removed(acme: Company, run: Run) -> None:
    acme.write({"Returns": "You may send anything back within 60 days of delivery. We pay for the parcel."})
    run("sync")
    url = run("search", "send back", "--json").json[0]["url"]

    added = run(
        "verified", "add", *WRITE, "--source", url, "--owner", "Ada", "--expires", "30d", "--also", "Gifts back?"
    )
    asked = run("ask", "gifts back", "--json").json
    listed = run("verified", "list", "--json").json
    confirmed = run("verified", "confirm", "1", "--expires", "1d")
    shown = run("verified", "list").out
    changed = run("verified", "change", "1", "--question", ASKED, "--answer", "No.")
    again = run("ask", ASKED, "--json").json
    removed = run("verified", "remove", "1")

    assert "verified answer 1" in added.out
    assert (asked["answer"], asked["rule"], asked["cost_usd"]) == ("Yes, within 90 days.", "verified", 0)
    assert (listed[0]["owner"], listed[0]["standing"]) == ("Ada", "active")
    assert (confirmed.status, changed.status, removed.status) == (0, 0, 0)
    assert "expiring" in shown
    assert again["answer"] == "No."
    assert run("verified", "list", "--json").json == []


def test_what_is_wrong_is_said_with_the_fix(run: Run) -> None:
    assert 'no document "wiki:7"' in run("verified", "add", *WRITE, "--source", "wiki:7").err
    assert "--expires soon" in run("verified", "add", *WRITE, "--expires", "soon").err
    assert "there is no verified answer 9" in run("verified", "remove", "9").err
    assert "must say something" in run("verified", "add", "--question", " ", "--answer", "x").err
