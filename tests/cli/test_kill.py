import json
import random

import pytest

from tests.cli.killing import Damage, Truth, damage, killed_sync, timed_sync
from tests.cli.kit import Company

KILLS = 4


@pytest.mark.processes
def test_a_sync_killed_anywhere_converges_when_run_again(acme: Company) -> None:
    acme.config.write_text(acme.config.read_text("utf-8").replace("[openai]", "[openai]\nbatch_size = 10"), "utf-8")
    acme.openai.processing = 0.05
    chance, truth = random.Random(8), Truth(acme)
    truth.grow(40)
    within = timed_sync(acme)
    truth.grow(40)

    killed = 0
    for _ in range(KILLS):
        killed += killed_sync(acme, within, chance)
        truth.stir(chance)
    timed_sync(acme)
    repair = acme.start("audit", "--repair", "--json")
    repair.communicate(timeout=60)
    audit = acme.start("audit", "--json")
    said, _ = audit.communicate(timeout=60)

    assert killed
    assert audit.returncode == 0
    assert json.loads(said) == {"ok": True, "orphans": 0, "missing": 0, "differing": 0, "stuck": 0}
    assert damage(truth) == Damage()
