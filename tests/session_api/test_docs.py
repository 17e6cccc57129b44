"""What the documentation shows to copy works when it is copied."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from session_api.access import diagnose, hosted, identity, origins, request_guard, tokens
from session_api.access.identity import Identity
from session_api.chat import chatkit_requests
from sync.state.database import utc_now

DOCS = Path(__file__).parents[2] / "docs"
SECRET = "the host site and this server share these words"


def code(page: str, language: str) -> str:
    [block] = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def _accepted(token: str) -> str:
    return Identity({"2026-11": SECRET, "another": "x" * 32}, ("answerwell",), utc_now).proven(token).subject


def test_the_python_of_the_identity_page_signs_what_we_accept() -> None:
    script = code("identity.md", "python") + f"\nprint(identity_token('customer-7', {SECRET!r}))\n"

    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert _accepted(printed.strip()) == "customer-7"


def test_the_javascript_of_the_identity_page_signs_what_we_accept() -> None:
    node = which("node")
    if node is None:
        pytest.skip("Node is not installed")
    script = code("identity.md", "js") + f"\nconsole.log(identityToken('customer-7', {SECRET!r}));\n"

    ran = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True)

    assert _accepted(ran.stdout.strip()) == "customer-7"


@pytest.mark.parametrize("page", ["session-api.md", "identity.md", "migrate-from-agent-builder.md"])
def test_every_code_in_a_table_exists(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    modules = (diagnose, hosted, identity, origins, chatkit_requests, tokens, request_guard)
    source = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in modules)
    source += (Path(str(request_guard.__file__)).parent / "sessions.py").read_text(encoding="utf-8")

    told = re.findall(
        r"`((?:origin|domain|csp|openai|workflow|token|clock|identity|hosted)_(?:[a-z]+_?)+)`(?= \||,|\.)", text
    )

    settings = {"domain_key", "identity_token", "identity_keys", "identity_audience", "workflow_id", "workflow_version"}
    assert told
    assert [name for name in told if name not in settings and f'"{name}"' not in source] == []
