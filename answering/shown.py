"""Shown text: the statements of a draft that a reader sees, and where a place of the draft stands among them."""

from dataclasses import dataclass, field

from answering.sentences import Statement


@dataclass
class Shown:
    """What was shown so far; it only grows. White space at its end waits for what follows."""

    text: str = ""
    _gap: str = ""
    _parts: list[tuple[Statement, int]] = field(default_factory=list)  # each with where it begins in the shown text

    @property
    def statements(self) -> frozenset[str]:
        """What was shown, each as it came."""
        return frozenset(statement.text for statement, _ in self._parts)

    def add(self, statement: Statement) -> str:
        """Add a statement; return what a reader is to be told."""
        told = statement.text if self.text else statement.text.lstrip()
        words = told.rstrip()
        if not words:
            self._gap += told if self.text else ""
            return ""
        if told.startswith("\n"):
            self._gap = self._gap.rstrip(" ")  # a paragraph ends without a space
        piece = self._gap + words
        begins = len(self.text) + len(self._gap) - (len(statement.text) - len(told))
        self._parts.append((statement, begins))
        self._gap = told[len(words) :]
        self.text += piece
        return piece

    def place(self, index: int) -> int | None:
        """Return where the end of so much of the draft stands; None where that part was left out, or not shown yet."""
        for statement, begins in reversed(self._parts):
            if statement.start < index <= statement.end:
                words = begins + len(statement.text.rstrip())
                return min(begins + index - statement.start, words)
        return None
