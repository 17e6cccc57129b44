"""Metrics: `/metrics` tells what the state knows of the whole installation; every API process tells the same.

Gauges are asked of the state at each scrape, at most every few seconds. Counters were added up there by every process.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from answering.state.attention import attention
from sync.config import Inventory
from sync.metrics import BUCKETS, COUNTERS, Sample
from sync.state import counters, queries
from sync.state.database import State
from sync.status import gauges

FRESH = 5.0

FAMILIES = {
    "calls": ("Calls to vendors, by the status they answered; none: no answer.", ("vendor", "status")),
    "rate_limit_wait_seconds": ("Seconds for which calls were held back to keep a limit.", ("limit",)),
    "questions": ("Questions of visitors, by what became of them; sourced: the answer cites.", ("outcome", "sourced")),
    "question_cost_usd": ("What answering cost, in US dollars.", ()),
    "ratings": ("Ratings that visitors gave to answers.", ("rating",)),
    "turns": ("Turns on a source, by how they ended.", ("source", "outcome")),
}
DURATIONS = {
    "turn_seconds": ("How long turns took.", ("source",)),
    "answer_seconds": ("From the question to the end of its answer.", ("outcome",)),
    "first_text_seconds": ("From asking the model to the first word that a visitor sees.", ()),
    "stage_seconds": ("How long each stage of a turn took.", ("source", "stage")),
}


class Queue(Protocol):
    """Wake-ups that wait for a worker. `tasks` None: the broker does not answer."""

    @property
    def tasks(self) -> int | None: ...

    @property
    def seconds(self) -> float: ...


routes = APIRouter(tags=["health"])


def install(app: FastAPI, state: State, inventory: Inventory, queue: Callable[[], Queue]) -> None:
    """Add `/metrics` to the application; it names sources and vendors, no document and nobody."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Installation(state, inventory, queue))
    app.state.metrics = _Cached(lambda: generate_latest(registry))
    app.include_router(routes)


@routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def show(request: Request) -> Response:
    """Everything that is measured, in the text format of Prometheus.

    With `metrics_token` it is asked for as a Bearer token.
    """
    return Response(request.app.state.metrics.value(), media_type=CONTENT_TYPE_LATEST)


