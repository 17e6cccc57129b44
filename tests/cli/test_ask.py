"""`answerwell ask`: a question as a customer's, and why its answer is what it is."""

from sandbox.wire import Fault
from tests.cli.kit import Company, Run

ARTICLES = {
    "Returns": "You may send anything back within 60 days of delivery. We pay for the parcel.",
    "Shipping": "Parcels to Norway take five working days and cost 12 euros.",
}


def test_it_answers_from_the_public_index_with_its_sources_and_why(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    assert run("sync").status == 0

    asked = run("ask", "Who pays for the parcel?", "--json")
    told = run("ask", "Who pays for the parcel?", "--why")

    answer = asked.json
    assert (answer["outcome"], answer["rule"], answer["index"]) == ("answered", "", "public")
    assert "We pay for the parcel" in answer["answer"]
    assert [source["title"] for source in answer["sources"]] == ["Returns"]
    why = answer["why"]
    assert why["queries"]
    assert why["passages"][0]["title"] == "Returns"
    assert all(one["shown"] and one["page"] == "Returns" for one in why["statements"])
    assert why["withheld"] == []
    assert "↳ Returns" in told.out
    assert "withheld\n  nothing" in told.out


def test_what_is_not_answered_says_by_which_rule(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    acme.configure("[chat]\nmin_score = 1\n")
    assert run("sync").status == 0

    answer = run("ask", "Does somebody in Norway repair bicycles?", "--json").json

    assert (answer["outcome"], answer["rule"]) == ("abstained", "min_score")
    assert {one["rule"] for one in answer["why"]["passages"]} == {"min_score"}
    assert run("questions", "--json").json["totals"]["asked"] == 0


def test_the_internal_index_is_asked_by_its_name_alone(acme: Company, run: Run) -> None:
    acme.write({"Returns": ARTICLES["Returns"]})
    acme.zendesk.put_article(
        title="Goodwill", body="<p>Agents may refund up to 40 euros without asking.</p>", user_segment_id=7
    )
    assert run("sync").status == 0

    inside = run("ask", "How much may agents refund without asking?", "--index", "internal", "--json").json
    outside = run("ask", "How much may agents refund without asking?", "--json").json

    assert [source["title"] for source in inside["sources"]] == ["Goodwill"]
    assert "Goodwill" not in {one["title"] for one in outside["why"]["passages"]}


def test_an_unknown_index_an_empty_one_and_a_model_that_fails_say_the_fix(acme: Company, run: Run) -> None:
    empty = run("ask", "Who pays?")
    unknown = run("ask", "Who pays?", "--index", "publik")
    acme.write(ARTICLES)
    run("sync")
    acme.openai_wire.fail(Fault(r"/v1/responses", status=401, times=9))
    refused = run("ask", "Who pays for the parcel?")

    assert (empty.status, unknown.status, refused.status) == (1, 1, 1)
    assert "answerwell sync" in empty.err
    assert 'no index "publik"; configured: public, internal' in unknown.err
    assert "openai.api_key" in refused.err
