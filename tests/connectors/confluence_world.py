"""A served Confluence site behind the contract's common names, on Cloud and on a Data Center."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.confluence.connector import Confluence
from connectors.confluence.settings import ConfluenceSettings
from sandbox.confluence import ConfluenceSandbox
from sandbox.wire import Wire
from tests.contract.connector import PATIENT
from tests.in_process import reachable, transport

START = 1_790_000_000.0
CLOUD: dict[str, object] = {"email": "bot@acme.test", "api_token": "confluence-token"}


@dataclass
class Clock:
    """The site's clock and ours; it moves only when told."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@dataclass
class ConfluenceWorld:
    """One site; what is put is a page of HELP, which everybody may read. `kind`: or a blog post."""

    sandbox: ConfluenceSandbox
    clock: Clock
    wire: Wire
    url: str
    kind: str = "page"
    login: dict[str, object] = field(default_factory=dict)
    secrets: tuple[str, ...] = ("confluence-token", "confluence-pat")
    writes: frozenset[str] = frozenset({"/wiki/api/v2/users-bulk"})
    never: str = "999999999"
    several_pages: int = 25
    timeout: float = PATIENT
    slept: list[float] = field(default_factory=list)

    def connect(self, **settings: object) -> Confluence:
        return Confluence(
            self.settings(**settings),
            clock=self.clock.utc,
            sleep=self.sleep,
            timeout=self.timeout,
            transport=transport(self.wire, self.url, self.timeout),
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds

    def settings(self, **settings: object) -> ConfluenceSettings:
        here = {"url": self.url, "spaces": ["HELP"], "public_spaces": ["HELP"], **self.login}
        return ConfluenceSettings.model_validate({**here, **settings})

    def later(self) -> None:
        self.clock.now += 600

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        kind = "blogpost" if self.kind == "blogpost" else "page"
        return str(self.sandbox.put_page(title, html, labels=labels, kind=kind))  # type: ignore[arg-type]  # it is one

    def fill(self, count: int) -> list[str]:
        return [self.put(f"Title {number}", "<p>text</p>") for number in range(count)]

    def edit(self, external_id: str, html: str) -> None:
        self.sandbox.edit(int(external_id), html)

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        self.sandbox.label(int(external_id), labels)

    def move(self, external_id: str) -> None:
        self.sandbox.move(int(external_id), self.sandbox.put_page("Elsewhere", kind="folder"))

    def touch(self, external_id: str) -> None:
        self.sandbox.comment(int(external_id), "<p>Thank you!</p>")

    def restrict(self, external_id: str) -> None:
        self.sandbox.restrict(int(external_id))

    def unrestrict(self, external_id: str) -> None:
        self.sandbox.unrestrict(int(external_id))

    def unpublish(self, external_id: str) -> None:
        self.sandbox.set_status(int(external_id), "archived")

    def publish(self, external_id: str) -> None:
        self.sandbox.set_status(int(external_id), "current")

    def delete(self, external_id: str) -> None:
        self.sandbox.set_status(int(external_id), "trashed")

    restore = publish

    def close(self) -> None:
        self.sandbox.open_to_public("HELP", anonymous=False)

    def open(self) -> None:
        self.sandbox.open_to_public("HELP", anonymous=True)

    def disable(self) -> None:
        self.sandbox.world.disabled = True


@dataclass
class BlogWorld(ConfluenceWorld):
    """The same site by its blog posts, which stand in no tree and go from space to space."""

    kind: str = "blogpost"

    def settings(self, **settings: object) -> ConfluenceSettings:
        # Without attachments, blog posts have a list of their own, which tells of them at once.
        return super().settings(
            **{"spaces": ["HELP", "NEWS"], "public_spaces": ["*"], "attachments": False, **settings}
        )

    def move(self, external_id: str) -> None:
        self.sandbox.move_to_space(int(external_id), "NEWS")

    def unpublish(self, external_id: str) -> None:
        self.sandbox.set_status(int(external_id), "draft")


@dataclass
class DataCenterWorld(ConfluenceWorld):
    """The same site on a Data Center: no folders, and drafts instead of an archive."""

    def move(self, external_id: str) -> None:
        self.sandbox.move(int(external_id), self.sandbox.put_page("Elsewhere"))

    def unpublish(self, external_id: str) -> None:
        self.sandbox.set_status(int(external_id), "draft")


@contextmanager
def confluence_world(*, socket: bool = False) -> Iterator[ConfluenceWorld]:
    """A site on Cloud."""
    clock = Clock()
    sandbox = ConfluenceSandbox(clock=clock)
    with reachable(sandbox.app, socket=socket) as (wire, url):
        yield ConfluenceWorld(sandbox, clock, wire, url, login=dict(CLOUD))


@contextmanager
def blog_world() -> Iterator[BlogWorld]:
    """A site on Cloud, by its blog posts."""
    with confluence_world() as site:
        site.sandbox.add_space("NEWS", "News")
        yield BlogWorld(site.sandbox, site.clock, site.wire, site.url, login=dict(CLOUD))


@contextmanager
def data_center_world(*, socket: bool = False) -> Iterator[DataCenterWorld]:
    """A site on a Data Center, below a path of its host."""
    clock = Clock()
    sandbox = ConfluenceSandbox(clock=clock, context="/confluence")
    login: dict[str, object] = {"token": "confluence-pat"}
    with reachable(sandbox.data_center, socket=socket) as (wire, url):
        yield DataCenterWorld(sandbox, clock, wire, f"{url}/confluence", login=login)
