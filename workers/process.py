"""Worker process: from its start to its end, whatever asks it to end.

Slots are threads. A turn waits for networks most of its time and has threads of its own for its calls, so a slot for
every source costs little memory, and every turn learns at once that the process must end. A task that hangs cannot be
ended in its thread: the process ends itself, its supervisor starts it again, and the next turn goes on.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog
from celery import Celery
from celery.worker import state as celery_state

from sync.log_redaction import restrain
from sync.pipeline.turn import Stop
from workers.app import TASK_LIMIT
from workers.broker import Broker
from workers.tasks import Worker

log = structlog.get_logger()

GRACE = 6.0
LAST_GRACE = 1.5
LOOK_EVERY = 5.0
MAX_SLOTS = 8
HUNG = 70  # exit code: a task ran past its limit


def slots_for(sources: int) -> int:
    """A slot for every source and one for everything else, within reason."""
    return min(MAX_SLOTS, max(2, sources + 1))


def work(
    app: Celery,
    worker: Worker,
    stop: Stop,
    slots: int,
    *,
    ready: Callable[[], None],
    alive: Callable[[], None],
    reload: Callable[[], None],
) -> None:
    """Do what comes until SIGTERM or SIGINT; running turns then have some seconds to end, or are handed back.

    `ready` is called once tasks are taken, `alive` every few seconds, `reload` on SIGHUP. Runs in the main thread.
    """
    controller = app.WorkController(
        pool="threads",
        concurrency=slots,
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
        ready_callback=lambda _: ready(),
    )
    restrain("celery", "kombu", "amqp")  # the worker has made loggers of its own
    install_signal_handlers(worker, stop, reload)
    threading.Thread(target=watchdog, args=(worker, stop, alive), name="watchdog", daemon=True).start()
    controller.start()


def restore_unacknowledged(app: Celery, broker: Broker) -> int:
    """Put what a worker that is gone had taken back into the queue; returns how much. For the only worker at its start.

    Otherwise it would come back after the visibility timeout, an hour.
    """
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        taken = [str(tag, "utf-8") for tag, _ in broker.client().zscan_iter(channel.unacked_index_key)]
        for tag in taken:
            channel.qos.restore_by_tag(tag, leftmost=True)
        return len(taken)


def install_signal_handlers(worker: Worker, stop: Stop, reload: Callable[[], None]) -> None:
    """SIGTERM and SIGINT end the worker in an orderly way, SIGHUP calls `reload`. For the main thread."""

    def end(_number: int, _frame: FrameType | None) -> None:
        if not stop.asked:
            stop.ask()
            threading.Thread(target=_shut_down, args=(worker,), name="shut-down", daemon=True).start()

    def again(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=reload, name="reload", daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    signal.signal(signal.SIGHUP, again)


def _shut_down(worker: Worker) -> None:
    """Let running turns end while their messages can still be acknowledged, then end the loop, then everything."""
    tick = threading.Event()
    for _ in range(int(GRACE / 0.1)):
        if not worker.running:
            break
        tick.wait(0.1)
    if worker.running:
        log.warning("turns_handed_back", turns=worker.running)
    celery_state.should_stop = os.EX_OK
    tick.wait(LAST_GRACE)
    os._exit(os.EX_OK)  # the leases of this process are now provably free, and its messages come again


def watchdog(worker: Worker, stop: Stop, alive: Callable[[], None]) -> None:
    """Call `alive` every few seconds until asked to end; end the process if a task runs past its limit."""
    tick = threading.Event()
    while not stop.asked:
        alive()
        if worker.longest > TASK_LIMIT:
            log.critical("task_hangs", seconds=round(worker.longest), fix="this worker ends; its turn is begun again")
            os._exit(HUNG)
        tick.wait(LOOK_EVERY)
