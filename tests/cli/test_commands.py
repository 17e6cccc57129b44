"""Every command, against a help center and an OpenAI-compatible server on loopback."""

import re

import pytest

from sandbox.wire import Fault
from tests.cli.kit import Company, Run

ARTICLES = {
    "Refunds": "You get your money back within thirty days.",
    "Shipping": "Parcels leave our warehouse on the same day.",
    "Invoices": "Every invoice is in your account, under billing.",
}


def test_sync_publishes_and_says_what_it_did_in_one_line(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)

    first, second = run("sync"), run("sync")

    assert (first.status, second.status) == (0, 0)
    assert first.out.startswith("help-center: 3 documents · ")
    assert "documents · 3 new · 3 uploaded · " in first.out
    assert second.out.startswith("help-center: 3 documents · nothing changed · ")
    assert len(first.out.splitlines()) == len(second.out.splitlines()) == 1
    assert acme.titles() == [["Invoices", "Refunds", "Shipping"]] * 2


def test_one_edit_costs_one_upload(acme: Company, run: Run) -> None:
    ids = acme.write(ARTICLES)
    run("sync")
    acme.openai_wire.forget()

    acme.zendesk.put_article(id=ids["Refunds"], body="<p>You get your money back within sixty days.</p>")
    done = run("sync")

    assert done.status == 0
    assert "documents · 1 changed · 1 uploaded · " in done.out
    assert acme.openai_wire.count(r"/v1/files\?", "POST") == 1
    assert "sixty" in run("search", "money back", "--json").json[0]["text"]


def test_a_named_source_must_exist(run: Run) -> None:
    done = run("sync", "wiki")

    assert (done.status, done.out) == (1, "")
    assert done.err == 'answerwell: there is no source "wiki"; configured: help-center\n'


