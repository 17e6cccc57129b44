"""What `answerwell up` costs while nothing changes: CPU seconds a minute, memory of the tree, vendor calls an hour.

Four sources over a synced help center, watched for `--seconds`. Calls an hour: those of a sync that finds nothing new,
times the syncs that `every = "15m"` makes in an hour. The ratio is the tree's memory over 400 MB, each page that
processes share counted once.
"""

import argparse
import time

from bench._living import cpu_seconds, living, memory
from tests.workers.kit import eventually

SOURCES = 4
ALLOWED = 400.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to watch (60)")
    parser.add_argument("--articles", type=int, default=100, help="in the help center (100)")
    asked = parser.parse_args()
    began = time.monotonic()
    with living(asked.articles, sources=SOURCES, every="15m") as (acme, running):
        ready = time.monotonic() - began
        eventually(
            lambda: [source["state"] for source in running.get("/api/admin/status")["sources"]] == ["ok"] * SOURCES
        )
        acme.zendesk_wire.forget()
        acme.openai_wire.forget()
        for number in ("", *(f"-{n}" for n in range(2, SOURCES + 1))):
            running.followed(running.post(f"/api/admin/sources/help-center{number}/sync")["id"])
        calls = (acme.zendesk_wire.count() + acme.openai_wire.count()) / SOURCES
        time.sleep(5)
        before = cpu_seconds(running)
        time.sleep(asked.seconds)
        used = {name: seconds - before[name] for name, seconds in cpu_seconds(running).items()}
        held = memory(running)
    print(f"ready after {ready:.1f} s, sandboxes and their articles included\n")
    print(f"{'process':<15}{'CPU s a minute':>15}{'resident MB':>13}{'proportional MB':>17}")
    for name, (resident, proportional) in held.items():
        print(f"{name:<15}{used[name] * 60 / asked.seconds:15.2f}{resident:13.0f}{proportional:17.0f}")
    total = sum(resident for resident, _ in held.values())
    shared = sum(proportional for _, proportional in held.values())
    print(f"{'together':<15}{sum(used.values()) * 60 / asked.seconds:15.2f}{total:13.0f}{shared:17.0f}")
    print(f"\nvendor calls an hour: {calls * SOURCES * 4:.0f} ({calls:.1f} for a sync that finds nothing new)")
    print(f"ratio {shared / ALLOWED:.2f} of {ALLOWED:.0f} MB")


if __name__ == "__main__":
    main()
