"""The table of kinds: complete, and loaded no further than it is used."""

import subprocess
import sys
from inspect import signature
from pkgutil import resolve_name

import pytest
from pydantic import BaseModel

from connectors import CONNECTORS

LOADED = "import sys; sys.stdout.write(' '.join(sorted(sys.modules)))"
HEAVY = {"sqlalchemy", "redis", "httpx2", "requests", "slack_sdk", "googleapiclient", "lxml", "selectolax"}


@pytest.mark.parametrize("name", CONNECTORS)
def test_every_part_of_a_kind_is_where_the_table_says(name: str) -> None:
    kind = CONNECTORS[name]
    parts = [kind.connector, kind.checks, *([kind.webhook] if kind.has_webhook else [])]

    assert issubclass(kind.settings, BaseModel)
    for part in map(resolve_name, parts):
        assert next(iter(signature(part).parameters)) == "settings"


def test_the_settings_of_every_kind_are_read_without_any_connector() -> None:
    read = "from connectors import CONNECTORS; [kind.settings for kind in CONNECTORS.values()]"

    loaded = subprocess.run([sys.executable, "-c", f"{read}; {LOADED}"], check=True, capture_output=True, text=True)

    modules = loaded.stdout.split()
    assert [name for name in modules if name.startswith("connectors.") and name.endswith(".connector")] == []
    assert HEAVY.isdisjoint(modules)


def test_a_connector_in_use_loads_no_other() -> None:
    read = "import connectors, pkgutil; pkgutil.resolve_name(connectors.CONNECTORS['zendesk'].connector)"

    loaded = subprocess.run([sys.executable, "-c", f"{read}; {LOADED}"], check=True, capture_output=True, text=True)

    kinds = {name.split(".")[1] for name in loaded.stdout.split() if name.endswith((".connector", ".settings"))}
    assert kinds & CONNECTORS.keys() == {"zendesk"}