class _Cached:
    """A value that is made anew when it is some seconds old: ten scrapers cost as much as one."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._value = b""
        self._made = float("-inf")

    def value(self) -> bytes:
        with self._lock:
            if time.monotonic() - self._made > FRESH:
                self._value, self._made = self._make(), time.monotonic()
            return self._value


class _Installation:
    """Everything there is to tell; a collector as Prometheus' client knows it."""

    def __init__(self, state: State, inventory: Inventory, queue: Callable[[], Queue]) -> None:
        self._state = state
        self._inventory = inventory
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        yield from self._of_sources()
        yield from self._of_indexes()
        yield from self._of_queue()
        yield from self._of_answers()
        counters.flush(self._state, COUNTERS)
        counted = queries.counters(self._state)
        yield from _counters(counted)
        yield from _histograms(counted)

    def _of_sources(self) -> Iterator[Metric]:
        found = [gauges.of_source(self._state, name) for name in self._inventory.sources]
        documents = _gauge(
            "documents", "Documents: known, and of those searchable, waiting or believed gone.", "source", "state"
        )
        of_source = {
            "held_removals": _gauge("held_removals", "Removals that wait for a release.", "source"),
            "problems": _gauge("problems", "Documents that somebody should look at.", "source"),
            "lease_age_seconds": _gauge("lease_age_seconds", "Since the running turn began; 0: none runs.", "source"),
            "lease_silent_seconds": _gauge(
                "lease_silent_seconds", "Since the running turn last renewed its lease.", "source"
            ),
            "oldest_unsettled_seconds": _gauge(
                "oldest_unsettled_seconds", "Age of the oldest change seen and not yet searchable.", "source"
            ),
            "synced_seconds_ago": _gauge("synced_seconds_ago", "Since a turn last ended well; -1: never.", "source"),
            "failures": _gauge("failures", "Turns that failed since one ended well.", "source"),
            "paused": _gauge("paused", "1 while an operator has paused the source.", "source"),
            "asked_for": _gauge("asked_for", "Wake-ups that no turn has heard yet.", "source"),
        }
        for measured in found:
            for state, number in measured.documents.items():
                documents.add_metric([measured.source, state], number)
            for name, gauge in of_source.items():
                gauge.add_metric([measured.source], getattr(measured, name))
        yield documents
        yield from of_source.values()

    def _of_indexes(self) -> Iterator[Metric]:
        files = _gauge("index_files", "Files in the live store of an index.", "index")
        outdated = _gauge("index_reindex_needed", "1 where the live store was built to another specification.", "index")
        lost = _gauge("index_store_lost", "1 where the live store is lost, expired or unreadable: reindex.", "index")
        for measured in gauges.of_indexes(self._state, self._inventory.indexes.values()):
            files.add_metric([measured.index], measured.files)
            outdated.add_metric([measured.index], measured.reindex_needed)
            lost.add_metric([measured.index], measured.store_lost)
        yield files
        yield lost
        yield outdated
        requests = _gauge("open_requests", "What operators asked for and is not done.")
        requests.add_metric([], gauges.open_requests(self._state))
        yield requests

    def _of_answers(self) -> Iterator[Metric]:
        found = attention(self._state)
        verified = _gauge("verified_answers", "People's own answers: active, expiring, expired, changed.", "standing")
        watch = _gauge("watch_questions", "Watched questions: waiting, ok, flipped, failing.", "standing")
        for name, gauge in (("verified", verified), ("watch", watch)):
            for standing, number in found[name].items():
                gauge.add_metric([standing], number)
            yield gauge

    def _of_queue(self) -> Iterator[Metric]:
        waiting = self._queue()
        up = _gauge("broker_up", "1 while the broker answers.")
        up.add_metric([], waiting.tasks is not None)
        tasks = _gauge("queue_tasks", "Wake-ups that wait for a worker.")
        tasks.add_metric([], waiting.tasks or 0)
        age = _gauge("queue_age_seconds", "Since the oldest of them was sent.")
        age.add_metric([], waiting.seconds)
        yield from (up, tasks, age)


def _gauge(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"answerwell_{name}", help_text, labels=labels)


def _counters(counted: Iterable[Sample]) -> Iterator[Metric]:
    families = {
        name: CounterMetricFamily(f"answerwell_{name}", text, labels=labels)
        for name, (text, labels) in FAMILIES.items()
    }
    for one in counted:
        if one.name in families:
            families[one.name].add_metric([one.labels.get(label, "") for label in FAMILIES[one.name][1]], one.value)
    yield from families.values()


def _histograms(counted: Iterable[Sample]) -> Iterator[Metric]:
    for name, (text, labels) in DURATIONS.items():
        family = HistogramMetricFamily(f"answerwell_{name}", text, labels=labels)
        for values, parts in _durations(counted, name, labels).items():
            total = parts[f"{name}_count", ""]
            buckets = [(str(bound), parts[f"{name}_bucket", str(bound)]) for bound in BUCKETS]
            family.add_metric(list(values), [*buckets, ("+Inf", total)], parts[f"{name}_sum", ""])
        yield family


Parts = defaultdict[tuple[str, str], float]


def _durations(counted: Iterable[Sample], name: str, labels: tuple[str, ...]) -> dict[tuple[str, ...], Parts]:
    """The parts of each histogram of that name, by the values of its labels."""
    found: dict[tuple[str, ...], Parts] = {}
    for one in counted:
        if one.name in {f"{name}_sum", f"{name}_count", f"{name}_bucket"}:
            values = tuple(one.labels.get(label, "") for label in labels)
            found.setdefault(values, defaultdict(float))[one.name, one.labels.get("le", "")] += one.value
    return found
