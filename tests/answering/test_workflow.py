"""A workflow that does not load is a mistake of the configuration, and says which."""

from pathlib import Path

import pytest

from answering import workflow
from sync.errors import Misconfigured

MODULES = {
    "not_async": "def run_workflow(text):\n    return text\n",
    "broken": "def (\n",
    "forgets": "Agent()\n",
    "needs_more": "import a_package_that_nobody_has\n",
    "empty": "\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modules")
    for name, code in MODULES.items():
        (path / f"workflow_that_{name}.py").write_text(code)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("not_async", "no async function"),
        ("broken", "does not load (SyntaxError"),
        ("forgets", "does not load (NameError"),
        ("needs_more", "needs a_package_that_nobody_has"),
        ("empty", "has no run_workflow"),
        ("is_missing", "needs workflow_that_is_missing"),
    ],
)
def test_a_workflow_that_does_not_load_says_why(folder: Path, name: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        workflow.load(f"workflow_that_{name}:run_workflow", folder)

    assert said in str(refused.value)
