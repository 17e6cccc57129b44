import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import openai
import pytest

from sandbox.openai import OpenAISandbox
from sandbox.openai.state import UsageLimits
from tests.sandbox.openai_kit import GUIDE, served, stocked, upload


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock: Clock) -> Iterator[OpenAISandbox]:
    with contextlib.closing(OpenAISandbox(clock=clock)) as box:
        yield box


@pytest.fixture
def client(box: OpenAISandbox) -> Iterator[openai.OpenAI]:
    with served(box) as client:
        yield client


def test_a_file_is_searchable_only_when_its_processing_is_over(
    box: OpenAISandbox, client: openai.OpenAI, clock: Clock
) -> None:
    box.processing = 30
    store, files = stocked(client, GUIDE)

    early = client.vector_stores.files.retrieve(files[0], vector_store_id=store)
    found_early = client.vector_stores.search(store, query="password").data
    store_early = client.vector_stores.retrieve(store)
    clock.now += 30
    late = client.vector_stores.files.retrieve(files[0], vector_store_id=store)

    assert (early.status, early.usage_bytes, found_early) == ("in_progress", 0, [])
    assert (store_early.status, store_early.file_counts.in_progress) == ("in_progress", 1)
    assert (late.status, late.usage_bytes) == ("completed", len(GUIDE))
    assert client.vector_stores.search(store, query="password").data[0].file_id == files[0]


def test_a_poller_is_told_when_to_come_back(box: OpenAISandbox, client: openai.OpenAI, clock: Clock) -> None:
    box.processing = 0.25
    store, file = client.vector_stores.create().id, upload(client)
    batch = client.vector_stores.file_batches.create(store, file_ids=[file])

    of_batch = client.vector_stores.file_batches.with_raw_response.retrieve(batch.id, vector_store_id=store)
    of_file = client.vector_stores.files.with_raw_response.retrieve(file, vector_store_id=store)

    assert of_batch.headers["openai-poll-after-ms"] == of_file.headers["openai-poll-after-ms"] == "250"


def test_a_refused_file_fails_with_that_reason_and_may_be_tried_again(
    box: OpenAISandbox, client: openai.OpenAI
) -> None:
    box.refuse = lambda filename, content: ("server_error", "An internal error occurred.")
    store, files = stocked(client, GUIDE)
    failed = client.vector_stores.files.retrieve(files[0], vector_store_id=store)
    box.refuse = None

    again = client.vector_stores.files.create(store, file_id=files[0])

    assert failed.last_error is not None
    assert (failed.status, failed.last_error.code) == ("failed", "server_error")
    assert (again.status, again.last_error) == ("completed", None)
    assert len(client.vector_stores.search(store, query="password").data) == 1


def test_a_file_is_gone_from_everywhere_when_its_time_is_over(
    box: OpenAISandbox, client: openai.OpenAI, clock: Clock
) -> None:
    brief = client.files.create(
        file=("a.md", GUIDE), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
    ).id
    lasting = upload(client)
    store = client.vector_stores.create(file_ids=[brief, lasting]).id

    clock.now += 3600

    assert [file.id for file in client.files.list()] == [lasting]
    assert list(box.stores()[store]) == [lasting]
    assert [one.file_id for one in client.vector_stores.search(store, query="password").data] == [lasting]


def test_a_stuck_file_never_leaves_in_progress(box: OpenAISandbox, client: openai.OpenAI, clock: Clock) -> None:
    box.stuck = lambda filename, content: filename == "0.md"
    store, files = stocked(client, GUIDE, GUIDE)

    clock.now += 10**9

    states = {file.id: file.status for file in client.vector_stores.files.list(store)}
    assert states == {files[0]: "in_progress", files[1]: "completed"}


def test_cancelling_a_batch_stops_only_what_is_not_done(
    box: OpenAISandbox, client: openai.OpenAI, clock: Clock
) -> None:
    box.stuck = lambda filename, content: filename == "slow.md"
    store, quick, slow = client.vector_stores.create().id, upload(client), upload(client, GUIDE, "slow.md")
    batch = client.vector_stores.file_batches.create(store, file_ids=[quick, slow])

    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)

    assert (cancelled.status, cancelled.file_counts.completed, cancelled.file_counts.cancelled) == ("cancelled", 1, 1)
    assert [file.id for file in client.vector_stores.files.list(store, filter="cancelled")] == [slow]


def test_a_file_just_uploaded_may_be_unknown_for_a_while(
    box: OpenAISandbox, client: openai.OpenAI, clock: Clock
) -> None:
    store, old = client.vector_stores.create().id, upload(client)
    clock.now += 61
    file = upload(client)
    box.not_yet = 2

    client.files.retrieve(old)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file)
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.create(store, file_ids=[old, file])

    assert client.vector_stores.file_batches.create(store, file_ids=[old, file]).file_counts.completed == 2


def test_a_retrieved_batch_may_carry_the_stores_id(box: OpenAISandbox, client: openai.OpenAI) -> None:
    box.wrong_batch_id = True
    store, file = client.vector_stores.create().id, upload(client)

    batch = client.vector_stores.file_batches.create(store, file_ids=[file])

    assert batch.id.startswith("vsfb_")
    assert client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store).id == store


def test_attaching_again_updates_or_is_refused(box: OpenAISandbox, client: openai.OpenAI) -> None:
    store, files = stocked(client, GUIDE)

    again = client.vector_stores.files.create(store, file_id=files[0], attributes={"n": 2})
    box.repeated = "refuse"

    assert (again.status, again.attributes) == ("completed", {"n": 2})
    assert box.stores()[store] == {files[0]: {"n": 2}}
    with pytest.raises(openai.BadRequestError, match="already"):
        client.vector_stores.files.create(store, file_id=files[0])
    with pytest.raises(openai.BadRequestError, match="already"):
        client.vector_stores.file_batches.create(store, file_ids=[upload(client), files[0]])
    assert list(box.stores()[store]) == files


def test_an_exhausted_quota_refuses_everything(box: OpenAISandbox, client: openai.OpenAI) -> None:
    box.exhausted = True

    with pytest.raises(openai.RateLimitError) as refused:
        client.files.list()

    assert (refused.value.code, refused.value.type) == ("insufficient_quota", "insufficient_quota")


def test_uploads_over_the_rate_wait_for_the_minute_to_pass(
    box: OpenAISandbox, client: openai.OpenAI, clock: Clock
) -> None:
    box.limits = UsageLimits(uploads=2)
    upload(client)
    clock.now += 20
    upload(client)

    with pytest.raises(openai.RateLimitError) as refused:
        upload(client)
    clock.now += 40

    assert refused.value.code == "rate_limit_exceeded"
    assert refused.value.response.headers["retry-after"] == "40"
    assert refused.value.response.headers["x-ratelimit-limit-requests"] == "2"
    assert upload(client)
    assert len(box.files()) == 3


def test_attaches_are_limited_per_store_and_files_over_all(box: OpenAISandbox, client: openai.OpenAI) -> None:
    one, files = stocked(client, GUIDE, GUIDE, GUIDE)
    two = client.vector_stores.create().id
    box.limits = UsageLimits(attaches_per_store=1, attached_files=4)

    client.vector_stores.files.create(one, file_id=files[0])
    with pytest.raises(openai.RateLimitError, match="attaches"):
        client.vector_stores.files.create(one, file_id=files[0])
    client.vector_stores.file_batches.create(two, file_ids=files)
    three = client.vector_stores.create().id

    with pytest.raises(openai.RateLimitError, match="attached files"):
        client.vector_stores.files.create(three, file_id=files[0])
