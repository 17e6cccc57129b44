"""`sync` killed with SIGKILL wherever it happens to be, while the help center goes on being edited."""

import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.cli.kit import Company

STARTING = 60.0


@dataclass
class Truth:
    """What the help center holds: the one sentence of each article, by id."""

    company: Company
    sentences: dict[int, str] = field(default_factory=dict)
    written: int = 0

    def grow(self, articles: int) -> None:
        for _ in range(articles):
            sentence = self._sentence()
            article = self.company.zendesk.put_article(title=f"Question {self.written}", body=f"<p>{sentence}</p>")
            self.sentences[article] = sentence

    def stir(self, chance: random.Random) -> None:
        """Edit five articles, write one, and now and then archive one: rarely enough for the brake to stay off."""
        for article in chance.sample(sorted(self.sentences), 5):
            self.rewrite(article)
        if chance.random() < 0.3:
            gone = chance.choice(sorted(self.sentences))
            self.company.zendesk.archive_article(gone)
            del self.sentences[gone]
        self.grow(1)

    def rewrite(self, article: int) -> None:
        self.sentences[article] = self._sentence()
        self.company.zendesk.put_article(id=article, body=f"<p>{self.sentences[article]}</p>")

    def _sentence(self) -> str:
        self.written += 1
        return f"The answer is number {self.written:06d}."


@dataclass(frozen=True)
class Damage:
    """How the stores differ from the source, over all stores; nothing but zeros is what was promised."""

    missing: int = 0
    stale: int = 0
    foreign: int = 0
    duplicates: int = 0
    unattached: int = 0


def damage(truth: Truth) -> Damage:
    """Compare every store, and every upload, with the source."""
    stores, uploads = truth.company.openai.stores(), truth.company.openai.files()
    missing = stale = foreign = duplicates = 0
    for attached in stores.values():
        articles = Counter(int(str(attributes["document"]).split(":")[1]) for attributes in attached.values())
        text = "\n".join(uploads[file].content.decode() for file in attached if file in uploads)
        missing += len(truth.sentences.keys() - articles.keys())
        foreign += len(articles.keys() - truth.sentences.keys())
        duplicates += sum(times - 1 for times in articles.values())
        stale += sum(sentence not in text for sentence in truth.sentences.values())
    attached_somewhere = {file for attached in stores.values() for file in attached}
    return Damage(missing, stale, foreign, duplicates, len(uploads.keys() - attached_somewhere))


def timed_sync(company: Company) -> float:
    """Run a full sync to its end; return the seconds from its first request on."""
    process = _started(company)
    begun = time.monotonic()
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return time.monotonic() - begun


def killed_sync(company: Company, within: float, chance: random.Random) -> bool:
    """Kill a full sync at a random moment of the first so many seconds; False if it was done by then."""
    process = _started(company)
    try:
        process.communicate(timeout=chance.uniform(0, within))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    return False


def _started(company: Company) -> subprocess.Popen[str]:
    company.called.clear()
    process = company.start("sync", "--full")
    assert company.called.wait(STARTING), "the sync asked nothing"
    return process
