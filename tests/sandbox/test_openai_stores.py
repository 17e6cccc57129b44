from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from sandbox.openai import OpenAISandbox
from sandbox.openai.state import UsageLimits
from tests.sandbox.openai_kit import GUIDE, sandbox, served, stocked, upload


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[OpenAISandbox, openai.OpenAI]]:
    with sandbox(limits=UsageLimits(file_tokens=200)) as pair:
        yield pair


@pytest.fixture
def box(world: tuple[OpenAISandbox, openai.OpenAI]) -> OpenAISandbox:
    return world[0]


@pytest.fixture
def client(world: tuple[OpenAISandbox, openai.OpenAI]) -> openai.OpenAI:
    return world[1]


def test_a_store_is_made_changed_and_deleted(client: openai.OpenAI) -> None:
    store = client.vector_stores.create(name="help", metadata={"owner": "us"}, expires_after=_days(7))

    changed = client.vector_stores.update(store.id, name="help center", metadata={}, expires_after=None)

    assert store.expires_at == store.created_at + 7 * 86_400
    assert (changed.name, changed.metadata, changed.expires_at) == ("help center", {}, None)
    assert client.vector_stores.retrieve(store.id) == changed
    assert client.vector_stores.delete(store.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(store.id)


def test_deleting_a_store_leaves_its_files(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, files = stocked(client, GUIDE)

    client.vector_stores.delete(store)

    assert store not in box.stores()
    assert client.files.retrieve(files[0]).id == files[0]


def test_deleting_a_file_takes_it_out_of_every_store(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, files = stocked(client, GUIDE, b"# Billing\n\nInvoices are sent monthly.")
    other = client.vector_stores.create(file_ids=files).id

    client.files.delete(files[0])

    assert list(box.stores()[store]) == list(box.stores()[other]) == [files[1]]
    assert client.vector_stores.search(store, query="password").data == []


def test_deleting_a_store_file_only_detaches_it(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, files = stocked(client, GUIDE)

    deleted = client.vector_stores.files.delete(files[0], vector_store_id=store)

    assert deleted.deleted
    assert box.stores()[store] == {}
    assert files[0] in box.files()
    assert client.vector_stores.search(store, query="password").data == []
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.delete(files[0], vector_store_id=store)


def test_attributes_are_set_at_attaching_and_replaced_by_an_update(box: OpenAISandbox, client: openai.OpenAI) -> None:
    file, store = upload(client), client.vector_stores.create().id

    attached = client.vector_stores.files.create(store, file_id=file, attributes={"a": 1, "b": True})
    changed = client.vector_stores.files.update(file, vector_store_id=store, attributes={"c": "x"})

    assert attached.attributes == {"a": 1, "b": True}
    assert changed.attributes == {"c": "x"}
    assert box.stores()[store] == {file: {"c": "x"}}


def test_a_batch_takes_attributes_per_file_and_ignores_those_for_all(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, one, two = client.vector_stores.create().id, upload(client), upload(client)

    batch = client.vector_stores.file_batches.create(
        store, files=[{"file_id": one, "attributes": {"n": 1}}, {"file_id": two}], attributes={"n": 9}
    )

    assert (batch.status, batch.file_counts.completed, batch.file_counts.total) == ("completed", 2, 2)
    assert batch.id.startswith("vsfb_")
    assert box.stores()[store] == {one: {"n": 1}, two: {}}
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store, order="asc")
    assert [file.id for file in listed] == [one, two]


def test_a_batch_of_ids_gives_all_the_same_attributes(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, files = client.vector_stores.create().id, [upload(client), upload(client)]

    client.vector_stores.file_batches.create(store, file_ids=files, attributes={"n": 9})

    assert box.stores()[store] == {file: {"n": 9} for file in files}


def test_a_batch_with_an_unknown_file_attaches_none(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, file = client.vector_stores.create().id, upload(client)

    with pytest.raises(openai.NotFoundError, match="file-unknown"):
        client.vector_stores.file_batches.create(store, file_ids=[file, "file-unknown"])

    assert box.stores()[store] == {}


def test_store_files_are_paged_both_ways_and_by_status(client: openai.OpenAI) -> None:
    store, files = stocked(client, *[f"text {at}".encode() for at in range(6)], b"\xff\xfe\x00")
    good = files[:6]

    def page(**query: Any) -> list[str]:
        return [file.id for file in client.vector_stores.files.list(store, **query).data]

    assert [file.id for file in client.vector_stores.files.list(store, limit=2)] == files[::-1]
    assert page(order="asc", limit=2, after=files[1]) == files[2:4]
    assert page(order="asc", limit=2, before=files[4]) == files[2:4]
    assert page(order="desc", limit=2, before=files[1]) == [files[3], files[2]]
    assert page(filter="completed", order="asc") == good
    assert page(filter="failed") == [files[6]]
    assert not client.vector_stores.files.list(store, limit=7).has_more
    assert client.vector_stores.files.list(store, limit=6).has_more


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        ("upload", b"text", "unsupported_file"),
        ("table.csv", b"a,b", "unsupported_file"),
        ("guide.md", b"caf\xe9", "invalid_file"),
        ("guide.md", b" \n\t", "invalid_file"),
        ("guide.md", b"word " * 201, "invalid_file"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_the_reason(
    client: openai.OpenAI, filename: str, content: bytes, code: str
) -> None:
    store, file = client.vector_stores.create().id, upload(client, content, filename)

    attached = client.vector_stores.files.create_and_poll(file, vector_store_id=store)

    assert attached.status == "failed"
    assert attached.last_error is not None
    assert attached.last_error.code == code
    assert client.vector_stores.retrieve(store).file_counts.failed == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_in_any_allowed_encoding_is_read(client: openai.OpenAI, encoding: str) -> None:
    store, files = stocked(client, "Grüße aus München".encode(encoding))

    parts = client.vector_stores.files.content(files[0], vector_store_id=store)

    assert [part.text for part in parts] == ["Grüße aus München"]


def _days(days: int) -> Any:
    return {"anchor": "last_active_at", "days": days}


STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}}


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"names": "x"}, "names"),
        ("", {"file_ids": ["file-1"] * 501}, "file_ids"),
        ("", {"metadata": {"k": 1}}, "metadata.k"),
        ("", {"expires_after": _days(366)}, "expires_after.days"),
        ("/{store}/files", {}, "file_id"),
        ("/{store}/files", {"file_id": "{file}", "attributes": {str(n): n for n in range(17)}}, "attributes"),
        ("/{store}/files", {"file_id": "{file}", "attributes": {"k" * 65: 1}}, "attributes"),
        ("/{store}/files", {"file_id": "{file}", "attributes": {"k": "v" * 513}}, "attributes.k"),
        ("/{store}/files", {"file_id": "{file}", "attributes": {"k": None}}, "attributes.k"),
        ("/{store}/files", {"file_id": "{file}", "attributes": {"k": ["v"]}}, "attributes.k"),
        ("/{store}/files", {"file_id": "{file}", "chunking_strategy": STATIC}, "chunking_strategy.static"),
        ("/{store}/files", {"file_id": "{file}", "chunking_strategy": {"type": "static"}}, "chunking_strategy.static"),
        (
            "/{store}/files",
            {"file_id": "{file}", "chunking_strategy": {"type": "static", "max_chunk_size_tokens": 100}},
            "chunking_strategy",
        ),
        ("/{store}/files/{file}", {}, "attributes"),
        ("/{store}/files/{file}", {"attributes": {}, "chunking_strategy": {"type": "auto"}}, "chunking_strategy"),
        ("/{store}/file_batches", {}, "file_ids"),
        ("/{store}/file_batches", {"file_ids": []}, "file_ids"),
        ("/{store}/file_batches", {"file_ids": ["{file}"] * 2001}, "file_ids"),
        ("/{store}/file_batches", {"file_ids": ["{file}"], "files": [{"file_id": "{file}"}]}, "file_ids"),
        ("/{store}/file_batches", {"files": [{"id": "{file}"}]}, "files[0].file_id"),
        ("/{store}/file_batches", {"files": [{"file_id": "{file}", "name": "x"}]}, "files[0].name"),
        ("/{store}/search", {}, "query"),
        ("/{store}/search", {"query": 1}, "query"),
        ("/{store}/search", {"query": "x", "max_num_results": 51}, "max_num_results"),
        ("/{store}/search", {"query": "x", "ranking_options": {"hybrid_search": {}}}, "ranking_options.hybrid_search"),
        ("/{store}/search", {"query": "x", "ranking_options": {"score_threshold": 2}}, "ranking_options.score_thresh"),
        ("/{store}/search", {"query": "x", "filters": {"type": "like", "key": "k", "value": "v"}}, "filters.type"),
        ("/{store}/search", {"query": "x", "filters": {"type": "in", "key": "k", "value": "v"}}, "filters.value"),
        ("/{store}/search", {"query": "x", "filters": {"type": "and", "filters": [{"key": "k"}]}}, "filters.filters"),
    ],
)
def test_a_body_outside_the_schema_is_refused_and_changes_nothing(
    box: OpenAISandbox, client: openai.OpenAI, path: str, body: dict[str, Any], param: str
) -> None:
    store, files = stocked(client, GUIDE)
    before = box.stores()

    with pytest.raises(openai.BadRequestError) as refused:
        client.post(
            "/vector_stores" + path.format(store=store, file=files[0]), body=_filled(body, files[0]), cast_to=object
        )

    assert (refused.value.param or "").startswith(param)
    assert box.stores() == before


def _filled(body: Any, file: str) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, file) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, file) for value in body]
    return file if body == "{file}" else body


