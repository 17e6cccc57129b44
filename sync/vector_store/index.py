"""The index behind OpenAI's vector-store API, on OpenAI's own servers or on any that speak it.

The SDK is the transport only. Its retries are off: it would repeat a POST whose answer was lost, and so upload or
attach twice. Its paging is not used: it ends a listing quietly at the first broken page.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

import openai
from openai.types.shared_params import ComparisonFilter, CompoundFilter
from openai.types.vector_stores.file_batch_create_params import File as Member
from pydantic import ValidationError

from sync import tls
from sync.errors import Misconfigured, Missing, Rejected, Retryable
from sync.metrics import COUNTERS
from sync.model import Attributes, Chunking, FileId, FileState, Filter, Hit, Rendered, StoredFile, StoreId, Upload
from sync.rate_limit import Rate, RateLimiter, Unlimited
from sync.rendering import filename_prefix, managed_by
from sync.vector_store import responses as answers
from sync.vector_store.batches import Attaching, Files
from sync.vector_store.validation import check_chunking, check_header, checked_address

OPENAI = "https://api.openai.com/v1"
UPLOADS = Rate(1000)
ATTACHES = Rate(300)
VOLUME = Rate(2000)
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_BATCH_SIZE = 2000
TRIES = 3
MAX_PAUSE = timedelta(seconds=5)
SECOND_LOOK = timedelta(seconds=1)

A = TypeVar("A", bound=answers.Answer)
L = TypeVar("L", bound=answers.Identified)
T = TypeVar("T")


class Raw(Protocol):
    """An answer as it came."""

    @property
    def content(self) -> bytes: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


def connect(
    api_key: str,
    *,
    base_url: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    http_timeout: timedelta = timedelta(seconds=60),
) -> openai.OpenAI:
    """Return the client for the configured server. Raises Misconfigured for a setting that can never work.

    The key would travel readable over http, which is therefore for loopback only.
    """
    for name, value in (("api_key", api_key), ("organization", organization), ("project", project)):
        if value is not None:
            check_header(name, value)
    return openai.OpenAI(
        api_key=api_key,
        base_url=checked_address(base_url or OPENAI),
        organization=organization,
        project=project,
        timeout=http_timeout.total_seconds(),
        max_retries=0,
        http_client=_Connections(verify=tls.shared_context()),
    )


class _Connections(openai.DefaultHttpxClient):
    """Connections that are closed when no client holds them any more, as those are that the SDK makes itself."""

    def __del__(self) -> None:
        with suppress(Exception):  # at the end of the process its parts may be gone
            self.close()


class OpenAIIndex:
    """Implements `sync.model.Index`. It deletes and detaches only what it is told to; other files stay untouched.

    `uploads` paces uploads (UPLOADS), `attaches` the requests that attach (ATTACHES), `volume` the files attached
    (VOLUME); without `volume`, that limit is left to the server's refusals.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        *,
        installation: str,
        uploads: RateLimiter,
        attaches: RateLimiter,
        volume: RateLimiter | None = None,
        batch_size: int = 500,
        deadline: timedelta = timedelta(minutes=5),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < batch_size <= MAX_BATCH_SIZE:
            raise Misconfigured(f"openai.batch_size is {batch_size}; OpenAI takes 1 to {MAX_BATCH_SIZE} files at once")
        self._api = client.with_options(max_retries=0)
        self._ask = _Client(self._api, sleep)
        self._installation = installation
        self._uploads = uploads
        self._attaches = attaches
        self._volume = volume or Unlimited()
        self._batch_size = batch_size
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._creating = threading.Lock()

    def create(self, name: str) -> StoreId:
        owner = managed_by(self._installation)
        with self._creating:
            mine = [
                store
                for store in self._stores()
                if store.name == name
                and (store.metadata or {}).get("managed_by") == owner
                and store.status != "expired"
            ]
            if mine:
                return StoreId(min(mine, key=lambda store: (store.created_at, store.id)).id)
            made = self._ask.once(
                f"create the vector store {name}",
                lambda: self._api.vector_stores.with_raw_response.create(name=name, metadata={"managed_by": owner}),
                answers.StoreAnswer,
            )
            return StoreId(made.id)

    def drop(self, store: StoreId) -> None:
        self._remove(f"delete {store}", lambda: self._api.vector_stores.with_raw_response.delete(store))

    def upload(self, rendered: Rendered) -> FileId:
        if not rendered.content.strip() or not rendered.content.decode("utf-8", "replace").strip("\ufeff \t\r\n"):
            raise Rejected(f"{rendered.filename} is empty: there is nothing to search in it")
        if len(rendered.content) > MAX_FILE_BYTES:
            raise Rejected(f"{rendered.filename} is larger than 512 MB, the most that OpenAI takes")
        self._uploads.wait()
        file = (rendered.filename, rendered.content, "text/markdown")
        uploaded = self._ask.once(
            f"upload {rendered.filename}",
            lambda: self._api.files.with_raw_response.create(file=file, purpose="assistants"),
            answers.Identified,
            self._uploads,
        )
        return FileId(uploaded.id)

    def attach(
        self, store: StoreId, files: Mapping[FileId, Attributes], chunking: Chunking
    ) -> dict[FileId, str | None]:
        check_chunking(chunking)
        calls = _Batches(self._api, self._ask, self._attaches, self._volume, chunking)
        attaching = Attaching(calls, store, self._deadline, self._clock, self._sleep)
        attaching.run(files, self._batch_size)
        return attaching.settled

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        return self._ask.status(store, file)

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        call = self._api.vector_stores.files.with_raw_response.update
        self._ask.patiently(
            f"change the attributes of {file} in {store}",
            lambda: call(file, vector_store_id=store, attributes=dict(attributes)),
            answers.Identified,
        )

    def detach(self, store: StoreId, file: FileId) -> None:
        call = self._api.vector_stores.files.with_raw_response.delete
        self._remove(f"detach {file} from {store}", lambda: call(file, vector_store_id=store))

    def delete(self, file: FileId) -> None:
        self._remove(f"delete {file}", lambda: self._api.files.with_raw_response.delete(file))

    def exists(self, file: FileId) -> bool:
        call = self._api.files.with_raw_response.retrieve
        for pause in (SECOND_LOOK, None):  # an upload of a moment ago may not be visible yet
            try:
                self._ask.patiently(f"look for {file}", lambda: call(file), answers.Identified)
            except Missing:
                if pause:
                    self._sleep(pause.total_seconds())
            else:
                return True
        return False

    def files(self, store: StoreId) -> Iterator[StoredFile]:
        call = self._api.vector_stores.files.with_raw_response.list
        pages = self._ask.pages(
            f"list the files of {store}",
            lambda after: call(store, after=after, limit=100, order="asc"),
            answers.Listing[answers.StoreFileAnswer],
        )
        return (listed.stored() for listed in pages)

    def uploads(self) -> Iterator[Upload]:
        call = self._api.files.with_raw_response.list
        pages = self._ask.pages(
            "list the uploads",
            lambda after: call(after=after, limit=10_000, order="asc", purpose="assistants"),
            answers.Listing[answers.UploadAnswer],
        )
        prefix = filename_prefix(self._installation)
        return (Upload(FileId(file.id), file.filename) for file in pages if file.filename.startswith(prefix))

    def search(self, store: StoreId, query: str, filters: Filter | None, limit: int) -> list[Hit]:
        if not query.strip() or limit < 1:
            return []
        call = self._api.vector_stores.with_raw_response.search
        wanted = _filters(filters)
        found = self._ask.patiently(
            f"search in {store}",
            lambda: call(store, query=query, max_num_results=min(limit, 50), filters=wanted),
            answers.SearchAnswer,
        )
        return sorted((answer.hit() for answer in found.data), key=lambda hit: -hit.score)

    def _stores(self) -> Iterator[answers.StoreAnswer]:
        call = self._api.vector_stores.with_raw_response.list
        return self._ask.pages(
            "list the vector stores",
            lambda after: call(after=after, limit=100, order="asc"),
            answers.Listing[answers.StoreAnswer],
        )

    def _remove(self, doing: str, call: Callable[[], Raw]) -> None:
        """Delete or detach; a 404 in the API's own shape says that it is done already."""
        try:
            removed = self._ask.patiently(doing, call, answers.Deletion)
        except Missing:
            return
        if not removed.deleted:
            raise Retryable(f"{doing}: OpenAI answered that it was not done")


