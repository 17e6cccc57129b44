"""How every method of an index behind HTTP fails: with the error that names the remedy, and without the key."""

import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from structlog.testing import capture_logs

from sandbox.wire import Fault, Manner
from sync.errors import Misconfigured, Retryable, SyncError
from sync.model import Attributes, Chunking, FileId, FileState, Index, StoreId
from tests.contract.index import rendered
from tests.contract.openai_world import KEY, OpenAIWorld

Call = Callable[[Index, StoreId, FileId], object]

READS: dict[str, Call] = {
    "status": lambda index, store, file: index.status(store, file),
    "exists": lambda index, store, file: index.exists(file),
    "files": lambda index, store, file: list(index.files(store)),
    "uploads": lambda index, store, file: list(index.uploads()),
    "search": lambda index, store, file: index.search(store, "password", None, 10),
}
REPEATABLE: dict[str, Call] = {
    **READS,
    "patch": lambda index, store, file: index.patch(store, file, {"document": "new"}),
    "detach": lambda index, store, file: index.detach(store, file),
    "delete": lambda index, store, file: index.delete(file),
    "drop": lambda index, store, file: index.drop(store),
}
CALLS: dict[str, Call] = {
    **REPEATABLE,
    "create": lambda index, store, file: index.create("another"),
    "upload": lambda index, store, file: index.upload(rendered("b")),
    "attach": lambda index, store, file: index.attach(store, {file: {}}, Chunking()),
}
ECHO = (
    f'{{"error":{{"message":"Incorrect API key provided: {KEY}.","type":"x","param":null,"code":"invalid_api_key"}}}}'
)
QUOTA = '{"error":{"message":"You exceeded your quota.","type":"insufficient_quota","code":"insufficient_quota"}}'
REMOVALS = ("detach", "delete", "drop")


