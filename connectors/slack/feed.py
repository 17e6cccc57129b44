"""What changed: each pass looks at the newest messages of every channel and compares them with what it saw before.

Slack has no feed: history shows new messages, and of old ones that they were edited, deleted or replied to, but only
while one looks at them. A cursor therefore remembers the newest days and threads of each channel. What happens to
older ones is found by the daily snapshot.

The state, which cursors carry and a previous version may have written:
`known`, by channel: `n` its name, `to`, `from` and `u` as `ChannelMemory` has them (name, to, start, units);
`gaps`: versions of the documents that stand for unreadable channels;
`pass`, while one is under way: `now` when it began, `todo` the channels left, and of the first of these `at` where its
walk stands, `seen` how many messages, `edge` from which second on everything was seen, `new` its units so far, `cut`
whether older ones were left out, `read` the fresh threads still to be read, each with the mark that it had.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors.http.transport import Json, Response
from connectors.quarantine import BrokenRecord, attempt, judged, unreadable
from connectors.slack import threads, timestamps
from connectors.slack.channels import ChannelListing, SlackChannel, gap_id
from connectors.slack.documents import day_id, thread_id
from connectors.slack.history import ChannelUnavailable, Day, HistoryPage, HistoryPlace
from connectors.slack.reader import ChannelReader
from sync.errors import CursorExpired, Retryable
from sync.model import Change

MIN_WINDOW = 200  # messages of a channel that each pass looks at, at least
MAX_UNITS = 200  # days and threads of a channel
PREFETCH_CHANNELS = 20  # whose newest page `head` reads, so that the first pass knows what it compares with
RECHECK_FRESH = 5  # fresh threads of a page that are read again although their parents look the same
MAX_CALLS = 20  # of one page of changes
MAX_CHANGES = 100
NEVER = 10**10
OVERLAP = 60  # seconds: a message may show up later than its ts says
DAY = 86_400
FORCE_EMIT = "!"  # instead of a mark of its replies: the thread is a change, whatever they look like


@dataclass
class ChannelMemory:
    """What was seen of one channel: everything since the second `start`; new since `to` is what differs.

    `units`: a day or a thread's ts, and in short what it looked like; of a fresh thread also what its replies did.
    """

    name: str
    to: int
    start: int = NEVER
    units: dict[str, str] = field(default_factory=dict)

    def knows(self, unit: str) -> bool:
        """Whether it would have seen this unit, had it been there."""
        return position(unit) >= self.start


def position(unit: str) -> int:
    """The second in which a unit starts."""
    day = timestamps.day(unit)
    return timestamps.starts(day) if day else timestamps.order(unit)[0]


class ChannelFeed:
    """Passes over the channels of a source, one after the other; the state between two calls is JSON."""

    def __init__(self, reader: ChannelReader) -> None:
        self._reader = reader
        self._prefetched: dict[str, tuple[float, Response]] = {}

    def head(self) -> Json:
        """Remember what the channels look like now, as far as Slack's pace allows."""
        listing = self._reader.channels.now()
        now = int(listing.moment.timestamp())
        memories = {id_: ChannelMemory(channel.name, now) for id_, channel in listing.channels.items()}
        try:
            for id_ in sorted(memories)[:PREFETCH_CHANNELS]:
                memories[id_] = self._prefetch(listing.channels[id_], memories[id_])
        except Retryable as error:
            if error.after is None:
                raise
        gaps = {change.external_id: change.version for change in self._reader.gaps()}
        return {"known": {id_: _saved(memory) for id_, memory in memories.items()}, "gaps": gaps}

    def take_prefetched(self, channel: str) -> Response | None:
        """The page that `head` read a moment ago, once: the snapshot that follows starts with it."""
        at, answer = self._prefetched.pop(channel, (0.0, None))
        return answer if answer and 0 <= self._reader.now.timestamp() - at < OVERLAP else None

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        """Return some changes, the state after them, and whether the pass goes on. Raises CursorExpired."""
        found: list[Change] = []
        listing = self._reader.channels.lately()
        if "pass" not in state:
            self._begin(state, listing, found)
        work, calls = state["pass"], 0
        while work["todo"] and calls < MAX_CALLS and len(found) < MAX_CHANGES:
            channel = listing.channels.get(work["todo"][0])
            if channel is None:
                raise CursorExpired(f"slack: {work['todo'][0]} is not read any more")
            try:
                self._step(channel, state, found)
            except Retryable:
                if not calls:
                    raise
                break
            calls += 1
        more = bool(work["todo"])
        if not more:
            del state["pass"]
        return found, state, more

    def _begin(self, state: Json, listing: ChannelListing, found: list[Change]) -> None:
        """Start a pass. A channel that left or has another name makes every document of it another."""
        known = state["known"]
        for id_, saved in known.items():
            channel = listing.channels.get(id_)
            if channel is None or channel.name != saved["n"]:
                raise CursorExpired(f"slack: {saved['n']} is not read any more, or not by that name")
        for id_ in sorted(set(listing.channels) - set(known)):
            floor = self._reader.floor()
            known[id_] = _saved(ChannelMemory(listing.channels[id_].name, floor, floor))
            found.append(Change(gap_id(id_), None))
        gaps = {change.external_id: change for change in self._reader.gaps()}
        found += [change for id_, change in gaps.items() if state["gaps"].get(id_) != change.version]
        found += [Change(id_, None) for id_ in state["gaps"] if id_ not in gaps]
        state["gaps"] = {id_: change.version for id_, change in gaps.items()}
        todo = sorted(listing.channels)
        state["pass"] = {"now": int(listing.moment.timestamp()), "todo": todo, **_nothing()}

    def _step(self, channel: SlackChannel, state: Json, found: list[Change]) -> None:
        """Make at most one call for the channel under way, and leave the channel when it is through."""
        work, memory = state["pass"], _loaded(state["known"][channel.id])
        if work["read"]:
            self._read(channel, memory, work, found)
        else:
            page = self._reader.history.walk(channel.id, self._reader.floor(), HistoryPlace.load(work["at"]))
            self._look(channel, memory, page, work, found)
        if not work["read"] and work["edge"] is not None:
            known = self._compare(channel, memory, work, found)
            state["known"][channel.id] = _saved(known)
            work["todo"].pop(0)
            work.update(_nothing())

    def _look(
        self, channel: SlackChannel, memory: ChannelMemory, page: HistoryPage, work: Json, found: list[Change]
    ) -> None:
        """Take in one page: what differs is a change; fresh threads are put down to be read."""
        for day in page.days:
            short = _short(self._reader.day_version(channel, day))
            _note(work, memory, day.day, short)
            if _is_new(memory, day.day, short, _touched(day)):
                found.append(judged(day_id(channel.id, day.day), day.digest, partial(self._reader.day, channel, day)))
        fresh = []
        for parent in filter(self._reader.is_thread, page.parents):
            if self._reader.is_fresh(parent):
                fresh.append(parent)
                continue
            change, ts = self._reader.quiet_thread(channel, parent), parent["ts"]
            _note(work, memory, ts, _short(change.version))
            if _is_new(memory, ts, _short(change.version), threads.last_touched(parent).timestamp()):
                found.append(change)
        self._put_down(channel, memory, fresh, work)
        work["at"] = page.place.saved() if page.place else None
        work["seen"] += page.seen
        enough = work["seen"] >= MIN_WINDOW or self._reader.throttled
        work["edge"] = self._edge(page.place, memory.to if enough else 0)

    def _edge(self, place: HistoryPlace | None, to: int) -> int | None:
        """The second from which on the walk has seen everything, None while that is later than `to`."""
        if place is None:
            return self._reader.floor()
        if place.day and place.day < timestamps.day_of(timestamps.at(to)):
            return position(place.day) + DAY
        return None

    def _put_down(self, channel: SlackChannel, memory: ChannelMemory, fresh: list[Json], work: Json) -> None:
        """Fresh threads that differ are read; of the others, the most recent ones too: a reply may be edited."""
        rechecks = RECHECK_FRESH
        for parent in sorted(fresh, key=threads.latest, reverse=True):
            ts, outline = parent["ts"], _short(self._reader.outline(channel, parent))
            was, _, replies = memory.units.get(ts, "").partition(".")
            _note(work, memory, ts, f"{outline}.{replies if was == outline else ''}")
            touched = threads.last_touched(parent).timestamp()
            if was != outline and (was or _is_new(memory, ts, outline, touched)):
                work["read"].append([ts, FORCE_EMIT])
            elif rechecks:
                rechecks -= 1
                work["read"].append([ts, replies])

    def _read(self, channel: SlackChannel, memory: ChannelMemory, work: Json, found: list[Change]) -> None:
        """Read one fresh thread; it is a change if its parent said so, or if its replies differ."""
        ts, expected = work["read"][0]
        try:
            read = attempt(lambda: self._reader.thread(channel, ts))
        except BrokenRecord:
            work["read"].pop(0)
            found.append(unreadable(thread_id(channel.id, ts), work["new"].get(ts)))
            return
        work["read"].pop(0)
        if read is None:
            work["new"].pop(ts, None)
            found.append(Change(thread_id(channel.id, ts), None))
            return
        outline, document = read
        _note(work, memory, ts, f"{_short(outline)}.{_short(document.version)}")
        recent = document.updated_at.timestamp() >= memory.to - OVERLAP
        if expected == FORCE_EMIT or (expected != _short(document.version) if expected else recent):
            found.append(Change(document.external_id, document.version, document))

    def _compare(self, channel: SlackChannel, memory: ChannelMemory, work: Json, found: list[Change]) -> ChannelMemory:
        """Tell what is not there any more, and remember the newest of what is."""
        new, edge = work["new"], work["edge"]
        for unit in memory.units:
            if position(unit) >= edge and unit not in new:
                whole = day_id if timestamps.day(unit) else thread_id
                found.append(Change(whole(channel.id, unit), None))
        return _newest(ChannelMemory(channel.name, work["now"], edge, new), cut=work["cut"])

    def _prefetch(self, channel: SlackChannel, memory: ChannelMemory) -> ChannelMemory:
        """Read the channel's newest page, for its memory and for the snapshot that follows."""
        floor, now = self._reader.floor(), self._reader.now.timestamp()
        try:
            answer = self._reader.history.page(channel.id, floor, HistoryPlace())
        except ChannelUnavailable:
            return memory  # the listing that follows finds out why
        self._prefetched[channel.id] = (now, answer)
        page = self._reader.history.walk(channel.id, floor, HistoryPlace(), answer)
        work = _nothing()
        self._look(channel, memory, page, work, [])
        edge = self._edge(page.place, NEVER)
        return _newest(ChannelMemory(channel.name, memory.to, NEVER if edge is None else edge, work["new"]), cut=False)