class _Client:
    """Sends requests, reads the answers, and translates what goes wrong. No error's text holds the key."""

    def __init__(self, client: openai.OpenAI, sleep: Callable[[float], None]) -> None:
        self._api = client
        self._secret = client.api_key
        self._where = f"OpenAI at {client.base_url.host}"
        self._sleep = sleep

    def once(self, doing: str, call: Callable[[], Raw], shape: type[A], pacer: RateLimiter | None = None) -> A:
        """Send a request that must not be repeated: if its answer is lost, it may have been carried out."""
        return self.read(doing, self.send(doing, call, pacer), shape)

    def patiently(self, doing: str, call: Callable[[], Raw], shape: type[A]) -> A:
        """Send a request that may be repeated, a few times if need be."""
        return self.again(lambda: self.once(doing, call, shape), Retryable)

    def again(self, attempt: Callable[[], T], failure: type[Retryable]) -> T:
        """Try a few times, as long as it fails like that and no long wait is asked for."""
        for tried in range(TRIES - 1):
            try:
                return attempt()
            except failure as error:
                pause = timedelta(seconds=0.5 * 2**tried) if error.after is None else error.after
                if pause > MAX_PAUSE:
                    raise
            self._sleep(pause.total_seconds())
        return attempt()

    def pages(
        self, doing: str, page: Callable[[str | openai.Omit], Raw], shape: type[answers.Listing[L]]
    ) -> Iterator[L]:
        """Yield everything listed, or raise: a listing is never cut short."""
        after: str | openai.Omit = openai.omit
        while True:
            try:
                listing = self.patiently(doing, partial(page, after), shape)
            except Rejected as error:
                if after is openai.omit:
                    raise
                raise Retryable(f"{error}; the list changed meanwhile, it must be read again") from error
            yield from listing.data
            if listing.has_more is False or (listing.has_more is None and not listing.data):
                return
            if not listing.data or listing.data[-1].id == after:
                raise Retryable(f"{self._where}: {doing}: the list claims to go on but does not")
            after = listing.data[-1].id

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        call = self._api.vector_stores.files.with_raw_response.retrieve
        doing = f"read {file} in {store}"
        try:
            return self.patiently(doing, lambda: call(file, vector_store_id=store), answers.StoreFileAnswer).stored()
        except Missing:
            return StoredFile(file, FileState.ABSENT, {})

    def send(self, doing: str, call: Callable[[], Raw], pacer: RateLimiter | None = None) -> Raw:
        doing = f"{self._where}: {doing}"
        try:
            answer = call()
        except openai.APIStatusError as error:
            _count_call(str(error.status_code))
            failure = answers.refusal(error.status_code, error.body, error.response.headers, doing, self._secret)
            if pacer and isinstance(failure, answers.Limited) and failure.after:
                pacer.penalise(failure.after)
            raise failure from None  # the SDK's error prints the whole answer, which may repeat the key
        except openai.APITimeoutError as error:
            _count_call("timeout")
            raise Retryable(f"{doing}: no answer in time") from error
        except openai.APIConnectionError as error:
            _count_call("none")
            reason = answers.scrub(str(error.__cause__ or error), self._secret)
            raise Retryable(f"{doing}: the connection failed: {reason}") from error
        _count_call("200")
        return answer

    def read(self, doing: str, raw: Raw, shape: type[A]) -> A:
        try:
            return shape.model_validate_json(raw.content)
        except ValidationError as error:
            raise Retryable(f"{self._where}: {doing}: the answer is broken or not OpenAI's") from error


