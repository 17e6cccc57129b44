"""Vector store index: behind OpenAI's API, on OpenAI's own servers or on any that speak it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from urllib.parse import quote

import httpx2
import openai
from openai._types import RequestOptions
from openai.types.shared_params import ComparisonFilter, CompoundFilter
from openai.types.vector_stores.file_batch_create_params import File as Member

from sync.errors import Misconfigured, Missing, Rejected, Retryable
from sync.model import Attributes, Chunking, FileId, Filter, Hit, Rendered, StoredFile, StoreId, Upload
from sync.rate_limit import Rate, RateLimiter, Unlimited
from sync.rendering import filename_prefix, managed_by
from sync.vector_store import responses
from sync.vector_store.batches import Attaching, Files
from sync.vector_store.client import Client, Raw
from sync.vector_store.validation import check_chunking

UPLOADS = Rate(1000)
ATTACHES = Rate(300)
VOLUME = Rate(2000)
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_BATCH_SIZE = 2000
_BATCH_OPTIONS: RequestOptions = {"headers": {"OpenAI-Beta": "assistants=v2"}, "security": {"bearer_auth": True}}
SECOND_LOOK = timedelta(seconds=1)


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
        self._client = Client(self._api, sleep)
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
            made = self._client.call_once(
                f"create the vector store {name}",
                lambda: self._api.vector_stores.with_raw_response.create(name=name, metadata={"managed_by": owner}),
                responses.StoreAnswer,
            )
            return StoreId(made.id)

    def store_problem(self, store: StoreId) -> str:
        call = self._api.vector_stores.with_raw_response.retrieve
        try:
            found = self._client.call_idempotent(f"look for {store}", lambda: call(store), responses.StoreAnswer)
        except Missing:
            return "is not there; check openai.api_key, project and base_url; if it was deleted"
        except Misconfigured as error:
            return f"cannot be read ({error}); if the settings are right"
        return "has expired" if found.status == "expired" else ""

    def drop(self, store: StoreId) -> None:
        self._remove(f"delete {store}", lambda: self._api.vector_stores.with_raw_response.delete(store))

    def upload(self, rendered: Rendered) -> FileId:
        if not rendered.content.strip() or not rendered.content.decode("utf-8", "replace").strip("\ufeff \t\r\n"):
            raise Rejected(f"{rendered.filename} is empty: there is nothing to search in it")
        if len(rendered.content) > MAX_FILE_BYTES:
            raise Rejected(f"{rendered.filename} is larger than 512 MB, the most that OpenAI takes")
        self._uploads.wait()
        file = (rendered.filename, rendered.content, "text/markdown")
        uploaded = self._client.call_once(
            f"upload {rendered.filename}",
            lambda: self._api.files.with_raw_response.create(file=file, purpose="assistants"),
            responses.Identified,
            self._uploads,
        )
        return FileId(uploaded.id)

    def attach(
        self, store: StoreId, files: Mapping[FileId, Attributes], chunking: Chunking
    ) -> dict[FileId, str | None]:
        check_chunking(chunking)
        calls = _Batches(self._api, self._client, self._attaches, self._volume, chunking)
        attaching = Attaching(calls, store, self._deadline, self._clock, self._sleep)
        attaching.run(files, self._batch_size)
        return attaching.settled

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        return self._client.status(store, file)

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        call = self._api.vector_stores.files.with_raw_response.update
        self._client.call_idempotent(
            f"change the attributes of {file} in {store}",
            lambda: call(file, vector_store_id=store, attributes=dict(attributes)),
            responses.Identified,
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
                self._client.call_idempotent(f"look for {file}", lambda: call(file), responses.Identified)
            except Missing:
                if pause:
                    self._sleep(pause.total_seconds())
            else:
                return True
        return False

    def files(self, store: StoreId) -> Iterator[StoredFile]:
        call = self._api.vector_stores.files.with_raw_response.list
        pages = self._client.pages(
            f"list the files of {store}",
            lambda after: call(store, after=after, limit=100, order="asc"),
            responses.Listing[responses.StoreFileAnswer],
        )
        return (listed.stored() for listed in pages)

    def uploads(self) -> Iterator[Upload]:
        call = self._api.files.with_raw_response.list
        pages = self._client.pages(
            "list the uploads",
            lambda after: call(after=after, limit=10_000, order="asc", purpose="assistants"),
            responses.Listing[responses.UploadAnswer],
        )
        prefix = filename_prefix(self._installation)
        return (Upload(FileId(file.id), file.filename) for file in pages if file.filename.startswith(prefix))

    def search(self, store: StoreId, query: str, filters: Filter | None, limit: int) -> list[Hit]:
        if not query.strip() or limit < 1:
            return []
        call = self._api.vector_stores.with_raw_response.search
        wanted = _filters(filters)
        found = self._client.call_idempotent(
            f"search in {store}",
            lambda: call(store, query=query, max_num_results=min(limit, 50), filters=wanted),
            responses.SearchAnswer,
        )
        return sorted((answer.hit() for answer in found.data), key=lambda hit: -hit.score)

    def _stores(self) -> Iterator[responses.StoreAnswer]:
        call = self._api.vector_stores.with_raw_response.list
        return self._client.pages(
            "list the vector stores",
            lambda after: call(after=after, limit=100, order="asc"),
            responses.Listing[responses.StoreAnswer],
        )

    def _remove(self, doing: str, call: Callable[[], Raw]) -> None:
        """Delete or detach; a 404 in the API's own shape says that it is done already."""
        try:
            removed = self._client.call_idempotent(doing, call, responses.Deletion)
        except Missing:
            return
        if not removed.deleted:
            raise Retryable(f"{doing}: OpenAI answered that it was not done")


