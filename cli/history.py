"""Past conversations: the desks of a configuration are read, and what is no longer wanted is removed."""

from datetime import timedelta

import structlog

from cli import wiring
from cli.config import Config
from connectors import CONNECTORS
from helpdesk import history
from helpdesk.history import HistoryOutcome, KeptDesk
from helpdesk.masking import Masking
from helpdesk.state import history as kept_history
from sync.errors import Misconfigured
from sync.pipeline.turn import TURN_BUDGET, Stop
from sync.state.database import State

BUDGET = timedelta(minutes=2)
"""Of a worker's turn: the source's own sync waits for the same lease."""

log = structlog.get_logger()


class Desks:
    """The help desks of a configuration, each connected to once: what one has read of an export, it goes on with."""

    def __init__(self, config: Config, state: State) -> None:
        self._config = config
        self._state = state
        self._connected: dict[str, KeptDesk] = {}

    def read_due(self, stop: Stop) -> int:
        """Take a turn with each desk that is due; returns how many. What is held of others is removed."""
        self.drop_others()
        due = history.due(self._state, kept_sources(self._config))
        for name in due:
            outcome = history.turn(self._state, self._kept(name), stop, BUDGET)
            log.info("history_turn", source=name, outcome=outcome.value)
        return len(due)

    def read_now(self) -> None:
        """Read every desk to its end, as an operator asked for. Raises Misconfigured where one fails."""
        self.drop_others()
        for name in kept_sources(self._config):
            outcome = HistoryOutcome.UNFINISHED
            while outcome is HistoryOutcome.UNFINISHED:
                outcome = history.turn(self._state, self._kept(name), budget=TURN_BUDGET)
            if outcome is HistoryOutcome.BUSY:
                raise Misconfigured(f"{name}: another process is at work on this source; try again in a minute")
            if outcome is HistoryOutcome.FAILED:
                raise Misconfigured(kept_history.desk(self._state, name).error)

    def drop_others(self) -> None:
        """Remove what is held of desks that the configuration does not name any more."""
        wanted = kept_sources(self._config)
        for known in kept_history.desks(self._state):
            if known.source not in wanted:
                with self._state.transaction() as tx:
                    kept_history.drop(tx, known.source)
                log.info("history_dropped", source=known.source)

    def _kept(self, name: str) -> KeptDesk:
        if name not in self._connected:
            self._connected[name] = _connect(self._config, self._state, name)
        return self._connected[name]


def kept_sources(config: Config) -> tuple[str, ...]:
    """The names of the sources whose conversations are kept."""
    return config.helpdesk.source if config.helpdesk else ()


def _connect(config: Config, state: State, name: str) -> KeptDesk:
    from connectors.http.rate_limit import LocalQuotas, RedisQuotas

    assert config.helpdesk is not None  # noqa: S101 - it names the desk
    source = next(source for source in config.sources if source.common.name == name)
    shared = wiring.broker_of(config)
    allowances = LocalQuotas() if shared is None else RedisQuotas(shared.client())
    state.register({name: source.common.kind})
    desk = CONNECTORS[source.common.kind].desk(source.settings, allowances=allowances)
    return KeptDesk(name, desk, config.helpdesk.history, Masking(config.helpdesk.order_numbers))
