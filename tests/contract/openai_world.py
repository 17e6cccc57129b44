"""The OpenAI index on the local server, and the truth behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openai import OpenAI

from sandbox.openai import OpenAISandbox
from sandbox.wire import Wire, serve
from sync.model import Attributes, FileId, StoreId
from sync.rate_limit import Unlimited
from sync.vector_store.client import connect
from sync.vector_store.index import OpenAIIndex
from tests import loopback
from tests.contract.fake_time import FakeTime
from tests.contract.index import INSTALLATION

KEY = "sk-test-0123456789abcdef"


@dataclass
class OpenAIWorld:
    """A server on loopback whose time is the index's, and what is needed to make indexes on it."""

    box: OpenAISandbox
    wire: Wire
    url: str
    time: FakeTime

    client: OpenAI

    def index_with(self, **options: Any) -> OpenAIIndex:
        """An index on the server, with other options than the usual ones."""
        usual: dict[str, Any] = {"uploads": Unlimited(), "attaches": Unlimited()}
        usual |= {"clock": self.time.clock, "sleep": self.time.sleep}
        return OpenAIIndex(self.client, installation=INSTALLATION, **(usual | options))

    @cached_property
    def index(self) -> OpenAIIndex:
        return self.index_with()


class OpenAITruth:
    def __init__(self, box: OpenAISandbox, url: str) -> None:
        self._box = box
        self._url = f"{url}/v1"

    def stores(self) -> dict[str, dict[str, Attributes]]:
        return {store: dict(files) for store, files in self._box.stores().items()}

    def uploads(self) -> dict[str, str]:
        return {file: record.filename for file, record in self._box.files().items()}

    def foreign(self, filename: str, store: StoreId | None = None) -> FileId:
        body = {"files": {"file": (filename, b"their own text")}, "data": {"purpose": "assistants"}}
        file = FileId(self._post("/files", **body)["id"])
        if store:
            self._post(f"/vector_stores/{store}/files", json={"file_id": file})
        return file

    def refuse(self, filename: str) -> None:
        self._box.refuse = lambda name, _: ("unsupported_file", "not for us") if name == filename else None

    def stick(self, filename: str) -> None:
        self._box.stuck = lambda name, _: name == filename

    def stumble(self, filename: str) -> None:
        self._box.refuse = lambda name, _: ("server_error", "try again") if name == filename else None

    def _post(self, path: str, **body: Any) -> Any:
        answer = loopback.http.post(f"{self._url}{path}", headers={"authorization": f"Bearer {KEY}"}, **body)
        return answer.raise_for_status().json()


@contextmanager
def openai_world() -> Iterator[OpenAIWorld]:
    time = FakeTime(now=1_795_000_000.0)
    box = OpenAISandbox(api_key=KEY, clock=time.clock)
    box.processing = 2.0
    wire = Wire(box.app)
    with serve(wire) as url, connect(KEY, base_url=f"{url}/v1") as client:
        yield OpenAIWorld(box, wire, url, time, client)
    box.close()
