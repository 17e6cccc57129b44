"""`doctor` says what works, what does not, and what to do about it."""

import pytest

from sandbox.wire import Fault
from tests.cli.kit import Company, Run
from tests.valkey import client_of, valkey


def levels(run: Run) -> dict[str, set[str]]:
    """The levels of all findings, by what they are about."""
    found: dict[str, set[str]] = {}
    for finding in run("doctor", "--json").json["findings"]:
        found.setdefault(finding["about"], set()).add(finding["level"])
    return found


def test_a_sound_installation_has_no_problem(acme: Company, run: Run) -> None:
    acme.write({"Refunds": "You get your money back within thirty days."})

    done = run("doctor")

    assert (done.status, done.err) == (0, "")
    for about in ("configuration", "state", "redis", "openai", "help-center"):
        assert f"✓ {about}: " in done.out
    assert " chat: " in done.out
    assert "✗" not in done.out


def test_wrong_credentials_are_named_with_their_fix(acme: Company, run: Run) -> None:
    acme.environ |= {"ZENDESK_CLIENT_SECRET": "wrong-secret", "OPENAI_API_KEY": "sk-wrong"}

    done = run("doctor")

    assert done.status == 1
    assert "✗ help-center: " in done.out
    assert "client_secret" in done.out
    assert "✗ openai: " in done.out
    assert "openai.api_key" in done.out
    assert "wrong" not in done.out + done.err


@pytest.mark.parametrize(
    ("settings", "synced", "told"),
    [
        ('index = "public"\norigins = ["https://i.acme.com"]', True, {"problem": "holds nothing internal"}),
        ('origins = ["https://i.acme.com"]', False, {"warning": "holds nothing yet"}),
        ('origins = ["https://i.acme.com"]', True, {"ok": "is answered from internal"}),
        ("", True, {"ok": "is answered from internal", "warning": "no page may embed the staff's widget"}),
    ],
)
def test_what_keeps_staff_from_being_answered_is_told(
    acme: Company, run: Run, settings: str, told: dict[str, str], *, synced: bool
) -> None:
    acme.write({"Refunds": "You get your money back within thirty days."})
    text = acme.config.read_text("utf-8")
    keys = 'identity_keys = { "intranet" = "kK8vN2qW7xR4tY9zB3mD6fG1hJ5pL0sA" }'
    acme.config.write_text(f'{text}\n[staff]\ngroups = ["support"]\n{keys}\n{settings}\n', "utf-8")
    if synced:
        run("sync")

    found = [one for one in run("doctor", "--json").json["findings"] if one["about"] == "staff"]

    assert {one["level"] for one in found} == set(told)
    assert all(words in next(one["what"] for one in found if one["level"] == level) for level, words in told.items())


def test_a_redis_and_a_database_that_do_not_answer_are_problems(acme: Company, run: Run) -> None:
    text = acme.config.read_text("utf-8")
    down = 'redis_url = "redis://127.0.0.1:9"\ndatabase_url = "postgresql://x@127.0.0.1:9/x"\n'
    acme.config.write_text(down + text, "utf-8")

    found = run("doctor", "--json").json["findings"]
    problems = {one["about"]: one["what"] + one["fix"] for one in found if one["level"] == "problem"}

    assert set(problems) == {"redis", "state"}  # OpenAI and the sources are checked all the same
    assert "database_url" in problems["state"]
    assert "network" not in problems["state"]


@pytest.mark.processes
def test_a_redis_that_may_evict_is_told(acme: Company, run: Run) -> None:
    with valkey() as path:
        client_of(path).config_set("maxmemory", "100mb")
        client_of(path).config_set("maxmemory-policy", "allkeys-lru")
        text = acme.config.read_text("utf-8")
        acme.config.write_text(f'redis_url = "unix://{path}"\n{text}', "utf-8")

        told = [one for one in run("doctor", "--json").json["findings"] if one["about"] == "redis"]

    assert [one["level"] for one in told] == ["ok", "warning"]
    assert "allkeys-lru" in told[1]["what"]
    assert "noeviction" in told[1]["fix"]


def test_a_help_center_that_does_not_answer_is_a_problem_and_the_rest_is_still_checked(acme: Company, run: Run) -> None:
    acme.zendesk_wire.fail(Fault(status=500, times=None))

    found = levels(run)

    assert "problem" in found["help-center"]
    assert found["openai"] == {"ok"}


def test_a_live_store_that_is_lost_is_a_problem_with_the_command_that_heals_it(acme: Company, run: Run) -> None:
    acme.write({"Refunds": "You get your money back within thirty days."})
    run("sync")
    for store in acme.openai.stores():
        acme.delete_store(store)

    told = [one for one in run("doctor", "--json").json["findings"] if one["level"] == "problem"]

    assert {"openai", "chat"} == {one["about"] for one in told}
    assert all("answerwell reindex" in one["fix"] for one in told)


def test_a_bound_store_that_is_not_there_is_a_problem(acme: Company, run: Run) -> None:
    acme.configure('[[index]]\nname = "public"\naudiences = ["public"]\nvector_store_id = "vs_nobody"\n')

    assert "problem" in levels(run)["openai"]


def test_a_folder_of_markdown_is_synced_beside_the_help_center(acme: Company, run: Run) -> None:
    (acme.folder / "handbook").mkdir()
    (acme.folder / "handbook" / "pets.md").write_text("# Pets\n\nDogs are welcome in every shop of ours.\n", "utf-8")
    acme.configure('[[source]]\nname = "handbook"\nkind = "markdown_folder"\nfolder = "handbook"\npublic = true\n')

    synced, doctor, found = run("sync"), run("doctor"), run("search", "are dogs welcome", "--json")

    assert (synced.status, doctor.status) == (0, 0)
    assert "handbook: 1 documents · 1 new · 1 uploaded" in synced.out
    assert "✓ handbook: " in doctor.out
    assert found.json[0]["title"] == "Pets"


def test_a_hosted_workflow_is_a_warning_from_now_on(acme: Company, run: Run) -> None:
    acme.configure('[chat]\nmode = "hosted"\nworkflow_id = "wf_0123456789abcdef"\n')

    done = run("doctor")

    assert "2026-11-30" in done.out
