"""Attaching: few requests, no file that spoils the others, no wait without end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from sandbox.wire import Fault
from sync.errors import Misconfigured, Retryable
from sync.model import Attributes, Chunking, FileId, FileState, StoreId
from tests.contract.index import rendered
from tests.contract.openai_world import OpenAITruth, OpenAIWorld, openai_world

CREATE = r"/file_batches\?"
FOLLOW = r"/file_batches/vsfb_\w+\?"
MEMBERS = r"/file_batches/vsfb_\w+/files"


@pytest.fixture
def world() -> Iterator[OpenAIWorld]:
    with openai_world() as world:
        yield world


@pytest.fixture
def store(world: OpenAIWorld) -> StoreId:
    return world.index.create("public")


def uploaded(world: OpenAIWorld, count: int) -> dict[FileId, Attributes]:
    return {world.index.upload(rendered(f"n{number}")): {"n": number} for number in range(count)}


@dataclass
class Recorder:
    """A limiter that lets every call pass and remembers."""

    waits: list[int] = field(default_factory=list)
    penalties: list[timedelta] = field(default_factory=list)

    def wait(self, cost: int = 1) -> None:
        self.waits.append(cost)

    def pause_all(self, pause: timedelta) -> None:
        self.penalties.append(pause)


def test_a_batch_that_goes_well_is_followed_and_not_listed(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 150)

    assert world.index.attach(store, files, Chunking()) == dict.fromkeys(files)

    assert world.wire.count(CREATE, "POST") == 1
    assert world.wire.count(FOLLOW) <= 4
    assert world.wire.count(MEMBERS) == 0


def test_a_batch_that_is_done_at_once_is_not_even_followed(world: OpenAIWorld, store: StoreId) -> None:
    world.box.processing = 0.0
    files = uploaded(world, 2)

    assert world.index.attach(store, files, Chunking()) == dict.fromkeys(files)

    assert world.wire.count(FOLLOW) == 0
    assert world.time.slept == []


def test_of_a_batch_with_failures_only_the_failed_are_listed(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 150)
    OpenAITruth(world.box, world.url).refuse("aw-test1-n7.md")

    outcome = world.index.attach(store, files, Chunking())

    assert [reason for reason in outcome.values() if reason] == ["unsupported_file: not for us"]
    assert len(outcome) == 150
    assert world.wire.count(MEMBERS) == 1


def test_many_files_go_in_batches_of_the_configured_size(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 7)
    attaches, volume = Recorder(), Recorder()
    index = world.index_with(batch_size=3, attaches=attaches, volume=volume)

    assert index.attach(store, files, Chunking()) == dict.fromkeys(files)

    assert world.wire.count(CREATE, "POST") == 3
    assert attaches.waits == [1, 1, 1]
    assert volume.waits == [3, 3, 1]


@pytest.mark.parametrize("size", [0, 2001])
def test_a_batch_size_that_openai_does_not_take_is_misconfigured(world: OpenAIWorld, size: int) -> None:
    with pytest.raises(Misconfigured, match="batch_size"):
        world.index_with(batch_size=size)


@pytest.mark.parametrize(("tokens", "overlap"), [(99, 0), (4097, 0), (800, 401), (800, -1)])
def test_chunks_that_openai_does_not_take_are_misconfigured(
    world: OpenAIWorld, store: StoreId, tokens: int, overlap: int
) -> None:
    with pytest.raises(Misconfigured, match="chunk_tokens"):
        world.index.attach(store, uploaded(world, 1), Chunking(tokens, overlap))


def test_the_batch_keeps_the_id_of_its_creation(world: OpenAIWorld, store: StoreId) -> None:
    world.box.wrong_batch_id = True
    files = uploaded(world, 3)
    OpenAITruth(world.box, world.url).refuse("aw-test1-n1.md")

    assert len(world.index.attach(store, files, Chunking())) == 3


def test_a_file_not_visible_yet_is_waited_for(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 3)
    world.box.not_yet = 3

    assert world.index.attach(store, files, Chunking()) == dict.fromkeys(files)


def test_a_file_that_stays_invisible_is_left_out_in_seconds(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 1)
    world.box.not_yet = 1000
    start = world.time.now

    assert world.index.attach(store, files, Chunking()) == {}

    assert world.time.now - start < 10
    world.box.not_yet = 1
    assert world.index.exists(next(iter(files)))


def test_a_file_that_the_api_names_costs_few_requests(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 50)
    lost = list(files)[20]
    world.index.delete(lost)

    assert world.index.attach(store, files, Chunking()) == dict.fromkeys(files.keys() - {lost})

    assert world.wire.count(CREATE, "POST") == 6  # four before it is believed, the others, and the file alone


def test_a_file_that_the_api_refuses_without_a_name_is_found_and_told(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 50)
    bad = list(files)[20]
    files[bad] = {"title": "x" * 513}

    outcome = world.index.attach(store, files, Chunking())

    assert {file for file, reason in outcome.items() if reason is None} == files.keys() - {bad}
    assert "string too long" in str(outcome[bad])
    assert world.wire.count(CREATE, "POST") <= 14


def test_when_every_file_is_lost_the_search_for_the_culprit_ends(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 100)
    for file in files:
        world.index.delete(file)

    assert world.index.attach(store, files, Chunking()) == {}

    assert world.wire.count(CREATE, "POST") <= 64


def test_a_file_that_is_in_the_store_already_is_no_failure(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 3)
    first = next(iter(files))
    world.index.attach(store, {first: files[first]}, Chunking())
    world.box.repeated = "refuse"

    assert world.index.attach(store, files, Chunking()) == dict.fromkeys(files)


def test_a_stuck_file_costs_the_deadline_and_no_more(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 3)
    OpenAITruth(world.box, world.url).stick("aw-test1-n1.md")
    index = world.index_with(deadline=timedelta(seconds=30))
    start = world.time.now

    outcome = index.attach(store, files, Chunking())

    stuck = next(file for file, attributes in files.items() if attributes["n"] == 1)
    assert outcome == dict.fromkeys(files.keys() - {stuck})
    assert 30 <= world.time.now - start < 31
    assert world.wire.count(FOLLOW) <= 60


def test_a_batch_not_visible_yet_is_followed_all_the_same(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 3)
    unknown = '{"error":{"message":"No file batch found with id \'vsfb_1\'.","type":"invalid_request_error"}}'
    world.wire.fail(Fault(path=FOLLOW, status=404, body=unknown, times=2))

    assert world.index.attach(store, files, Chunking()) == dict.fromkeys(files)


def test_what_was_attached_before_a_failure_is_settled(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 5)
    world.wire.fail(Fault(path=CREATE, method="POST", nth=3, times=None, manner="cut"))

    outcome = world.index_with(batch_size=2).attach(store, files, Chunking())

    assert outcome == dict.fromkeys(list(files)[:4])


def test_a_short_rate_limit_is_waited_out_and_told_to_everybody(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 2)
    attaches = Recorder()
    world.wire.fail(Fault(path=CREATE, method="POST", status=429, headers={"retry-after-ms": "1500"}))

    outcome = world.index_with(attaches=attaches).attach(store, files, Chunking())

    assert outcome == dict.fromkeys(files)
    assert attaches.penalties == [timedelta(seconds=1.5)]
    assert 1.5 in world.time.slept


def test_a_long_rate_limit_is_left_to_the_caller(world: OpenAIWorld, store: StoreId) -> None:
    attaches = Recorder()
    world.wire.fail(Fault(path=CREATE, method="POST", status=429, headers={"retry-after": "40"}, times=None))

    with pytest.raises(Retryable) as caught:
        world.index_with(attaches=attaches).attach(store, uploaded(world, 2), Chunking())

    assert caught.value.after == timedelta(seconds=40)
    assert attaches.penalties == [timedelta(seconds=40)]
    assert world.time.slept == []


def test_uploads_are_paced_and_a_limit_reaches_the_limiter(world: OpenAIWorld) -> None:
    uploads = Recorder()
    index = world.index_with(uploads=uploads)
    index.upload(rendered("a"))
    world.wire.fail(Fault(path="/files", method="POST", status=429, headers={"retry-after": "3"}))

    with pytest.raises(Retryable):
        index.upload(rendered("b"))

    assert uploads.waits == [1, 1]
    assert uploads.penalties == [timedelta(seconds=3)]


def test_an_expired_store_is_misconfigured_and_no_file_is_blamed(world: OpenAIWorld) -> None:
    made = world.client.vector_stores.create(name="theirs", expires_after={"anchor": "last_active_at", "days": 1})
    files = uploaded(world, 2)
    world.time.sleep(timedelta(days=2).total_seconds())

    with pytest.raises(Misconfigured, match="expired"):
        world.index.attach(StoreId(made.id), files, Chunking())


def test_a_cancelled_file_is_left_out(world: OpenAIWorld, store: StoreId) -> None:
    files = uploaded(world, 2)
    world.box.processing = 60.0
    index = world.index_with(deadline=timedelta(seconds=1))
    assert index.attach(store, files, Chunking()) == {}
    (batch,) = {call.path.split("/")[5] for call in world.wire.calls if "vsfb_" in call.path}
    world.client.vector_stores.file_batches.cancel(batch, vector_store_id=store)

    file = next(iter(files))

    assert world.index.status(store, file).state is FileState.FAILED
    assert world.index.status(store, file).passing is True


def test_a_store_that_has_expired_or_may_not_be_read_says_so(world: OpenAIWorld) -> None:
    made = world.client.vector_stores.create(name="theirs", expires_after={"anchor": "last_active_at", "days": 1})
    world.wire.fail(Fault(path=r"/v1/vector_stores/vs_", status=403))
    refused = world.index.store_problem(StoreId(made.id))
    world.time.sleep(timedelta(days=2).total_seconds())

    assert "cannot be read" in refused
    assert world.index.store_problem(StoreId(made.id)) == "has expired"
