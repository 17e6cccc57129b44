"""A served Drive behind the contract's common names: one folder in scope, public where a document's sharing says so."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.settings import GoogleDocsSettings
from sandbox.google import GoogleSandbox
from sandbox.wire import Wire
from tests.contract.connector import PATIENT
from tests.in_process import reachable, transport

START = 1_790_000_000.0


@dataclass
class Clock:
    """The Drive's clock and ours; it moves only when told."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@dataclass
class GoogleWorld:
    """One account; `folder` is in scope and may be public, `outside` is neither."""

    sandbox: GoogleSandbox
    clock: Clock
    wire: Wire
    url: str
    key_file: Path
    folder: str
    outside: str
    never: str = "1NeverWasThereAndNeverWillBe_abcdef"
    writes: frozenset[str] = frozenset({"/token"})
    several_pages: int = 25
    timeout: float = PATIENT
    slept: list[float] = field(default_factory=list)

    @property
    def secrets(self) -> tuple[str, ...]:
        key = self.sandbox.credentials.key_file("")
        return tuple(line for line in key.split("\\n") if len(line) == 64)[:3]

    def settings(self, **settings: object) -> GoogleDocsSettings:
        asked: dict[str, object] = {
            "credentials_file": self.key_file,
            "folders": [self.folder],
            "public_folders": [self.folder],
            "drive_url": self.url,
            "docs_url": self.url,
        }
        return GoogleDocsSettings.model_validate(asked | settings)

    def connect(self, **settings: object) -> GoogleDocs:
        valid = self.settings(**settings)
        return GoogleDocs(
            valid,
            clock=self.clock.utc,
            sleep=self.slept.append,
            timeout=self.timeout,
            transport=transport(self.wire, self.url, self.timeout),
        )

    def later(self) -> None:
        self.clock.now += 600

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        document = self.sandbox.put_doc(title, _text(html), self.folder)
        self.sandbox.share(document)
        return document

    def edit(self, external_id: str, html: str) -> None:
        self.sandbox.edit(external_id, _text(html))

    def move(self, external_id: str) -> None:
        self.sandbox.move(external_id, self.sandbox.put_folder("Elsewhere", self.folder))

    def touch(self, external_id: str) -> None:
        self.sandbox.view(external_id)

    def restrict(self, external_id: str) -> None:
        self.sandbox.unshare(external_id)

    def unrestrict(self, external_id: str) -> None:
        self.sandbox.share(external_id)

    def unpublish(self, external_id: str) -> None:
        self.sandbox.move(external_id, self.outside)

    def publish(self, external_id: str) -> None:
        self.sandbox.move(external_id, self.folder)

    def delete(self, external_id: str) -> None:
        self.sandbox.trash(external_id)

    def restore(self, external_id: str) -> None:
        self.sandbox.untrash(external_id)

    def disable(self) -> None:
        self.sandbox.world.disabled = True

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        raise NotImplementedError("files have no labels that a reader sees")

    def close(self) -> None:
        raise NotImplementedError("every file says itself who may read it")

    open = close


@contextmanager
def google_world(*, socket: bool = False) -> Iterator[GoogleWorld]:
    clock = Clock()
    sandbox = GoogleSandbox(clock=clock)
    sandbox.world.page = 10
    folder, outside = sandbox.put_folder("Help"), sandbox.put_folder("Outside")
    with reachable(sandbox.app, socket=socket) as (wire, url), tempfile.TemporaryDirectory() as directory:
        key_file = Path(directory) / "service-account.json"
        key_file.write_text(sandbox.credentials.key_file(f"{url}/token"), encoding="utf-8")
        yield GoogleWorld(sandbox, clock, wire, url, key_file, folder, outside)


def _text(html: str) -> str:
    return re.sub(r"</?p>", "", html)