def _is_new(memory: ChannelMemory, unit: str, short: str, touched: float) -> bool:
    """Whether a unit differs from what was seen; where nothing was seen, whether it was touched since."""
    if unit in memory.units:
        return memory.units[unit] != short
    return memory.knows(unit) or touched >= memory.to - OVERLAP


def _touched(day: Day) -> float:
    """When anybody last wrote to a day's messages; of those that are not at hand nobody knows."""
    return max((threads.last_touched(one).timestamp() for one in day.messages or ()), default=float(NEVER))


def _note(work: Json, memory: ChannelMemory, unit: str, short: str) -> None:
    """Put down what a unit looks like: the newest of a channel, and what is to be compared."""
    if len(work["new"]) < MAX_UNITS or unit in work["new"] or unit in memory.units:
        work["new"][unit] = short
    else:
        work["cut"] = True


def _newest(memory: ChannelMemory, *, cut: bool) -> ChannelMemory:
    """No more of it than a cursor should carry; `cut`: older units were not even put down."""
    units = sorted(memory.units, key=position, reverse=True)[:MAX_UNITS]
    cut = cut or len(units) < len(memory.units)
    start = position(timestamps.day_of(timestamps.at(position(units[-1])))) + DAY if cut else memory.start
    return ChannelMemory(memory.name, memory.to, start, {unit: memory.units[unit] for unit in units})


def _nothing() -> dict[str, Any]:
    return {"at": None, "edge": None, "new": {}, "read": [], "seen": 0, "cut": False}


def _saved(memory: ChannelMemory) -> Json:
    return {"n": memory.name, "to": memory.to, "from": memory.start, "u": memory.units}


def _loaded(saved: Json) -> ChannelMemory:
    return ChannelMemory(saved["n"], saved["to"], saved["from"], saved["u"])


def _short(version: str | None) -> str:
    return (version or "")[:8]
