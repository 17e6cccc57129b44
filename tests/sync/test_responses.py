"""Answers are read leniently where servers differ, and never guessed."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import openai
import pytest
from pydantic import ValidationError

from sync.errors import Misconfigured, Missing, Rejected, Retryable
from sync.model import Chunking, FileId, FileState, StoredFile, StoreId, Upload
from sync.rate_limit import Unlimited
from sync.vector_store.index import OpenAIIndex
from sync.vector_store.responses import BatchAnswer, Limited, StoreFileAnswer, poll_after, refusal, retry_after, scrub
from tests.contract.fake_time import FakeTime
from tests.contract.index import rendered

KEY = "sk-test-0123456789abcdef"
STORE = StoreId("vs_1")
Answering = Callable[[httpx2.Request], httpx2.Response]
Connecting = Callable[[Answering], OpenAIIndex]


@pytest.fixture
def connecting() -> Iterator[Connecting]:
    """Makes an index on a server that is a function."""
    clients: list[openai.OpenAI] = []

    def connect(answering: Answering) -> OpenAIIndex:
        transport = httpx2.Client(transport=httpx2.MockTransport(answering))
        clients.append(openai.OpenAI(api_key=KEY, base_url="https://api.test/v1", http_client=transport))
        time = FakeTime()
        return OpenAIIndex(
            clients[-1],
            installation="test1",
            uploads=Unlimited(),
            attaches=Unlimited(),
            clock=time.clock,
            sleep=time.sleep,
        )

    yield connect
    for client in clients:
        client.close()


ECHOES = [
    {"message": "Invalid value: 'my card is 4111 1111'. Supported: text"},
    {"message": "My card is 4111… is too long; my  card\nis 4111 1111"},
    {"detail": [{"loc": ["body", "query"], "msg": "too long", "input": "my card is 4111 1111"}]},
    {"detail": "cannot read {'query': 'my card is 4111 1111'}"},
]


@pytest.mark.parametrize("echo", ECHOES)
def test_what_a_server_repeats_of_a_request_is_in_no_error(connecting: Connecting, echo: dict[str, Any]) -> None:
    index = connecting(lambda _: httpx2.Response(400, json={"error": echo} if "message" in echo else echo))

    with pytest.raises(Rejected) as search:
        index.search(STORE, "my card is 4111 1111", None, 5)
    with pytest.raises(Rejected) as upload:
        index.upload(rendered("a", "Hello, my card is 4111 1111."))

    for failed in (search, upload):
        assert "4111" not in str(failed.value)
        assert "400" in str(failed.value)


@pytest.mark.parametrize(
    "said", ["Invalid 'chunking_strategy.static.max_chunk_size_tokens'", "No such vector store: vs_1"]
)
def test_what_a_server_says_of_its_own_is_kept(connecting: Connecting, said: str) -> None:
    index = connecting(lambda _: httpx2.Response(400, json={"error": {"message": said}}))

    with pytest.raises(Rejected) as failed:
        index.search(STORE, "what is the size of a chunk in vs_1, please", None, 5)

    assert said in str(failed.value)


def listing(*pages: dict[str, Any]) -> Answering:
    """Answers one page after the other, and the last one again."""
    left = list(pages)

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=left.pop(0) if len(left) > 1 else left[0])

    return answer


def file(number: int) -> dict[str, Any]:
    return {"id": f"file-{number}", "status": "completed", "filename": f"aw-test1-{number}.md"}


def test_a_listing_that_does_not_say_whether_it_goes_on_is_read_until_a_page_is_empty(connecting: Connecting) -> None:
    index = connecting(listing({"data": [file(1)]}, {"data": [file(2)]}, {"data": []}))

    assert [stored.file for stored in index.files(STORE)] == ["file-1", "file-2"]


def test_a_listing_that_claims_to_go_on_but_does_not_raises(connecting: Connecting) -> None:
    empty = connecting(listing({"data": [file(1)], "has_more": True}, {"data": [], "has_more": True}))
    turning = connecting(listing({"data": [file(1)], "has_more": True}))

    with pytest.raises(Retryable, match="claims to go on"):
        list(empty.files(STORE))
    with pytest.raises(Retryable, match="claims to go on"):
        list(turning.uploads())


def test_a_listing_whose_place_is_lost_is_read_again_and_nothing_is_rejected(connecting: Connecting) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if "after" in request.url.params:
            return httpx2.Response(400, json={"error": {"message": "Invalid cursor", "code": "invalid_value"}})
        return httpx2.Response(200, json={"data": [file(1)], "has_more": True})

    with pytest.raises(Retryable, match="read again"):
        list(connecting(answer).files(STORE))


def test_a_listing_asks_for_the_largest_pages(connecting: Connecting) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(dict(request.url.params))
        return httpx2.Response(200, json={"data": [], "has_more": False})

    index = connecting(answer)
    list(index.files(STORE))
    list(index.uploads())

    assert asked == [
        {"limit": "100", "order": "asc"},
        {"limit": "10000", "order": "asc", "purpose": "assistants"},
    ]


def test_a_long_list_of_stores_is_searched_to_its_end(connecting: Connecting) -> None:
    ours = {"id": "vs_9", "name": "public", "metadata": {"managed_by": "answerwell:test1"}, "created_at": 5}
    pages = [
        {"data": [{"id": "vs_1", "name": "public", "metadata": {}}], "has_more": True},
        {"data": [{"id": "vs_2", "name": "public", "metadata": {"managed_by": "answerwell:test2"}}], "has_more": True},
        {"data": [ours | {"id": "vs_3", "status": "expired", "created_at": 1}], "has_more": True},
        {"data": [ours, ours | {"id": "vs_10", "created_at": 6}], "has_more": False},
    ]

    assert connecting(listing(*pages)).create("public") == "vs_9"


def test_threads_that_create_the_same_store_go_one_after_the_other(connecting: Connecting) -> None:
    made: list[dict[str, Any]] = []
    together = threading.Barrier(2)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            page = {"data": list(made), "has_more": False}
            with suppress(threading.BrokenBarrierError):
                together.wait(timeout=0.2)  # both see the same list, unless one is kept waiting
            return httpx2.Response(200, json=page)
        made.append({"id": f"vs_{len(made)}", **json.loads(request.read())})
        return httpx2.Response(200, json=made[-1])

    index = connecting(answer)
    with ThreadPoolExecutor(2) as pool:
        created = list(pool.map(index.create, ["public", "public"]))

    assert created == ["vs_0", "vs_0"]


@pytest.mark.parametrize(
    ("chunking", "sent"),
    [
        (Chunking(), {}),
        (
            Chunking(200, 50),
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
                }
            },
        ),
    ],
)
def test_chunking_goes_with_each_file_where_it_is_not_the_usual_one(
    connecting: Connecting, chunking: Chunking, sent: dict[str, Any]
) -> None:
    bodies: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(json.loads(request.read()))
        counts = {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}
        return httpx2.Response(200, json={"id": "vsfb_1", "status": "completed", "file_counts": counts})

    connecting(answer).attach(STORE, {FileId("file-1"): {"title": "A"}}, chunking)

    assert bodies == [{"files": [{"file_id": "file-1", "attributes": {"title": "A"}, **sent}]}]


def test_failed_files_that_the_filter_does_not_show_are_not_taken_for_searchable(connecting: Connecting) -> None:
    failed = {"id": "file-2", "status": "failed", "last_error": {"code": "invalid_file", "message": "broken"}}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            counts = {"in_progress": 0, "completed": 1, "failed": 1, "cancelled": 0, "total": 2}
            return httpx2.Response(200, json={"id": "vsfb_1", "status": "completed", "file_counts": counts})
        shown = [] if "filter" in request.url.params else [file(1), failed]
        return httpx2.Response(200, json={"data": shown, "has_more": False})

    outcome = connecting(answer).attach(STORE, {FileId("file-1"): {}, FileId("file-2"): {}}, Chunking())

    assert outcome == {"file-1": None, "file-2": "invalid_file: broken"}


def test_an_upload_whose_size_the_server_leaves_out_is_fine(connecting: Connecting) -> None:
    index = connecting(listing({"id": "file-1", "bytes": None, "object": "file"}))

    assert index.upload(rendered("a")) == "file-1"


def test_an_upload_is_a_named_markdown_file_for_assistants(connecting: Connecting) -> None:
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={"id": "file-1"})

    connecting(answer).upload(rendered("a", "some text"))

    body = sent[0].read().decode()
    assert 'name="file"; filename="aw-test1-a.md"' in body
    assert "Content-Type: text/markdown" in body
    assert 'name="purpose"\r\n\r\nassistants' in body
    assert "some text" in body
    assert len(sent) == 1


def test_a_deletion_that_the_server_denies_is_not_a_success(connecting: Connecting) -> None:
    with pytest.raises(Retryable, match="not done"):
        connecting(listing({"id": "file-1", "deleted": False})).delete(FileId("file-1"))


def test_only_uploads_with_our_prefix_are_ours(connecting: Connecting) -> None:
    names = ["aw-test1-a.md", "aw-test12-a.md", "handbook.md", "AW-test1-a.md"]
    page = {"data": [{"id": f"file-{name}", "filename": name} for name in names], "has_more": False}

    assert list(connecting(listing(page)).uploads()) == [Upload(FileId("file-aw-test1-a.md"), "aw-test1-a.md")]


def test_a_file_too_large_for_openai_is_rejected_before_it_is_sent(connecting: Connecting) -> None:
    class Large(bytes):
        """Says that it is large, so that the test need not be."""

        def __len__(self) -> int:
            return 512 * 1024 * 1024 + 1

    small = rendered("a")

    with pytest.raises(Rejected, match="512 MB"):
        connecting(listing({})).upload(type(small)(small.filename, Large(small.content), {}, "c", "m"))


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        ({"status": "completed"}, StoredFile(FileId("file-1"), FileState.COMPLETED, {})),
        ({"status": "in_progress", "attributes": None}, StoredFile(FileId("file-1"), FileState.IN_PROGRESS, {})),
        ({"status": "cancelled"}, StoredFile(FileId("file-1"), FileState.FAILED, {}, "cancelled", passing=True)),
        (
            {"status": "failed", "last_error": {"code": "invalid_file", "message": "broken"}},
            StoredFile(FileId("file-1"), FileState.FAILED, {}, "invalid_file: broken", passing=False),
        ),
        (
            {"status": "failed", "last_error": {"code": "server_error", "message": "oh"}},
            StoredFile(FileId("file-1"), FileState.FAILED, {}, "server_error: oh", passing=True),
        ),
        (
            {"status": "failed", "last_error": None},
            StoredFile(FileId("file-1"), FileState.FAILED, {}, "server_error: no reason given", passing=True),
        ),
    ],
)
def test_a_store_file_becomes_what_the_engine_knows(answer: dict[str, Any], stored: StoredFile) -> None:
    assert StoreFileAnswer.model_validate({"id": "file-1", **answer}).stored() == stored


def test_attributes_keep_their_types() -> None:
    attributes = {"text": "1", "whole": 1, "part": 0.5, "yes": True, "no": False}

    read = StoreFileAnswer.model_validate({"id": "file-1", "status": "completed", "attributes": attributes})

    assert {key: (value, type(value)) for key, value in read.stored().attributes.items()} == {
        key: (value, type(value)) for key, value in attributes.items()
    }


def test_a_batch_of_either_object_name_is_a_batch() -> None:
    counts = {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}
    for name in ("vector_store.files_batch", "vector_store.file_batch"):
        BatchAnswer.model_validate({"id": "vsfb_1", "object": name, "status": "completed", "file_counts": counts})


def test_the_error_about_a_broken_answer_does_not_repeat_it() -> None:
    with pytest.raises(ValidationError) as caught:
        StoreFileAnswer.model_validate_json('{"id": ["a customer\'s text"]}')

    assert "customer" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": "File is empty."}, Rejected),
        (413, {"message": "too large"}, Rejected),
        (422, {"message": "no"}, Rejected),
        (401, {"message": "no"}, Misconfigured),
        (403, None, Misconfigured),
        (402, {"message": "pay"}, Misconfigured),
        (405, {"message": "no"}, Misconfigured),
        (404, {"message": "No vector store found with id 'vs_1'."}, Missing),
        (404, {"message": "No such File object: file-1", "code": None}, Missing),
        (404, {"message": "Not Found"}, Misconfigured),
        (404, "<html>", Misconfigured),
        (404, None, Misconfigured),
        (408, None, Retryable),
        (409, None, Retryable),
        (429, None, Limited),
        (429, {"code": "rate_limit_exceeded"}, Limited),
        (429, {"code": "insufficient_quota"}, Misconfigured),
        (429, {"code": None, "type": "insufficient_quota"}, Misconfigured),
        (400, {"code": "billing_hard_limit_reached"}, Misconfigured),
        (500, {"message": "oh"}, Retryable),
        (529, "busy", Retryable),
    ],
)
def test_each_refusal_has_its_remedy(status: int, body: object, error: type[Exception]) -> None:
    assert type(refusal(status, body, {}, "upload a", KEY)) is error


def test_a_refusal_says_what_was_refused_and_why() -> None:
    refused = refusal(400, {"message": "File is empty.", "code": "invalid_value"}, {}, "upload a.md", KEY)

    assert str(refused) == "upload a.md: 400 invalid_value: File is empty."


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "7"}, timedelta(seconds=7)),
        ({"retry-after": " 0.5 "}, timedelta(seconds=0.5)),
        ({"retry-after-ms": "250", "retry-after": "7"}, timedelta(seconds=0.25)),
        ({"retry-after-ms": "soon", "retry-after": "7"}, timedelta(seconds=7)),
        ({"retry-after": "99999999999"}, timedelta(days=1)),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "later"}, None),
        ({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}, timedelta(0)),
        ({"retry-after": "Mon, 01 Jan 2001 00:00:00 -0000"}, timedelta(0)),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, timedelta(days=1)),
    ],
)
def test_the_wait_is_read_in_each_of_its_forms(headers: dict[str, str], wait: timedelta | None) -> None:
    assert retry_after(headers) == wait


def test_a_wait_until_a_moment_is_counted_from_now() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)

    assert timedelta(seconds=110) < (retry_after({"retry-after": moment}) or timedelta(0)) <= timedelta(seconds=120)


def test_the_poll_hint_is_read_where_it_is_one() -> None:
    assert poll_after({"openai-poll-after-ms": "1500"}) == timedelta(seconds=1.5)
    assert poll_after({"openai-poll-after-ms": "soon"}) is None
    assert poll_after({}) is None


@pytest.mark.parametrize(
    ("message", "scrubbed"),
    [
        (f"key {KEY} is wrong", "key [key] is wrong"),
        ("Incorrect API key provided: sk-proj-abc_d***wxyz. See", "Incorrect API key provided: [key]. See"),
        ("sent Bearer abc.def/ghi= there", "sent Bearer [key] there"),
        ("two\nlines\x00  here", "two lines\x00 here"),
        ("x" * 400, "x" * 299 + "…"),
        ("a task-force is not a key", "a task-force is not a key"),
    ],
)
def test_a_message_is_one_short_line_without_a_key(message: str, scrubbed: str) -> None:
    assert scrub(message, KEY) == scrubbed
