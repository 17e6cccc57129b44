"""Past conversations: the desks of a configuration are read, and what is no longer wanted is removed."""

from collections.abc import Iterator

import structlog

from cli import wiring
from cli.config import Config, SourceConfig
from connectors import CONNECTORS
from helpdesk import history
from helpdesk.history import HistoryOutcome, KeptDesk
from helpdesk.masking import Masking
from helpdesk.state import history as kept_history
from sync.errors import Misconfigured
from sync.pipeline.turn import Stop
from sync.state.database import State

log = structlog.get_logger()


def kept_sources(config: Config) -> tuple[str, ...]:
    """The names of the sources whose conversations are kept."""
    return config.helpdesk.source if config.helpdesk else ()


def read_due(config: Config, state: State, stop: Stop) -> int:
    """Take a turn with each desk that is due; returns how many. What is held of others is removed."""
    drop_others(config, state)
    due = history.due(state, kept_sources(config))
    for kept in desks(config, state, due):
        outcome = history.turn(state, kept, stop)
        log.info("history_turn", source=kept.source, outcome=outcome.value)
    return len(due)


def read_now(config: Config, state: State) -> None:
    """Read every desk to its end, as an operator asked for. Raises Misconfigured where one fails."""
    drop_others(config, state)
    for kept in desks(config, state, kept_sources(config)):
        outcome = HistoryOutcome.UNFINISHED
        while outcome is HistoryOutcome.UNFINISHED:
            outcome = history.turn(state, kept)
        if outcome is HistoryOutcome.BUSY:
            raise Misconfigured(f"{kept.source}: another process is at work on this source; try again in a minute")
        if outcome is HistoryOutcome.FAILED:
            raise Misconfigured(kept_history.desk(state, kept.source).error)


def drop_others(config: Config, state: State) -> None:
    """Remove what is held of desks that the configuration does not name any more."""
    wanted = kept_sources(config)
    for known in kept_history.desks(state):
        if known.source not in wanted:
            with state.transaction() as tx:
                kept_history.drop(tx, known.source)
            log.info("history_dropped", source=known.source)


def desks(config: Config, state: State, names: list[str] | tuple[str, ...]) -> Iterator[KeptDesk]:
    """Connect to these desks, one after the other."""
    if config.helpdesk is None or not names:
        return
    from connectors.http.rate_limit import LocalQuotas, RedisQuotas

    shared = wiring.broker_of(config)
    allowances = LocalQuotas() if shared is None else RedisQuotas(shared.client())
    for source in _named(config, names):
        state.register({source.common.name: source.common.kind})
        desk = CONNECTORS[source.common.kind].desk(source.settings, allowances=allowances)
        masking = Masking(config.helpdesk.order_numbers)
        yield KeptDesk(source.common.name, desk, config.helpdesk.history, masking)


def _named(config: Config, names: list[str] | tuple[str, ...]) -> list[SourceConfig]:
    return [source for source in config.sources if source.common.name in names]
