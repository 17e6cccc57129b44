"""A served Intercom workspace behind the contract's common names: its articles, those for teammates, conversations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.intercom.connector import Intercom
from connectors.intercom.settings import IntercomSettings
from sandbox.intercom import IntercomSandbox
from sandbox.intercom.talks import CUSTOMER
from sandbox.wire import Wire
from tests.connectors.zendesk_world import Clock
from tests.contract.connector import PATIENT
from tests.in_process import reachable, transport


@dataclass
class IntercomWorld:
    """One workspace with one open help center; its articles by the ids that the connector gives them."""

    sandbox: IntercomSandbox
    clock: Clock
    wire: Wire
    url: str
    secrets: tuple[str, ...] = ("intercom-token",)
    writes: frozenset[str] = frozenset({"/conversations/search"})
    never: str = "999999999:en"
    several_pages: int = 60
    timeout: float = PATIENT
    include: tuple[str, ...] = ("articles",)
    slept: list[float] = field(default_factory=list)
    deleted: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.center = self.sandbox.put_help_center("Acme Help", locales=("en", "de"))
        self.collection = self.sandbox.put_collection("Orders", german="Bestellungen")

    def settings(self, **settings: object) -> IntercomSettings:
        given = {"token": "intercom-token", "url": self.url, "include": self.include, **settings}
        return IntercomSettings.model_validate(given)

    def connect(self, **settings: object) -> Intercom:
        return Intercom(
            self.settings(**settings),
            clock=self.clock.utc,
            sleep=self.sleep,
            timeout=self.timeout,
            transport=transport(self.wire, self.url, self.timeout),
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds

    def later(self) -> None:
        self.clock.now += 1200

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        number = self.sandbox.put_article(title, html, parents=(self.collection,), tags=labels)
        return f"{number}:en"

    def edit(self, external_id: str, html: str) -> None:
        self.sandbox.edit(number_of(external_id), html)

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        self.sandbox.arrange(number_of(external_id), tags=labels)

    def move(self, external_id: str) -> None:
        self.sandbox.arrange(number_of(external_id), parents=(self.sandbox.put_collection("Elsewhere"),))

    def touch(self, external_id: str) -> None:
        """The addresses of pictures are signed anew, and somebody stages an edit."""
        self.later()
        self.sandbox.arrange(number_of(external_id), staged="<p>not yet</p>")

    def restrict(self, external_id: str) -> None:
        self.sandbox.arrange(number_of(external_id), help_center_audience="all_users")

    def unrestrict(self, external_id: str) -> None:
        self.sandbox.arrange(number_of(external_id), help_center_audience="everyone")

    def unpublish(self, external_id: str) -> None:
        self.sandbox.set_state(number_of(external_id), "draft")

    def publish(self, external_id: str) -> None:
        self.sandbox.set_state(number_of(external_id), "published")

    def delete(self, external_id: str) -> None:
        self.deleted[external_id] = self.sandbox.world.articles.pop(number_of(external_id))

    def restore(self, external_id: str) -> None:
        self.sandbox.world.articles[number_of(external_id)] = self.deleted.pop(external_id)

    def close(self) -> None:
        self.sandbox.turn_website(self.center, on=False)

    def open(self) -> None:
        self.sandbox.turn_website(self.center, on=True)

    def disable(self) -> None:
        self.sandbox.world.disabled = True


@dataclass
class InternalWorld(IntercomWorld):
    """The same workspace by its articles for teammates."""

    never: str = "internal:999999999"
    include: tuple[str, ...] = ("internal_articles",)

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        return f"internal:{self.sandbox.put_internal(title, html)}"

    def edit(self, external_id: str, html: str) -> None:
        self.sandbox.edit_internal(number_of(external_id), html)

    def touch(self, external_id: str) -> None:
        self.later()

    def delete(self, external_id: str) -> None:
        self.deleted[external_id] = self.sandbox.world.internal_articles.pop(number_of(external_id))

    def restore(self, external_id: str) -> None:
        self.sandbox.world.internal_articles[number_of(external_id)] = self.deleted.pop(external_id)

    unpublish = delete
    publish = restore


@dataclass
class ConversationWorld(IntercomWorld):
    """The same workspace by its conversations. What is deleted never comes back."""

    never: str = "conversation:999999999"
    include: tuple[str, ...] = ("conversations",)
    several_pages: int = 30

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        self.clock.now += 1
        number = self.sandbox.put_conversation(html, title=title, tags=labels)
        return f"conversation:{number}"

    def edit(self, external_id: str, html: str) -> None:
        self.clock.now += 1
        self.sandbox.say(number_of(external_id), html, CUSTOMER)

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        self.clock.now += 1
        self.sandbox.change(number_of(external_id), tags=labels)

    def move(self, external_id: str) -> None:
        self.clock.now += 1
        self.sandbox.change(number_of(external_id), team=5_017_691)

    def touch(self, external_id: str) -> None:
        self.sandbox.mark_read(number_of(external_id))

    def delete(self, external_id: str) -> None:
        self.sandbox.delete_conversation(number_of(external_id))


@contextmanager
def intercom_world(kind: type[IntercomWorld] = IntercomWorld, *, socket: bool = False) -> Iterator[IntercomWorld]:
    clock = Clock()
    sandbox = IntercomSandbox(clock=clock)
    with reachable(sandbox.app, socket=socket) as (wire, url):
        yield kind(sandbox, clock, wire, url)


def number_of(external_id: str) -> int:
    """The number in an id, whatever stands before and after it."""
    return next(int(part) for part in external_id.split(":") if part.isdecimal())
