"""Settings that reach the engine and the server, each seen at the wire."""

import json
from typing import Any

import httpx2
import pytest

from tests.cli.kit import Company

OURS = {"Refunds": "You get your money back within thirty days."}


def synced(acme: Company, *, fails: bool = False) -> str:
    process = acme.start("sync")
    out, err = process.communicate(timeout=60)
    assert process.returncode == int(fails), err
    return out + err


def ask(acme: Company, method: str, path: str, **sent: Any) -> Any:
    answer = httpx2.request(
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


def titles(acme: Company) -> list[str]:
    out, err = acme.start("search", "money back", "--json").communicate(timeout=60)
    assert not err
    return sorted(hit["title"] for hit in json.loads(out))


def test_a_store_of_somebody_else_is_used_and_their_files_stay(acme: Company, store: str) -> None:
    ids = acme.write(OURS)
    before = set(acme.openai.files())

    synced(acme)
    both = [str(attributes.get("title", "theirs")) for attributes in acme.openai.stores()[store].values()]
    acme.zendesk.archive_article(ids["Refunds"])
    acme.start("sync", "--full").communicate(timeout=60)
    acme.start("audit", "--repair").communicate(timeout=60)

    assert sorted(both) == ["Refunds", "theirs"]
    assert set(acme.openai.files()) == set(acme.openai.stores()[store]) == before


def test_files_of_somebody_else_are_found_only_where_the_index_says_so(acme: Company, store: str) -> None:
    acme.write(OURS)
    synced(acme)

    ours = titles(acme)
    acme.configure("search_unmanaged = true\n")
    everything = titles(acme)

    assert ours == ["Refunds"]
    assert everything == ["Refunds", "theirs.md"]


def test_passages_are_cut_as_the_index_says(acme: Company) -> None:
    acme.configure('[[index]]\nname = "public"\naudiences = ["public"]\nchunk_tokens = 200\nchunk_overlap = 50\n')
    acme.write(OURS)

    synced(acme)

    [(store, files)] = acme.openai.stores().items()
    [file] = files
    static = {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}
    assert ask(acme, "GET", f"/vector_stores/{store}/files/{file}")["chunking_strategy"]["static"] == static


def test_a_sync_goes_on_without_redis(acme: Company) -> None:
    acme.config.write_text('redis_url = "redis://127.0.0.1:1/0"\n' + acme.config.read_text("utf-8"), "utf-8")
    acme.write(OURS)

    said = synced(acme)

    assert "1 uploaded" in said
    assert "pacing_alone" in said


def test_a_refused_key_is_said_and_nothing_is_kept_of_it(acme: Company) -> None:
    acme.write(OURS)
    acme.environ["OPENAI_API_KEY"] = "sk-wrong"

    said = synced(acme, fails=True)

    assert "api_key" in said
    assert "sk-wrong" not in said
    assert all(b"sk-wrong" not in file.read_bytes() for file in (acme.folder / "data").iterdir())


def test_a_data_dir_that_cannot_be_made_is_named(acme: Company) -> None:
    (acme.folder / "data").write_text("a file", encoding="utf-8")

    said = synced(acme, fails=True)

    assert f"data_dir {acme.folder / 'data'} cannot be made" in said
    assert "Traceback" not in said
