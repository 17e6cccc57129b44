import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from sandbox.openai import OpenAISandbox
from sandbox.openai.state import UsageLimits
from tests import loopback
from tests.sandbox.openai_kit import GUIDE, KEY, sandbox, upload


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[OpenAISandbox, openai.OpenAI]]:
    with sandbox(limits=UsageLimits(file_bytes=2000)) as pair:
        yield pair


@pytest.fixture
def client(world: tuple[OpenAISandbox, openai.OpenAI]) -> openai.OpenAI:
    return world[1]


def test_an_uploaded_file_is_kept_as_it_was_sent(world: tuple[OpenAISandbox, openai.OpenAI]) -> None:
    box, client = world

    file = client.files.create(file=("schöne Grüße.md", GUIDE, "text/markdown"), purpose="user_data")

    assert client.files.retrieve(file.id) == file
    assert (file.bytes, file.filename, file.purpose) == (len(GUIDE), "schöne Grüße.md", "user_data")
    assert client.files.content(file.id).read() == GUIDE
    assert box.files()[file.id].content == GUIDE


def test_an_empty_file_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="File is empty") as refused:
        upload(client, b"")

    assert refused.value.param == "file"


def test_a_file_over_the_limit_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        upload(client, b"x" * 2001)

    assert refused.value.status_code == 413


def test_a_purpose_outside_the_schema_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.files.create(file=("a.md", b"a"), purpose="search")  # type: ignore[arg-type]  # that is the point

    assert refused.value.param == "purpose"


def test_an_unknown_form_field_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.files.create(file=("a.md", b"a"), purpose="assistants", extra_body={"hash": "abc"})

    assert (refused.value.param, refused.value.code) == ("hash", "unknown_parameter")


def test_a_body_that_is_no_form_is_refused(client: openai.OpenAI) -> None:
    answer = loopback.http.post(f"{client.base_url}files", json={}, headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == 400


def test_an_expiry_is_checked_and_told(client: openai.OpenAI) -> None:
    file = client.files.create(
        file=("a.md", b"a"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
    )

    assert file.expires_at == file.created_at + 3600
    with pytest.raises(openai.BadRequestError) as refused:
        client.files.create(
            file=("a.md", b"a"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 60}
        )
    assert refused.value.param == "expires_after.seconds"


def test_a_nameless_upload_is_called_upload(client: openai.OpenAI) -> None:
    assert client.files.create(file=io.BytesIO(b"text"), purpose="assistants").filename == "upload"


def test_a_deleted_file_is_unknown(client: openai.OpenAI) -> None:
    file = upload(client)

    deleted = client.files.delete(file)

    assert (deleted.id, deleted.deleted) == (file, True)
    for call in (client.files.retrieve, client.files.delete, client.files.content):
        with pytest.raises(openai.NotFoundError):
            call(file)


def test_listing_walks_all_pages_in_either_order_and_by_purpose() -> None:
    with sandbox() as (_, client):
        files = [upload(client, filename=f"{at}.md") for at in range(7)]
        other = client.files.create(file=("a.md", b"a"), purpose="user_data").id

        assert [f.id for f in client.files.list(purpose="assistants", limit=2)] == files[::-1]
        assert [f.id for f in client.files.list(order="asc", limit=3)] == [*files, other]
        assert len(client.files.list().data) == 8


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10_001}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"order": "up"}, "order"),
        ({"before": "file-1"}, "before"),
        ({"page": 2}, "page"),
        ({"after": "file-unknown"}, "after"),
    ],
)
def test_a_listing_refuses_what_is_not_documented(client: openai.OpenAI, query: dict[str, object], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.files.list(extra_query=query)

    assert refused.value.param == param


def test_uploads_from_many_threads_are_all_kept() -> None:
    with sandbox() as (box, client):
        with ThreadPoolExecutor(16) as pool:
            ids = list(pool.map(lambda at: upload(client, f"text {at}".encode(), f"{at}.md"), range(100)))

        kept = box.files()

    assert [kept[file].content for file in ids] == [f"text {at}".encode() for at in range(100)]


@pytest.mark.parametrize("key", ["sk-wrong", "sk-sandbo", "schlüssel"])
def test_a_wrong_key_is_refused(client: openai.OpenAI, key: str) -> None:
    answer = loopback.http.get(f"{client.base_url}files", headers={b"Authorization": f"Bearer {key}".encode()})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert key not in answer.text


def test_no_key_is_refused(client: openai.OpenAI) -> None:
    assert loopback.http.get(f"{client.base_url}files").status_code == 401


def test_a_call_that_does_not_exist_is_refused_in_the_same_shape(client: openai.OpenAI) -> None:
    answer = loopback.http.post(f"{client.base_url}no/such", headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
