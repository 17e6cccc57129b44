"""Files read in this process: what the readers make of a format. That each kind is read apart, test_files tries."""

import warnings
from functools import partial

from connectors.file_options import Options
from connectors.files import extract
from connectors.readers import answers


def read_here(kind: str, content: bytes, options: Options, _patience: float) -> dict[str, str]:
    """What a process of its own would answer; what it would die of is raised as it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as there: libraries remark on files that are not quite as they should be
        return answers.answer(kind, content, options)


extract_here = partial(extract, read=read_here)
