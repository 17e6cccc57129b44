"""Who may read and write the engine's tables: judged by the statements that stand in the source."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sync.state import schema

ROOT = Path(__file__).parents[2]
PACKAGES = ("sync", "answering", "connectors", "helpdesk", "workers", "session_api", "cli")
QUERIES = Path("sync/state/queries")
SCHEMA = {Path("sync/state/schema.py"), Path("sync/state/derived_tables.py")}

TABLES = {
    match[1]
    for statements in schema.STEPS.values()
    for statement in statements
    for match in re.finditer(r"CREATE TABLE (\w+)", str(statement))
}
KEPT_BY_TRIGGERS = {"file_counts", "shared_texts"}
_NAMES = "|".join(sorted(TABLES))
WRITES = re.compile(rf"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+({_NAMES})\b")
READS = re.compile(rf"^\s*(?:SELECT|WITH)\b.*\b(?:FROM|JOIN)\s+(?:{_NAMES})\b", re.DOTALL)


def texts() -> Iterator[tuple[Path, str]]:
    """Each text of the source that is no docstring; what an f-string fills in is left out."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    parts = (part.value for part in node.values if isinstance(part, ast.Constant))
                    yield file.relative_to(ROOT), " ".join(map(str, parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield file.relative_to(ROOT), node.value


def test_the_tables_of_the_engine_are_those_of_its_schema() -> None:
    assert {"sources", "documents", "entries", "requests", "runs"} <= TABLES


def test_a_table_has_one_module_that_writes_it() -> None:
    writers: defaultdict[str, set[str]] = defaultdict(set)
    for file, text in texts():
        if file not in SCHEMA:
            for table in WRITES.findall(text):
                writers[table].add(str(file))

    assert {table: sorted(files) for table, files in writers.items() if len(files) > 1} == {}
    assert writers.keys() == TABLES - KEPT_BY_TRIGGERS


def test_only_the_queries_read_the_tables() -> None:
    readers = {str(file) for file, text in texts() if READS.search(text) and QUERIES not in file.parents}

    assert readers - set(map(str, SCHEMA)) == set()