class _Batches:
    """The calls behind one attach."""

    def __init__(
        self, api: openai.OpenAI, client: Client, attaches: RateLimiter, volume: RateLimiter, chunking: Chunking
    ) -> None:
        self._api = api
        self._calls = api.vector_stores.file_batches.with_raw_response
        self._client = client
        self._attaches = attaches
        self._volume = volume
        self._chunking = chunking

    def create(self, store: StoreId, files: Files) -> responses.BatchAnswer:
        """Start a batch. Tried again only when it was refused for its rate.

        After a lost answer the batch may be under way, and whether attaching a file twice is harmless is not
        documented: the caller looks at each file's status first.
        """
        batch = [_member(file, attributes, self._chunking) for file, attributes in files]
        doing = f"attach {len(batch)} files to {store}"

        def send() -> Raw:
            # not the SDK's method: it walks all attributes of all files again, for most of an attach's time
            path = f"/vector_stores/{quote(store, safe='')}/file_batches"
            return self._api.post(path, body={"files": batch}, cast_to=httpx2.Response, options=_BATCH_OPTIONS)

        def attempt() -> responses.BatchAnswer:
            self._volume.wait(len(batch))
            self._attaches.wait()
            return self._client.call_once(doing, send, responses.BatchAnswer, self._attaches)

        return self._client.retry(attempt, responses.Limited)

    def retrieve(self, store: StoreId, batch: str) -> tuple[responses.BatchAnswer, timedelta | None]:
        doing = f"follow batch {batch}"

        def attempt() -> tuple[responses.BatchAnswer, timedelta | None]:
            raw = self._client.send(doing, lambda: self._calls.retrieve(batch, vector_store_id=store))
            return self._client.read(doing, raw, responses.BatchAnswer), responses.poll_after(raw.headers)

        return self._client.retry(attempt, Retryable)

    def members(self, store: StoreId, batch: str, *, failed: bool) -> Iterator[StoredFile]:
        listed = self._client.pages(
            f"list the files of batch {batch}",
            lambda after: self._calls.list_files(
                batch,
                vector_store_id=store,
                after=after,
                limit=100,
                order="asc",
                filter="failed" if failed else openai.omit,
            ),
            responses.Listing[responses.StoreFileAnswer],
        )
        return (answer.stored() for answer in listed)

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        return self._client.status(store, file)

    def require(self, store: StoreId) -> None:
        call = self._api.vector_stores.with_raw_response.retrieve
        found = self._client.call_idempotent(f"look for {store}", lambda: call(store), responses.StoreAnswer)
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
