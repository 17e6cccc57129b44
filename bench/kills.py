"""SIGKILL a process of a running `answerwell up` again and again while articles are edited; then compare.

Each time, after a random moment, the worker, the API or the broker is killed, and the help center goes on being edited.
In the end the stores must hold exactly what the help center does. Ends with an error if they do not. The ratio is kills
that were survived over kills.
"""

import argparse
import random
import sys
import time
from collections import Counter

from bench._living import living
from tests.cli.killing import Damage, Truth, damage
from tests.workers.kit import eventually

VICTIMS = ("worker",) * 7 + ("api",) * 2 + ("broker",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--articles", type=int, default=60, help="in the help center (60)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance, killed = random.Random(asked.seed), Counter[str]()
    with living(0, every="5s") as (acme, running):
        acme.openai.processing = 0.05
        truth = Truth(acme)
        truth.grow(asked.articles)
        began = time.monotonic()
        for _ in range(asked.kills):
            victim = chance.choice(VICTIMS)
            if killed[victim]:
                running.until_said(f'"{victim}", .*process_ready', killed[victim])
            time.sleep(chance.uniform(0, 3))
            truth.stir(chance)
            running.kill_child(victim)
            killed[victim] += 1
        seconds = time.monotonic() - began
        running.until_said('"api", .*process_ready', killed["api"])
        running.post("/api/admin/sources/help-center/sync", {"full": True})  # what was archived is found by listing
        eventually(lambda: damage(truth) == Damage(), lambda: str(damage(truth)), 300)
        with_audit = damage(truth)
    print(
        f"{sum(killed.values())} kills in {seconds:.0f} s: {dict(killed)}; {len(truth.sentences)} articles in the end"
    )
    own = [line for line in running.said if "process_died" in line and '"exit": -9' not in line]
    print(f"ended by themselves: {len(own)} {own[:3]}")
    print(f"stores against the help center: {with_audit}")
    print(f"ratio {1.0 if with_audit == Damage() else 0.0:.2f}")
    sys.exit(with_audit != Damage())


if __name__ == "__main__":
    main()
