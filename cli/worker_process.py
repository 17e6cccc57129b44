"""A worker's and a schedule's process, from the configuration to the signal that ends them."""

import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from cli import supervise, tracing, wiring
from cli.config import Config
from cli.reload import Reload
from sync.pipeline.turn import Stop
from sync.state.database import State
from workers.app import Send, create, register_tasks, sender
from workers.cadence import Cadence, Cron, Every
from workers.process import restore_unacknowledged, slots_for
from workers.process import work as work_until_asked
from workers.schedule import TICK, Schedule, SourceSchedule
from workers.tasks import Worker

if TYPE_CHECKING:
    from cli.history import Desks

log = structlog.get_logger()

CONNECTIONS_BESIDE_SLOTS = 6


def work(path: Path, *, slots: int | None, alive_file: Path | None, with_schedule: bool) -> None:
    """Run a worker until it is asked to end; `with_schedule`: and the schedule with it, as `up` does."""
    tracing.set_up("worker")
    config, stop = wiring.read(path), Stop()
    broker = wiring.needed_broker(config)
    many = slots or slots_for(len(config.sources))
    app = create(broker)
    send = sender(app)
    with wiring.running(config, stop, connections=many + CONNECTIONS_BESIDE_SLOTS) as engine:
        worker = Worker(
            engine, send, many, ask_watched=_asker(config, engine.state), read_desks=_reader(config, engine.state, stop)
        )
        register_tasks(app, worker)
        keeper = ScheduleKeeper(_schedule(config, engine.state, send)) if with_schedule else None
        if supervise.supervised() and (restored := restore_unacknowledged(app, broker)):
            log.info("tasks_restored", tasks=restored)

        def renew(fresh: Config) -> None:
            worker.engine = wiring.engine(fresh, engine.state, stop)
            worker.ask_watched = _asker(fresh, engine.state)
            worker.read_desks = _reader(fresh, engine.state, stop)
            if keeper is not None:
                keeper.schedule = _schedule(fresh, engine.state, send)

        if keeper is not None:
            threading.Thread(target=keeper.run, args=(stop,), name="schedule", daemon=True).start()
        work_until_asked(
            app,
            worker,
            stop,
            many,
            ready=lambda: _say_ready("worker", slots=many, sources=len(config.sources)),
            alive=lambda: _touch(alive_file),
            reload=Reload(path, config, renew),
        )


def keep_schedule(path: Path, *, alive_file: Path | None) -> None:
    """Keep the schedule until SIGTERM or SIGINT."""
    tracing.set_up("schedule")
    config, stop = wiring.read(path), Stop()
    send = sender(create(wiring.needed_broker(config)))
    with wiring.opened(config) as state:
        keeper = ScheduleKeeper(_schedule(config, state, send), alive=lambda: _touch(alive_file))

        def renew(fresh: Config) -> None:
            keeper.schedule = _schedule(fresh, state, send)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.ask())
        signal.signal(
            signal.SIGHUP, lambda *_: threading.Thread(target=Reload(path, config, renew), daemon=True).start()
        )
        _say_ready("schedule", sources=len(config.sources))
        keeper.run(stop)


class ScheduleKeeper:
    """A schedule that is kept, and may be replaced by one of a newer configuration."""

    def __init__(self, schedule: Schedule, alive: Callable[[], None] = lambda: None) -> None:
        self.schedule = schedule
        self._alive = alive

    def run(self, stop: Stop) -> None:
        def over(seconds: float) -> bool:
            self._alive()
            return stop.wait(seconds)

        while not stop.asked:
            current = self.schedule
            while not over(TICK) and self.schedule is current:
                current.tick()


def _asker(config: Config, state: State) -> Callable[[], int]:
    def ask() -> int:
        from cli import watching  # what answers questions is large: it is loaded where one is due

        return watching.ask_due(config, state)

    return ask


def _reader(config: Config, state: State, stop: Stop) -> Callable[[], int]:
    desks: list[Desks] = []

    def read() -> int:
        from cli.history import Desks  # likewise

        if not desks:
            desks.append(Desks(config, state))
        return desks[0].read_due(stop)

    return read


def _schedule(config: Config, state: State, send: Send) -> Schedule:
    desks = config.helpdesk.source if config.helpdesk else ()
    return Schedule(state, source_schedules(config), send, desks=desks)


def source_schedules(config: Config) -> dict[str, SourceSchedule]:
    """When each source is asked, and when it is listed completely if a cron expression says so."""
    return {
        source.common.name: SourceSchedule(
            _cadence(source.common.every),
            _cadence(source.common.snapshot_every) if isinstance(source.common.snapshot_every, str) else None,
        )
        for source in config.sources
    }


def _cadence(value: timedelta | str) -> Cadence:
    return Every(value) if isinstance(value, timedelta) else Cron(value)


def _say_ready(process: str, **numbers: int) -> None:
    if supervise.supervised():
        supervise.tell_ready()
    else:
        log.info("ready", process=process, **numbers)


def _touch(file: Path | None) -> None:
    if file is not None:
        file.touch()
