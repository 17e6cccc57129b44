"""Retrieved: what the searches of one answer found, and what of it the answer may rest on."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from answering import citations, grounding
from answering.blocking import BlockingPool
from answering.events import CitedPage
from answering.grounding import Evidence
from answering.links import host_of, links_to
from answering.model import Passage, SearchDone
from answering.question import Question
from answering.rules import Rule
from sync.state.database import State


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """What a search found. `left_out` None: the answer may rest on it."""

    passage: Passage
    left_out: Rule | None


@dataclass
class Retrieved:
    """One answer's searches. `evidence` None: nothing was searched, or the server does not say what was found.

    `exposed`: a search found what may not be shown, so that a model that searches by itself has read it.
    """

    state: State
    pool: BlockingPool
    question: Question
    min_score: float
    link_hosts: Sequence[str] = ()
    queries: list[str] = field(default_factory=list)
    found: list[FoundPassage] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    pages: dict[str, CitedPage] = field(default_factory=dict)
    evidence: Evidence | None = None
    exposed: bool = False

    async def keep(self, searched: SearchDone) -> None:
        """Keep what was found, scores enough and may be shown."""
        self.queries += searched.queries
        scoring = [one for one in searched.passages or () if one.score >= self.min_score]
        known = await self._citable(searched.passages or ())
        self.pages |= {one.file: known[one.file] for one in scoring if one.file in known}
        self.passages += [one for one in scoring if one.file in known]
        self.exposed = self.exposed or any(one.file not in known for one in searched.passages or ())
        self.found += [FoundPassage(one, self._left_out(one, known)) for one in searched.passages or ()]
        if searched.passages is not None:
            self.evidence = Evidence((one.text for one in self.passages), self.question.text)

    async def readable(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return those of the passages that a model may be told."""
        known = await self._citable(passages)
        return [one for one in passages if one.file in known]

    async def _citable(self, passages: Sequence[Passage]) -> dict[str, CitedPage]:
        return await self.pool.run(citations.pages, self.state, passages, self.question.scope)

    def allows(self, address: str) -> bool:
        """Whether a link may lead there: to a page that was found, or where a passage's text leads on a listed host.

        What a document says is not enough: who may write into it could send readers anywhere.
        """
        known = {grounding.plain_address(page.url) for page in self.pages.values() if page.url}
        if grounding.plain_address(address) in known and host_of(address):
            return True
        return bool(self.evidence and self.evidence.says(address)) and links_to(address, self.link_hosts)

    def nearest(self) -> list[CitedPage]:
        """Return the pages that were found, best first, each title and address once."""
        best = sorted(self.passages, key=lambda passage: -passage.score)
        found = [self.pages[passage.file] for passage in best]
        return list({(page.title, page.link): page for page in found}.values())

    def _left_out(self, passage: Passage, known: Container[str]) -> Rule | None:
        if passage.score < self.min_score:
            return Rule.MIN_SCORE
        return None if passage.file in known else Rule.AUDIENCE