def test_a_sync_that_is_refused_says_the_setting_and_exits_with_1(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    acme.environ["ZENDESK_CLIENT_SECRET"] = "wrong-secret"

    done = run("sync")

    assert done.status == 1
    assert done.out.startswith("help-center: 0 documents · not finished · ")
    assert "client_secret" in done.err
    assert "wrong-secret" not in done.out + done.err


def test_an_error_in_the_configuration_is_said_without_a_traceback(acme: Company, run: Run) -> None:
    acme.config.write_text(acme.config.read_text("utf-8") + "urll = 1\n", "utf-8")

    done = run("status")

    assert (done.status, done.out) == (1, "")
    assert done.err.startswith('answerwell: answerwell.toml: [[source]] "help-center" urll is not a known key; did you')


def test_search_shows_the_best_passage_of_each_document(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")

    found = run("search", "when do I get my money back", "--json").json

    assert set(found[0]) == {"score", "title", "url", "source", "document", "text"}
    assert (found[0]["title"], found[0]["source"]) == ("Refunds", "help-center")
    assert found[0]["document"].startswith("help-center:")
    assert "/hc/en-us/articles/" in found[0]["url"]
    assert "thirty days" in found[0]["text"]
    assert len({hit["document"] for hit in found}) == len(found)
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)


def test_search_for_people_shows_title_address_and_passage(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")

    lines = run("search", "money", "back").out.splitlines()
    quoted = run("search", "money back").out.splitlines()

    assert lines == quoted
    assert lines[0].endswith("Refunds")
    assert "/hc/en-us/articles/" in lines[1]
    assert "thirty days" in lines[2]


def test_customers_do_not_find_what_is_internal(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    secret = acme.zendesk.put_article(title="Margins", body="<p>The margin is secret.</p>")
    acme.zendesk.segment(secret, acme.zendesk.staff)
    run("sync")

    assert [hit["title"] for hit in run("search", "margin secret", "--json").json].count("Margins") == 0
    assert run("search", "margin secret", "--index", "internal", "--json").json[0]["title"] == "Margins"


def test_search_in_an_unknown_index_says_which_there_are(run: Run) -> None:
    done = run("search", "x", "--index", "secret")

    assert (done.status, done.out) == (1, "")
    assert done.err == 'answerwell: there is no index "secret"; configured: public, internal\n'


@pytest.mark.parametrize(
    "command", [("search", "x", "--index", "Pubic"), ("sync", "helpcenter"), ("reindex", "publik")]
)
def test_a_name_with_a_typo_is_told_with_the_name_that_is_meant(run: Run, command: tuple[str, ...]) -> None:
    done = run(*command)

    assert done.status == 1
    assert f'did you mean "{"help-center" if "helpcenter" in command else "public"}"?' in done.err


def test_status_for_people_before_the_first_sync_says_nothing_of_none(run: Run) -> None:
    shown = run("status").out

    assert "None" not in shown
    assert re.search(r"public +– +– +0 +0", shown)


def test_search_before_the_first_sync_says_what_to_do(run: Run) -> None:
    done = run("search", "x", "--json")

    assert (done.status, done.out) == (1, "")
    assert "answerwell sync" in done.err


def test_status_tells_the_state_of_sources_and_indexes(acme: Company, run: Run) -> None:
    before = run("status", "--json").json
    acme.write(ARTICLES)
    run("sync")

    after = run("status", "--json").json

    [source], indexes = after["sources"], after["indexes"]
    assert before["sources"][0]["last_run"] is None
    assert {"name", "kind", "state", "documents", "problems", "error", "last_run"} <= set(source)
    assert (source["name"], source["kind"], source["documents"], source["problems"]) == ("help-center", "zendesk", 3, 0)
    assert source["error"] == ""
    assert [(index["name"], index["files"], index["unsettled"]) for index in indexes] == [
        ("public", 3, 0),
        ("internal", 3, 0),
    ]
    assert {index["store"] for index in indexes} == acme.openai.stores().keys()
    assert "help-center" in run("status").out


def test_audit_finds_what_vanished_and_repair_brings_it_back(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    whole = run("audit", "--json")
    store, files = next(iter(acme.openai.stores().items()))
    acme.delete_from_store(store, next(iter(files)))

    found, mended = run("audit", "--json"), run("audit", "--repair", "--json")
    again = run("audit", "--json")

    assert whole.json == {"ok": True, "orphans": 0, "missing": 0, "differing": 0, "stuck": 0}
    assert (found.status, found.json["ok"], found.json["missing"]) == (1, False, 1)
    assert mended.status == 0
    assert (again.status, again.json["ok"]) == (0, True)
    assert acme.titles() == [["Invoices", "Refunds", "Shipping"]] * 2


def test_plan_says_what_a_sync_would_do(acme: Company, run: Run) -> None:
    ids = acme.write(ARTICLES)

    before = run("plan", "--json").json
    run("sync")
    settled = run("plan", "--json").json
    acme.zendesk.put_article(id=ids["Refunds"], body="<p>You get your money back within sixty days.</p>")
    acme.zendesk.archive_article(ids["Shipping"])
    acme.write({"Gifts": "We wrap gifts."})
    changed = run("plan", "--json").json

    assert set(before) == {"add", "replace", "patch", "remove", "keep", "calls", "upload_bytes", "cost_usd"}
    assert [before[action] for action in ("add", "replace", "patch", "remove", "keep")] == [3, 0, 0, 0, 0]
    assert before["calls"] >= 5
    assert before["upload_bytes"] > 0
    assert [settled[figure] for figure in ("add", "keep", "calls", "upload_bytes", "cost_usd")] == [0, 3, 0, 0, 0]
    assert [changed[action] for action in ("add", "replace", "patch", "keep")] == [1, 1, 0, 2]


def test_a_plan_uploads_nothing(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)

    done = run("plan")

    assert done.out.startswith("3 to add · 0 to replace · 0 to patch · 0 to remove · 0 to keep\nabout ")
    assert acme.openai.stores() == {}
    assert acme.openai.files() == {}


def test_the_brake_holds_removals_until_they_are_released(acme: Company, run: Run) -> None:
    ids = acme.write(ARTICLES)
    run("sync")
    for article in ids.values():
        acme.zendesk.archive_article(article)

    held = run("sync", "--full")
    unasked = run("release", "help-center")
    still = acme.titles()
    released = run("release", "help-center", "--yes")
    done = run("sync")

    assert held.status == 1
    assert "answerwell release help-center" in held.err
    assert unasked.status == 2
    assert "--yes" in unasked.err
    assert still == [["Invoices", "Refunds", "Shipping"]] * 2
    assert (released.status, released.out) == (0, "help-center: 3 removals released; the next sync carries them out\n")
    assert done.status == 0
    assert acme.titles() == [[], []]


def test_nothing_is_released_where_nothing_is_held(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")

    done, by_its_other_name = run("release", "help-center"), run("approve-removals", "help-center")

    assert (done.status, done.out, done.err) == (0, "", "help-center: nothing is held\n")
    assert by_its_other_name == done


def test_held_removals_are_approved_by_the_command_that_help_names(acme: Company, run: Run) -> None:
    ids = acme.write(ARTICLES)
    run("sync")
    for article in ids.values():
        acme.zendesk.archive_article(article)
    run("sync", "--full")

    unasked = run("approve-removals", "help-center")
    approved = run("approve-removals", "help-center", "--yes")
    run("sync")

    assert (unasked.status, "--yes" in unasked.err) == (2, True)
    assert (approved.status, approved.out) == (
        0,
        "help-center: 3 removals released; the next sync carries them out\n",
    )
    assert acme.titles() == [[], []]
    assert "approve-removals" in run("--help").out


def test_a_reindex_uploads_nothing_and_can_be_rolled_back(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    before = run("status", "--json").json["indexes"][0]["store"]
    acme.openai_wire.forget()

    rebuilt = run("reindex", "public")
    between = run("status", "--json").json["indexes"][0]["store"]
    back = run("rollback", "public")
    after = run("status", "--json").json["indexes"][0]["store"]

    assert (rebuilt.status, back.status) == (0, 0)
    assert acme.openai_wire.count(r"/v1/files\?", "POST") == 0
    assert between != before
    assert after == before


def test_promote_without_a_reindex_says_so(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")

    done = run("promote", "public")

    assert done.status == 1
    assert "answerwell reindex public" in done.err


def test_no_secret_is_said_or_kept_where_it_was_not(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    acme.openai_wire.fail(Fault(path=r"/v1/files", method="POST", status=401, body='{"error":{"message":"no"}}'))

    said = [run("--verbose", "sync"), run("status", "--json"), run("status")]

    everything = "".join(done.out + done.err for done in said)
    everything += "".join(file.read_bytes().decode("latin-1") for file in (acme.folder / "data").iterdir())
    assert "sk-sandbox" not in everything
    assert "zendesk-secret" not in everything


def test_a_source_that_is_configured_no_more_is_forgotten_when_somebody_agrees(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    configured = run("forget", "help-center", "--yes")
    acme.config.write_text(acme.config.read_text("utf-8").replace('name = "help-center"', 'name = "other"'), "utf-8")
    run("sync")

    unasked, agreed = run("forget", "help-center"), run("forget", "help-center", "--yes")

    assert (configured.status, "is configured" in configured.err) == (1, True)
    assert (unasked.status, "--yes" in unasked.err) == (2, True)
    assert (agreed.status, agreed.out) == (0, "help-center: 3 documents forgotten\n")
    assert acme.titles() == [["Invoices", "Refunds", "Shipping"]] * 2
    assert "help-center" not in run("status").out


def test_an_index_that_was_set_otherwise_says_that_a_reindex_is_due_until_it_is_done(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    acme.configure('[[index]]\nname = "public"\naudiences = ["public"]\n')
    run("sync")
    fine = run("status").out + run("doctor").out
    acme.configure("chunk_tokens = 400\nchunk_overlap = 100\n")

    run("sync")
    table, told, checked = run("status"), run("status", "--json").json["indexes"][0], run("doctor")
    run("reindex", "public")

    for said in (table.out, told["error"], checked.out):
        assert "answerwell reindex public" in said
    assert "answerwell reindex" not in fine + run("status").out + run("doctor").out


def test_another_vector_store_id_is_told_too(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    acme.configure('[[index]]\nname = "public"\naudiences = ["public"]\n')
    run("sync")
    [store] = acme.openai.stores()
    acme.configure('vector_store_id = "vs_another"\n')

    said = " ".join(run("status").out.split())

    assert f"vector_store_id names vs_another, and searches use {store}" in said


def test_a_lost_store_is_told_by_every_command_and_healed_by_a_reindex(acme: Company, run: Run) -> None:
    acme.write(ARTICLES)
    run("sync")
    for store in acme.openai.stores():
        acme.delete_store(store)

    for command in ("sync", "audit", "doctor", "status"):
        done = run(command)
        assert "answerwell reindex public" in " ".join((done.out + done.err).split()), command
        assert done.status == (0 if command == "status" else 1)
    assert run("reindex").status == 0

    assert [run(command).status for command in ("sync", "audit", "doctor")] == [0, 0, 0]
    assert "reindex" not in run("status").out
    assert acme.titles() == [["Invoices", "Refunds", "Shipping"]] * 2
