"""Kill a sync at 50 random moments, run it once more, and compare the stores with the source."""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from tests.cli.killing import Damage, Truth, damage, killed_sync, timed_sync
from tests.cli.kit import company


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--articles", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, company(Path(folder)) as acme:
        acme.config.write_text(acme.config.read_text("utf-8").replace("[openai]", "[openai]\nbatch_size = 20"), "utf-8")
        acme.openai.processing = 0.05
        chance, truth = random.Random(chosen.seed), Truth(acme)
        truth.grow(chosen.articles)
        within = timed_sync(acme)
        print(f"{chosen.articles} articles; one whole sync works for {within:.1f} s; seed {chosen.seed}")
        truth.grow(chosen.articles)
        killed = 0
        while killed < chosen.kills:
            killed += killed_sync(acme, within, chance)
            truth.stir(chance)
        timed_sync(acme)
        before = damage(truth)
        acme.start("audit", "--repair", "--json").communicate(timeout=300)
        said, _ = acme.start("audit", "--json").communicate(timeout=300)
        after = damage(truth)
    print(f"killed {killed} times, then run once: {before}")
    print(f"after the audit: {after}; it says {json.loads(said)}")
    sys.exit(after != Damage())


if __name__ == "__main__":
    main()
