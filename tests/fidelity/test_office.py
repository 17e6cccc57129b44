"""Word, PowerPoint, Excel, CSV and PDF files as Markdown: as it was reviewed, whole, and without what is hidden."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.file_options import Options
from connectors.readers import answers
from tests.fidelity.kit import recall
from tests.fidelity.office_files import FILES, OfficeFile

FOLDER = Path(__file__).with_name("office")


def converted(file: OfficeFile) -> str:
    return str(answers.answer(file.kind, file.content, Options())["markdown"])


@pytest.mark.parametrize("build", FILES, ids=lambda build: build.__name__)
def test_a_file_comes_out_as_it_was_reviewed_without_what_is_hidden(build: Callable[[], OfficeFile]) -> None:
    file = build()
    markdown = converted(file)

    assert markdown + "\n" == (FOLDER / f"{file.name}.md").read_text("utf-8")
    assert [word for word in file.hidden if word in markdown] == []


def test_what_a_reader_sees_arrives() -> None:
    files = [build() for build in FILES]

    assert recall("\n".join(file.words for file in files), "\n".join(map(converted, files))) >= 0.98
