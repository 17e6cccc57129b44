"""What a process that reads one file is told, and what its end tells."""

from dataclasses import dataclass
from typing import Final

OUT_OF_MEMORY: Final = 3  # the status of a process that ended for want of memory


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read. `base_url`: what its relative links start from; `media_type`: what its sender calls it."""

    base_url: str = ""
    media_type: str = ""
    speaker_notes: bool = False
