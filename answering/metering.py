"""Metering: what answering a question has cost so far, whatever becomes of its calls.

A call that ends before its server says what it took is booked at an estimate: it is paid for all the same.
"""

from dataclasses import dataclass, field, replace

from answering.events import Cost
from answering.model import CallBegan, Thought, Usage
from answering.settings import AnsweringSettings

CHARACTERS_A_TOKEN = 4


@dataclass
class Meter:
    """The calls of one answer, one after another. `settled`: the one under way was told, or costs nothing."""

    settings: AnsweringSettings
    cost: Cost = field(default_factory=Cost)
    settled: bool = False
    _thought: int = 0  # characters that the call under way wrote for nobody
    _begun_at: int = 0  # so much of the draft was written by calls that are booked

    def take(self, event: Thought | CallBegan | Usage, written: int) -> None:
        """Take in what the model said of its work; `written`: how long the draft is by now."""
        match event:
            case Thought():
                self._thought += event.characters
            case CallBegan():
                self.settled, self._thought, self._begun_at = False, 0, written
            case Usage():
                self.settled = event.told
                if event.told:
                    self.book(event)

    def book(self, usage: Usage) -> None:
        """Add what a call took."""
        self.cost = replace(
            self.cost,
            input_tokens=self.cost.input_tokens + usage.input_tokens,
            output_tokens=self.cost.output_tokens + usage.output_tokens,
            micro_usd=self.cost.micro_usd + self.settings.micro_usd(usage),
        )

    def close(self, *, read: int, written: int, searched: bool) -> None:
        """Book an estimate for a call that nobody told of, from characters. May be repeated."""
        if not self.settled:
            self.settled = True
            output = tokens(written - self._begun_at + self._thought)
            self.book(Usage(tokens(read), output, searches=int(searched)))


def tokens(characters: int) -> int:
    """Estimate how many tokens so many characters are."""
    return -(-characters // CHARACTERS_A_TOKEN)