def _count_call(status: str) -> None:
    COUNTERS.count("calls", vendor="openai", status=status)


class _Batches:
    """The calls behind one attach."""

    def __init__(
        self, api: openai.OpenAI, asking: _Client, attaches: RateLimiter, volume: RateLimiter, chunking: Chunking
    ) -> None:
        self._api = api
        self._calls = api.vector_stores.file_batches.with_raw_response
        self._asking = asking
        self._attaches = attaches
        self._volume = volume
        self._chunking = chunking

    def create(self, store: StoreId, files: Files) -> answers.BatchAnswer:
        """Start a batch. Tried again only when it was refused for its rate.

        After a lost answer the batch may be under way, and whether attaching a file twice is harmless is not
        documented: the caller looks at each file's status first.
        """
        batch = [_member(file, attributes, self._chunking) for file, attributes in files]
        doing = f"attach {len(batch)} files to {store}"

        def attempt() -> answers.BatchAnswer:
            self._volume.wait(len(batch))
            self._attaches.wait()
            return self._asking.once(
                doing, lambda: self._calls.create(store, files=batch), answers.BatchAnswer, self._attaches
            )

        return self._asking.again(attempt, answers.Limited)

    def retrieve(self, store: StoreId, batch: str) -> tuple[answers.BatchAnswer, timedelta | None]:
        doing = f"follow batch {batch}"

        def attempt() -> tuple[answers.BatchAnswer, timedelta | None]:
            raw = self._asking.send(doing, lambda: self._calls.retrieve(batch, vector_store_id=store))
            return self._asking.read(doing, raw, answers.BatchAnswer), answers.poll_after(raw.headers)

        return self._asking.again(attempt, Retryable)

    def members(self, store: StoreId, batch: str, *, failed: bool) -> Iterator[StoredFile]:
        listed = self._asking.pages(
            f"list the files of batch {batch}",
            lambda after: self._calls.list_files(
                batch,
                vector_store_id=store,
                after=after,
                limit=100,
                order="asc",
                filter="failed" if failed else openai.omit,
            ),
            answers.Listing[answers.StoreFileAnswer],
        )
        return (answer.stored() for answer in listed)

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        return self._asking.status(store, file)

    def require(self, store: StoreId) -> None:
        call = self._api.vector_stores.with_raw_response.retrieve
        found = self._asking.patiently(f"look for {store}", lambda: call(store), answers.StoreAnswer)
        if found.status == "expired":
            raise Misconfigured(f"the vector store {store} has expired; bind or create another one")


def _member(file: FileId, attributes: Attributes, chunking: Chunking) -> Member:
    member = Member(file_id=file, attributes=dict(attributes))
    if chunking != Chunking():  # what OpenAI does unasked
        member["chunking_strategy"] = {
            "type": "static",
            "static": {"max_chunk_size_tokens": chunking.tokens, "chunk_overlap_tokens": chunking.overlap},
        }
    return member


def _filters(filters: Filter | None) -> ComparisonFilter | CompoundFilter | openai.Omit:
    equals: list[ComparisonFilter] = [
        {"type": "eq", "key": key, "value": value} for key, value in (filters.equals.items() if filters else ())
    ]
    if len(equals) > 1:
        return {"type": "and", "filters": equals}
    return equals[0] if equals else openai.omit
