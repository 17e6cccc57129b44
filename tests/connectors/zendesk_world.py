"""A served Zendesk account behind the contract's common names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.zendesk.connector import Zendesk
from connectors.zendesk.settings import ZendeskSettings
from sandbox.wire import Wire
from sandbox.zendesk import ZendeskSandbox
from tests.contract.connector import PATIENT
from tests.in_process import reachable, transport

START = 1_790_000_000.0


@dataclass
class Clock:
    """The account's clock and ours; it moves only when told."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@dataclass
class ZendeskWorld:
    """One account; its articles by the ids that the connector gives them."""

    sandbox: ZendeskSandbox
    clock: Clock
    wire: Wire
    url: str
    secrets: tuple[str, ...] = ("zendesk-secret", "zendesk-token")
    writes: frozenset[str] = frozenset({"/oauth/tokens"})
    never: str = "999999999:en-us"
    several_pages: int = 250
    timeout: float = PATIENT
    slept: list[float] = field(default_factory=list)

    def settings(self, **settings: object) -> ZendeskSettings:
        credentials = {} if "email" in settings else {"client_id": "answerwell", "client_secret": "zendesk-secret"}
        return ZendeskSettings.model_validate({"url": self.url, **credentials, **settings})

    def asked_by(self, clock: Callable[[], datetime], **settings: object) -> Zendesk:
        """A connector on a machine with a clock of its own, whose naps take no time."""
        wire = transport(self.wire, self.url, self.timeout)
        return Zendesk(self.settings(**settings), clock=clock, sleep=self.slept.append, transport=wire)

    def connect(self, **settings: object) -> Zendesk:
        valid = self.settings(**settings)
        return Zendesk(
            valid,
            clock=self.clock.utc,
            sleep=self.sleep,
            timeout=self.timeout,
            transport=transport(self.wire, self.url, self.timeout),
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds

    def later(self) -> None:
        self.clock.now += 600

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        return f"{self.sandbox.put_article(title=title, body=html, labels=labels)}:en-us"

    def edit(self, external_id: str, html: str) -> None:
        self.sandbox.put_article(id=_number(external_id), body=html)

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        self.sandbox.put_article(id=_number(external_id), labels=labels)

    def move(self, external_id: str) -> None:
        section = self.sandbox.put_section("Elsewhere")
        self.sandbox.put_article(id=_number(external_id), section=section)

    def touch(self, external_id: str) -> None:
        self.sandbox.vote(_number(external_id))

    def restrict(self, external_id: str) -> None:
        self.sandbox.segment(_number(external_id), self.sandbox.signed_in)

    def unrestrict(self, external_id: str) -> None:
        self.sandbox.segment(_number(external_id), None)

    def unpublish(self, external_id: str) -> None:
        self.sandbox.set_draft(_number(external_id), "en-us", draft=True)

    def publish(self, external_id: str) -> None:
        self.sandbox.set_draft(_number(external_id), "en-us", draft=False)

    def delete(self, external_id: str) -> None:
        self.sandbox.archive_article(_number(external_id))

    def restore(self, external_id: str) -> None:
        self.sandbox.restore_article(_number(external_id))

    def close(self) -> None:
        self.sandbox.close_to_public()

    def open(self) -> None:
        self.sandbox.close_to_public(closed=False)

    def disable(self) -> None:
        self.sandbox.disable_help_center()


@dataclass
class TicketWorld:
    """The same account by its tickets. The export withholds the last minute, so every edit lets one pass."""

    account: ZendeskWorld
    never: str = "ticket:999999999"
    several_pages: int = 30

    @property
    def timeout(self) -> float:
        return self.account.timeout

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        self.account.timeout = seconds

    def __post_init__(self) -> None:
        self.account.sandbox.world.export_size = 12
        self.wire = self.account.wire
        self.secrets = self.account.secrets
        self.writes = self.account.writes

    def connect(self, **settings: object) -> Zendesk:
        return self.account.connect(**{"include": ["tickets"], **settings})

    def later(self) -> None:
        self.account.later()

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        number = self.account.sandbox.put_ticket(title, html, tags=labels)
        self.account.clock.now += 61
        return f"ticket:{number}"

    def edit(self, external_id: str, html: str) -> None:
        self.account.sandbox.comment(_ticket(external_id), html)
        self.account.clock.now += 61

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        tickets = self.account.sandbox.world.tickets
        tickets[_ticket(external_id)] = replace(tickets[_ticket(external_id)], tags=labels)
        self.touch(external_id)

    def move(self, external_id: str) -> None:
        self.account.sandbox.set_status(_ticket(external_id), "solved")
        self.account.clock.now += 61

    def touch(self, external_id: str) -> None:
        self.account.sandbox.system_update(_ticket(external_id))
        self.account.clock.now += 61

    def restrict(self, external_id: str) -> None:
        raise NotImplementedError("tickets are never public")

    unrestrict = restrict

    def delete(self, external_id: str) -> None:
        self.account.sandbox.delete_ticket(_ticket(external_id))
        self.account.clock.now += 61

    def restore(self, external_id: str) -> None:
        self.account.sandbox.restore_ticket(_ticket(external_id))
        self.account.clock.now += 61

    unpublish = delete
    publish = restore

    def close(self) -> None:
        raise NotImplementedError("tickets are never public")

    open = close

    def disable(self) -> None:
        self.account.sandbox.world.guide_only = True


@contextmanager
def ticket_world(*, socket: bool = False) -> Iterator[TicketWorld]:
    with zendesk_world(socket=socket) as account:
        yield TicketWorld(account)


@contextmanager
def zendesk_world(*, socket: bool = False) -> Iterator[ZendeskWorld]:
    clock = Clock()
    sandbox = ZendeskSandbox(clock=clock)
    with reachable(sandbox.app, socket=socket) as (wire, url):
        yield ZendeskWorld(sandbox, clock, wire, url)


def _number(external_id: str) -> int:
    return int(external_id.partition(":")[0])


def _ticket(external_id: str) -> int:
    return int(external_id.partition(":")[2])
