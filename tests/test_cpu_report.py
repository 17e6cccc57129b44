"""A run ends with what its test files cost, their processes included, and with pytest's own last line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BURN = "import time\nwhile time.process_time() < 0.5: pass"
BURN_AND_STAY = f"{BURN}\nprint(flush=True)\ntime.sleep(600)"
COSTLY = f"""
import subprocess, sys

def test_of_a_process_that_ends():
    subprocess.run([sys.executable, "-c", {BURN!r}], check=True)

def test_of_a_process_that_is_killed():
    burning = subprocess.Popen([sys.executable, "-c", {BURN_AND_STAY!r}], stdout=-1)
    burning.stdout.read(1)
    burning.kill()
    burning.wait()
    burning.stdout.close()
"""
CHEAP = """
def test_of_nothing():
    pass

def test_that_fails():
    assert False
"""


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_the_most_expensive_files_are_named_in_order(tmp_path: Path, processes: tuple[str, ...]) -> None:
    (tmp_path / "test_a_cheap.py").write_text(CHEAP, encoding="utf-8")
    (tmp_path / "test_costly.py").write_text(COSTLY, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.cpu_report", "-q", f"--rootdir={tmp_path}", *processes, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    report = re.findall(r"^ *([\d.]+)  (\S+)", done.stdout.partition("CPU seconds by test file")[2], re.MULTILINE)
    [(costly, first), (cheap, second), (everything, _)] = report
    assert done.returncode == 1
    assert first.endswith("test_costly.py")
    assert second.endswith("test_a_cheap.py")
    assert float(cheap) < 1.0 <= float(costly) <= float(everything)
    assert re.match(r"1 failed, 3 passed in ", done.stdout.splitlines()[-1])
