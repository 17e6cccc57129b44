"""Leases: one worker at a time may change a source's documents and their files."""

import json
import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

TERM = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to commit for a source, until another worker holds a higher token."""

    source: str
    token: int


@dataclass(frozen=True, slots=True)
class Holder:
    """The process behind a lease. Empty `boot` or `started`: the system does not tell, so none is provably dead."""

    host: str
    boot: str
    process: int
    started: str

    def __str__(self) -> str:
        return json.dumps([self.host, self.boot, self.process, self.started])


def this_process() -> Holder:
    pid = os.getpid()
    return Holder(socket.gethostname(), _boot(), pid, _started(pid))


def in_force(until: float, holder: str, now: float) -> bool:
    """Whether a lease that lasts until then, by that holder, keeps other workers away.

    It never reaches further than one term: one that does was taken before the clock was moved back.
    """
    return now < until < now + 2 * TERM.total_seconds() and not provably_dead(holder)


def provably_dead(holder: str) -> bool:
    """Whether the process that wrote the holder ran on this host and is no more."""
    if not holder:
        return False
    then = Holder(*json.loads(holder))
    if then.host != socket.gethostname() or not then.boot or not then.started:
        return False
    return then.boot != _boot() or _started(then.process) != then.started


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """The process's start in clock ticks since boot (field 22 of proc_pid_stat(5)); '' when it does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    after_name = stat.rpartition(")")[2].split()
    return "" if after_name[0] in {"Z", "X"} else after_name[19]
