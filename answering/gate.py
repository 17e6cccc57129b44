"""Gate: decides, statement by statement, what of an answer a reader may see; what was shown is never taken back.

An answer begins once what has come so far is supported beyond doubt, or at its end if all of it together is. From then
on each statement stands for itself: a supported one is shown, any other is left out. Headings and phrases that claim
nothing wait for the statement they lead to.
"""

from dataclasses import dataclass, field

from answering.grounding import Support
from answering.rules import Rule
from answering.sentences import Statement

SURE = 0.7  # from here on no second look is needed
MIN_STATEMENT = 0.32  # of an answer that has begun, a statement below this is left out
MIN_WEIGHT = 8  # claiming words before an answer may begin in the middle of its stream


@dataclass(frozen=True, slots=True)
class WithheldStatement:
    """A statement that nobody was shown, and why: in words, and as the rule that withheld it."""

    statement: str
    reason: str
    rule: Rule


@dataclass
class Gate:
    """One answer. `least`: how much support an answer needs as a whole, from 0 to 1."""

    least: float
    begun: bool = False
    withheld: list[WithheldStatement] = field(default_factory=list)
    _weight: int = 0
    _supported: float = 0.0
    _held: list[tuple[Statement, Support]] = field(default_factory=list)
    _leads: list[Statement] = field(default_factory=list)
    _left_out: bool = False

    def take(self, statement: Statement, support: Support) -> list[Statement]:
        """Add the next statement; return those that may be shown now, maybe with what waited before it."""
        self._weight += support.weight
        self._supported += support.weight * support.score
        if self.begun:
            return self._pass(statement, support)
        self._held.append((statement, support))
        sure = self._weight >= MIN_WEIGHT and self._share >= max(SURE, self.least)
        return self._begin() if sure else []

    def close(self) -> list[Statement]:
        """Return what may still be shown now that the answer is complete. Afterwards not `begun`: it may not stand."""
        shown = self._begin() if not self.begun and self._weight and self._share >= self.least else []
        if not self.begun:
            self.withheld += [_withheld(one, support) for one, support in self._held if support.weight]
        elif not self._left_out and not _announces(self._leads):
            shown += self._leads
        return shown

    @property
    def _share(self) -> float:
        return self._supported / self._weight

    def _begin(self) -> list[Statement]:
        passed = [one for statement, support in self._held for one in self._pass(statement, support)]
        self.begun = bool(passed)
        if self.begun:
            self._held = []
        else:
            self.withheld, self._leads, self._left_out = [], [], False
        return passed

    def _pass(self, statement: Statement, support: Support) -> list[Statement]:
        if not support.weight:
            if self._left_out:
                self._leads, self._left_out = [], False
            self._leads.append(statement)
            return []
        if support.score < min(MIN_STATEMENT, self.least):
            self.withheld.append(_withheld(statement, support))
            self._left_out = bool(self._leads)
            return []
        leads, self._leads, self._left_out = self._leads, [], False
        return [*leads, statement]


def _announces(leads: list[Statement]) -> bool:
    """Whether the last thing said announces something that never came."""
    told = "".join(lead.text for lead in leads).strip()
    return told.startswith("#") or told.endswith((":", "**"))


def _withheld(statement: Statement, support: Support) -> WithheldStatement:
    reason = support.reason or f"the passages say {support.score:.0%} of it"
    return WithheldStatement(statement.text, reason, support.rule)
