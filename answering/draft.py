"""Draft: the clean text of an answer that a model is writing, and where in it the cited pages belong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from answering.events import CitedPage
from answering.model import FileCitation, TextDelta
from answering.stream_sanitizer import StreamSanitizer


@dataclass(frozen=True, slots=True)
class Placed:
    """A cited page, and behind how many characters of the draft it belongs."""

    page: CitedPage
    index: int


@dataclass
class Draft:
    """An answer in the making. `allows` says whether a link may lead to an address."""

    allows: Callable[[str], bool]
    text: str = ""
    cited: list[Placed] = field(default_factory=list)
    _waiting: list[FileCitation] = field(default_factory=list)
    _unknown: list[tuple[str, int]] = field(default_factory=list)  # placed, of files that no search has named yet
    _message: int = 0
    _offset: int = 0

    def __post_init__(self) -> None:
        self._sanitizer = StreamSanitizer(self.allows)

    def write(self, delta: TextDelta, pages: Mapping[str, CitedPage]) -> None:
        """Add the next piece; a new message begins a new paragraph."""
        if delta.message != self._message and self.text:
            self.text += self._sanitizer.close() + "\n\n"
            self.settle(pages, final=True)
            self._offset = len(self.text)
            self._sanitizer = StreamSanitizer(self.allows)
        self._message = delta.message
        piece = self._sanitizer.feed(delta.text)
        self.text += piece if self.text else piece.lstrip()

    def close(self) -> None:
        """Add what was kept back until its end was known."""
        self.text = (self.text + self._sanitizer.close()).rstrip()

    def cite(self, citation: FileCitation) -> None:
        self._waiting.append(citation)

    def settle(self, pages: Mapping[str, CitedPage], *, final: bool) -> None:
        """Place citations whose text is written; of `pages` alone, and each page once at a place: models repeat it."""
        ready = [one for one in self._waiting if final or one.index <= self._sanitizer.taken]
        self._waiting = [one for one in self._waiting if one not in ready]
        ends = len(self.text)
        self._unknown += [(one.file, min(self._offset + self._sanitizer.place(one.index), ends)) for one in ready]
        known = [Placed(pages[file], place) for file, place in self._unknown if file in pages]
        self._unknown = [one for one in self._unknown if one[0] not in pages]
        self.cited += [one for at, one in enumerate(known) if one not in self.cited and one not in known[:at]]
