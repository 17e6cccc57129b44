"""`answerwell watch`: questions that are asked again and again, at the command line."""

from tests.cli.kit import Company, Run

QUESTION = "Who pays for the parcel?"


def test_it_is_added_asked_listed_accepted_and_removed(acme: Company, run: Run) -> None:
    articles = acme.write({"Returns": "You may send anything back within 60 days of delivery. We pay for the parcel."})
    run("sync")
    url = run("search", "send back", "--json").json[0]["url"]
    added = run("watch", "add", QUESTION, "--source", url)
    first = run("watch", "ask")
    acme.zendesk.archive_article(articles["Returns"])
    acme.write({"Other": "Parcels to Norway take five working days and cost 12 euros."})
    run("sync", "--full")

    flipped = run("watch", "ask", "1")

    assert "question 1 is watched" in added.out
    assert (first.status, flipped.status) == (0, 1)
    assert "flipped" in flipped.out
    assert "answered → abstained" in run("status").out
    assert run("status", "--json").json["answers"]["watch"]["flipped"] == 1
    assert run("watch", "accept", "1").status == 0
    assert run("watch", "list", "--json").json[0]["standing"] == "ok"
    assert run("watch", "remove", "1").status == 0
    assert "none yet" in run("watch", "list").err


def test_what_is_wrong_is_said_with_the_fix(run: Run) -> None:
    assert 'no index "staff"' in run("watch", "add", QUESTION, "--index", "staff").err
    assert 'no document "wiki:7"' in run("watch", "add", QUESTION, "--source", "wiki:7").err
    assert "no watch question 9" in run("watch", "ask", "9").err
