"""Settings that reach the engine and the server, each seen at the wire."""

from typing import Any

import pytest

from tests import loopback
from tests.cli.kit import Company, Run

OURS = {"Refunds": "You get your money back within thirty days."}


def ask(acme: Company, method: str, path: str, **sent: Any) -> Any:
    answer = loopback.http.request(
        method, f"{acme.openai_url}/v1{path}", headers={"Authorization": "Bearer sk-sandbox"}, **sent
    )
    return answer.raise_for_status().json()


@pytest.fixture
def store(acme: Company) -> str:
    """A store that somebody else made, with a file of theirs; the public index is bound to it."""
    made = str(ask(acme, "POST", "/vector_stores", json={"name": "theirs"})["id"])
    theirs = {"file": ("theirs.md", b"# Theirs\n\nMoney back is a matter of taste.", "text/markdown")}
    file = ask(acme, "POST", "/files", data={"purpose": "assistants"}, files=theirs)["id"]
    ask(acme, "POST", f"/vector_stores/{made}/files", json={"file_id": file})
    acme.configure(f'[[index]]\nname = "public"\naudiences = ["public"]\nvector_store_id = "{made}"\n')
    return made


def titles(run: Run) -> list[str]:
    return sorted(hit["title"] for hit in run("search", "money back", "--json").json)


def test_a_store_of_somebody_else_is_used_and_their_files_stay(acme: Company, run: Run, store: str) -> None:
    ids = acme.write(OURS)
    before = set(acme.openai.files())

    run("sync")
    both = [str(attributes.get("title", "theirs")) for attributes in acme.openai.stores()[store].values()]
    acme.zendesk.archive_article(ids["Refunds"])
    run("sync", "--full")
    run("audit", "--repair")

    assert sorted(both) == ["Refunds", "theirs"]
    assert set(acme.openai.files()) == set(acme.openai.stores()[store]) == before


def test_files_of_somebody_else_are_found_only_where_the_index_says_so(acme: Company, run: Run, store: str) -> None:
    acme.write(OURS)
    run("sync")

    ours = titles(run)
    acme.configure("search_unmanaged = true\n")
    everything = titles(run)

    assert ours == ["Refunds"]
    assert everything == ["Refunds", "theirs.md"]


def test_passages_are_cut_as_the_index_says(acme: Company, run: Run) -> None:
    acme.configure('[[index]]\nname = "public"\naudiences = ["public"]\nchunk_tokens = 200\nchunk_overlap = 50\n')
    acme.write(OURS)

    run("sync")

    [(store, files)] = acme.openai.stores().items()
    [file] = files
    static = {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}
    assert ask(acme, "GET", f"/vector_stores/{store}/files/{file}")["chunking_strategy"]["static"] == static


def test_a_sync_goes_on_without_redis(acme: Company, run: Run) -> None:
    acme.config.write_text('redis_url = "redis://127.0.0.1:1/0"\n' + acme.config.read_text("utf-8"), "utf-8")
    acme.write(OURS)

    done = run("sync")

    assert done.status == 0
    assert "1 uploaded" in done.out
    assert "pacing_alone" in done.err


def test_a_refused_key_is_said_and_nothing_is_kept_of_it(acme: Company, run: Run) -> None:
    acme.write(OURS)
    acme.environ["OPENAI_API_KEY"] = "sk-wrong"

    done = run("sync")

    assert done.status == 1
    assert "api_key" in done.err
    assert "sk-wrong" not in done.out + done.err
    assert all(b"sk-wrong" not in file.read_bytes() for file in (acme.folder / "data").iterdir())


def test_a_data_dir_that_cannot_be_made_is_named(acme: Company, run: Run) -> None:
    (acme.folder / "data").write_text("a file", encoding="utf-8")

    done = run("status")

    assert done.status == 1
    assert f"data_dir {acme.folder / 'data'} cannot be made" in done.err
