from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.kit import Company, Done, Run, company


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as made:
        yield made


@pytest.fixture
def run(acme: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, as if called in the company's folder."""
    monkeypatch.chdir(acme.folder)

    def command(*arguments: str) -> Done:
        for name, value in acme.environ.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(arguments)
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return command
