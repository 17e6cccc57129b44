"""The project as it is handed over: what the lock holds, and what no tracked file may say."""

import ast
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


LOCKS = {"requirements.lock": ("setup",), "requirements-dev.lock": ("dev",), "requirements-local.lock": ()}
"""Each lock, and the dependency groups that it locks."""


def wanted() -> list[tuple[str, Requirement]]:
    """Every requirement, with the lock that it belongs in."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [("requirements.lock", line) for line in project["project"]["dependencies"]]
    lines += [("requirements-local.lock", line) for line in project["project"]["optional-dependencies"]["local"]]
    lines += [
        (lock, line)
        for lock, groups in LOCKS.items()
        for group in groups
        for line in project["dependency-groups"][group]
    ]
    return [(lock, Requirement(line)) for lock, line in lines]


def locked(lock: str) -> dict[str, list[str]]:
    """Versions by name; a name may be locked more than once, for different platforms."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE
    ):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def tracked_texts() -> list[tuple[str, str]]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are tracked")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [(name, ROOT / name) for name in names.split("\0") if name]
    return [(name, path.read_text(encoding="utf-8", errors="replace")) for name, path in paths if path.is_file()]


PRIVATE = ("answerwell.toml", "answerwell.staging.toml", "secrets/openai_api_key", "service-account.json", ".env",
           "service-account-2.json", "answerwell.backup", "data/answerwell.db", "sandbox-data/openai.db")  # fmt: skip


def test_what_the_documents_tell_to_put_here_is_not_committed_by_accident() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing is committed")
    asked = ["git", "check-ignore", *PRIVATE, "answerwell.example.toml", "cli/example.toml"]

    ignored = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()

    assert ignored == list(PRIVATE)


@pytest.mark.parametrize(("lock", "requirement"), wanted(), ids=str)
def test_the_lock_satisfies_every_requirement(lock: str, requirement: Requirement) -> None:
    versions = locked(lock).get(canonicalize_name(requirement.name), [])

    assert versions, f"{requirement.name} is not in {lock}; CONTRIBUTING.md says how to renew it"
    assert all(requirement.specifier.contains(version, prereleases=True) for version in versions)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    for block in re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_what_is_in_both_locks_has_the_same_version_in_both() -> None:
    running, developing, local = (locked(lock) for lock in LOCKS)

    assert {name for name in running.keys() & developing.keys() if running[name] != developing[name]} == set()
    assert not local.keys() & (running.keys() | developing.keys()), "an installation gets no model that it does not use"


@pytest.mark.parametrize("pattern", [PACKAGE_INDEX, MACHINE_PATH], ids=["package index", "path of a machine"])
def test_no_tracked_file_names_where_it_was_made(pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {match[0]}" for name, text in tracked_texts() for match in pattern.finditer(text)]

    assert found == []


def test_the_architecture_names_files_that_exist() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    missing = [name for name in re.findall(r"`([a-z_/]+(?:\.py|/))`", told) if not (ROOT / name).exists()]

    assert missing == []


ON_THE_WIRE = "session_api/admin/shapes.py"  # its class names stand in the API's description
PRODUCT = ("sync", "answering", "helpdesk", "connectors", "workers", "session_api", "cli")


@pytest.mark.parametrize("packages", [PRODUCT, ("sandbox",)], ids=["product", "sandbox"])
def test_a_class_name_means_one_thing(packages: tuple[str, ...]) -> None:
    places: dict[str, list[str]] = {}
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path == ROOT / ON_THE_WIRE:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))

    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_the_example_stands_once() -> None:
    """The file beside the README is a link to the one that `init` writes: two copies part."""
    assert (ROOT / "answerwell.example.toml").resolve() == ROOT / "cli/example.toml"