class IndexFailuresContract:
    """Subclass with a fixture `world`."""

    @pytest.fixture
    def store(self, world: OpenAIWorld) -> StoreId:
        return world.index.create("public")

    def failures(self, world: OpenAIWorld, **fault: object) -> dict[str, SyncError]:
        """Make every call while everything fails like that; return the errors, none of which gives the key away."""
        return {name: self.failure(world, name, **fault) for name in CALLS}

    def failure(self, world: OpenAIWorld, name: str, **fault: object) -> SyncError:
        store, file = self.attached(world, f"for {name}")
        world.wire.forget()
        world.wire.fail(Fault(times=None, **fault))  # type: ignore[arg-type] # the fields of Fault, by name
        with pytest.raises(SyncError) as caught, capture_logs() as logs:
            CALLS[name](world.index, store, file)
        world.wire.heal()
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(logs)
        assert KEY not in told
        assert "reset a password" not in told
        return caught.value

    def attached(self, world: OpenAIWorld, name: str) -> tuple[StoreId, FileId]:
        store = world.index.create(name)
        file = world.index.upload(rendered("a"))
        assert world.index.attach(store, {file: {"document": "a"}}, Chunking()) == {file: None}
        return store, file

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refused_key_names_the_settings(self, world: OpenAIWorld, status: int) -> None:
        settings = ("openai.api_key", "openai.organization", "openai.project", "openai.base_url", "127.0.0.1")

        for error in self.failures(world, status=status, body=ECHO).values():
            assert isinstance(error, Misconfigured)
            assert all(setting in str(error) for setting in settings)

    def test_a_rate_limit_is_retryable_and_says_when(self, world: OpenAIWorld) -> None:
        for error in self.failures(world, status=429, headers={"retry-after": "17"}).values():
            assert isinstance(error, Retryable)
            assert error.after == timedelta(seconds=17)

    def test_a_spent_quota_is_not_retried(self, world: OpenAIWorld) -> None:
        for name in CALLS:
            error = self.failure(world, name, status=429, body=QUOTA)

            assert isinstance(error, Misconfigured)
            assert "billing" in str(error)
            assert world.wire.count() == 1

    @pytest.mark.parametrize("status", [500, 503, 408, 409])
    def test_a_server_in_trouble_is_retryable(self, world: OpenAIWorld, status: int) -> None:
        for error in self.failures(world, status=status, body="<html>sorry").values():
            assert isinstance(error, Retryable)

    def test_a_cut_connection_is_retryable(self, world: OpenAIWorld) -> None:
        for error in self.failures(world, manner="cut").values():
            assert isinstance(error, Retryable)

    @pytest.mark.parametrize("manner", ["half", "lose"])
    def test_a_lost_answer_is_retryable(self, world: OpenAIWorld, manner: Manner) -> None:
        for name in CALLS.keys() - set(REMOVALS):  # their second try finds the work done
            assert isinstance(self.failure(world, name, manner=manner), Retryable)

    @pytest.mark.parametrize("body", ["", "null", "[]", "{}", '{"data":', '{"data":[{}]}', "<html>welcome</html>"])
    def test_an_answer_that_is_not_openais_is_not_believed(self, world: OpenAIWorld, body: str) -> None:
        for error in self.failures(world, status=200, body=body).values():
            assert isinstance(error, Retryable)

    @pytest.mark.parametrize(
        "body", ["", "<html>nginx", '{"detail":"Not Found"}', '{"error":{"message":"Invalid URL (GET /v2/files)"}}']
    )
    def test_a_404_from_something_else_is_not_taken_for_absence(self, world: OpenAIWorld, body: str) -> None:
        for error in self.failures(world, status=404, body=body).values():
            assert isinstance(error, Misconfigured)
            assert "openai.base_url" in str(error)

    @pytest.mark.parametrize("manner", ["answer", "cut", "half", "lose"])
    def test_what_may_be_repeated_survives_two_failures(self, world: OpenAIWorld, manner: Manner) -> None:
        for name, call in REPEATABLE.items():
            store, file = self.attached(world, f"for {name}")
            fault = world.wire.fail(Fault(manner=manner, status=503, times=2))

            call(world.index, store, file)

            assert fault.seen >= 2
            world.wire.heal()

    def test_an_upload_is_sent_once(self, world: OpenAIWorld) -> None:
        faults: list[dict[str, object]] = [{"manner": "cut"}, {"manner": "lose"}, {"status": 500}, {"status": 429}]
        for fault in faults:
            assert isinstance(self.failure(world, "upload", **fault), Retryable)

            assert world.wire.count() == 1

    def test_an_upload_whose_answer_was_lost_is_found_by_its_name(self, world: OpenAIWorld) -> None:
        world.wire.fail(Fault(path=r"/files\?", method="POST", manner="lose"))

        with pytest.raises(Retryable):
            world.index.upload(rendered("a"))

        assert [upload.filename for upload in world.index.uploads()] == ["aw-test1-a.md"]

    def test_an_attach_whose_answer_was_lost_is_sent_once_and_told_by_the_status(
        self, world: OpenAIWorld, store: StoreId
    ) -> None:
        file = world.index.upload(rendered("a"))
        world.wire.fail(Fault(path="/file_batches", method="POST", manner="lose"))

        with pytest.raises(Retryable):
            world.index.attach(store, {file: {}}, Chunking())

        assert world.wire.count("/file_batches", "POST") == 1
        assert world.index.status(store, file).state is FileState.IN_PROGRESS

    def test_a_listing_that_fails_anywhere_raises(self, world: OpenAIWorld, store: StoreId) -> None:
        files: dict[FileId, Attributes] = {world.index.upload(rendered(f"n{number}")): {} for number in range(201)}
        world.index.attach(store, files, Chunking())

        manners: tuple[Manner, ...] = ("answer", "cut", "half")
        for page, manner in product((1, 2, 3), manners):
            world.wire.fail(Fault(path=f"/{store}/files", nth=page, times=None, manner=manner))
            with pytest.raises(Retryable):
                list(world.index.files(store))
            world.wire.heal()
        assert len(list(world.index.files(store))) == 201

    def test_no_log_line_at_any_level_holds_the_key(self, world: OpenAIWorld, caplog: pytest.LogCaptureFixture) -> None:
        store, file = self.attached(world, "public")
        with caplog.at_level(logging.DEBUG):
            for call in READS.values():
                call(world.index, store, file)
            self.failure(world, "upload", status=401, body=ECHO)

        chatter = [line for line in caplog.records if line.levelno < logging.WARNING and line.name.startswith("openai")]
        assert chatter == []
        assert KEY not in caplog.text
        assert KEY not in repr(world.index)