@pytest.mark.parametrize("query", [{"limit": 101}, {"limit": 0}, {"filter": "done"}, {"order": ""}, {"cursor": "x"}])
def test_a_listing_of_store_files_refuses_what_is_not_documented(
    client: openai.OpenAI, query: dict[str, object]
) -> None:
    store, _ = stocked(client)

    with pytest.raises(openai.BadRequestError) as refused:
        client.vector_stores.files.list(store, extra_query=query)

    assert refused.value.param == next(iter(query))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "", {}),
        ("DELETE", "", None),
        ("POST", "/search", {"query": "x"}),
        ("GET", "/files", None),
        ("POST", "/files", {"file_id": "{file}"}),
        ("GET", "/files/{file}", None),
        ("POST", "/files/{file}", {"attributes": {}}),
        ("DELETE", "/files/{file}", None),
        ("GET", "/files/{file}/content", None),
        ("POST", "/file_batches", {"file_ids": ["{file}"]}),
        ("GET", "/file_batches/vsfb_x", None),
        ("POST", "/file_batches/vsfb_x/cancel", None),
        ("GET", "/file_batches/vsfb_x/files", None),
    ],
)
def test_every_call_on_an_unknown_store_is_not_found(
    client: openai.OpenAI, method: str, path: str, body: dict[str, Any] | None
) -> None:
    file = upload(client)

    with pytest.raises(openai.NotFoundError):
        _call(client, method, f"/vector_stores/vs_unknown{path}".format(file=file), _filled(body, file))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/files", {"file_id": "file-unknown"}),
        ("GET", "/files/{file}", None),
        ("POST", "/files/{file}", {"attributes": {}}),
        ("DELETE", "/files/{file}", None),
        ("GET", "/files/{file}/content", None),
        ("GET", "/file_batches/{store}", None),
        ("POST", "/file_batches/{store}/cancel", None),
        ("GET", "/file_batches/{store}/files", None),
    ],
)
def test_a_file_or_batch_that_is_not_in_the_store_is_not_found(
    client: openai.OpenAI, method: str, path: str, body: dict[str, Any] | None
) -> None:
    store, file = client.vector_stores.create().id, upload(client)

    with pytest.raises(openai.NotFoundError):
        _call(client, method, f"/vector_stores/{store}{path}".format(store=store, file=file), body)


def _call(client: openai.OpenAI, method: str, path: str, body: dict[str, Any] | None) -> None:
    calls: dict[str, Any] = {"GET": client.get, "POST": client.post, "DELETE": client.delete}
    calls[method](path, cast_to=object, **({} if body is None else {"body": body}))


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    with sandbox(path=tmp_path / "openai.db") as (box, client):
        store, files = stocked(client, GUIDE)
        before = box.stores(), box.files()
        found = client.vector_stores.search(store, query="forgot password").data

    with sandbox(path=tmp_path / "openai.db") as (box, client):
        assert (box.stores(), box.files()) == before
        assert client.vector_stores.search(store, query="forgot password").data == found
        assert found[0].file_id == files[0]


def test_a_store_that_expired_says_so_and_takes_nothing() -> None:
    now = 1_000_000.0
    box = OpenAISandbox(clock=lambda: now)
    with served(box) as client:
        store = client.vector_stores.create(expires_after=_days(1)).id
        file = upload(client)
        now += 86_400

        assert client.vector_stores.retrieve(store).status == "expired"
        with pytest.raises(openai.BadRequestError, match="expired"):
            client.vector_stores.files.create(store, file_id=file)
    box.close()
