"""The project as it is handed over: what the lock holds, and what no tracked file may say."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGE_INDEX = re.compile(r"pypi[.]org|pythonhosted[.]|//[^\s\"']+/simple\b|index-url *[=:]", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/[w]ork/(?:main|wt|shared)|/[r]oot/|/[h]ome/[a-z]|/[U]sers/[a-z])")


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(line) for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]]


def locked() -> dict[str, list[str]]:
    """Versions by name; a name may be locked more than once, for different platforms."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    ):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def tracked_texts() -> list[tuple[str, str]]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are tracked")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [(name, ROOT / name) for name in names.split("\0") if name]
    return [(name, path.read_text(encoding="utf-8", errors="replace")) for name, path in paths if path.is_file()]


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: requirement.name)
def test_the_lock_satisfies_every_requirement(requirement: Requirement) -> None:
    versions = locked().get(canonicalize_name(requirement.name), [])

    assert versions, f"{requirement.name} is not in requirements.lock; CONTRIBUTING.md says how to renew it"
    assert all(requirement.specifier.contains(version, prereleases=True) for version in versions)


def test_every_locked_package_has_a_hash() -> None:
    for block in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8").strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("pattern", [PACKAGE_INDEX, MACHINE_PATH], ids=["package index", "path of a machine"])
def test_no_tracked_file_names_where_it_was_made(pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {match[0]}" for name, text in tracked_texts() for match in pattern.finditer(text)]

    assert found == []
