"""The demo's assistant: customers' questions about the sample company, through the whole service.

python -m bench.assistant [QUESTIONS.toml] [--bm25] [--all]

An answer is right where it cites one of the pages named and says every fact; an abstention where nothing is cited.
"""

import argparse
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import api_process, wiring
from cli import config as configuration
from connectors import CONNECTORS
from sandbox.company import company
from sandbox.openai.encoder import Encoder, local_encoder
from sync.operations.converge import converge
from tests import loopback
from tests.session_api.kit import Answered, Widget

QUESTIONS = Path(__file__).parents[1] / "tests/sandbox/assistant_questions.toml"
SETTINGS = """
[chat]
[widget]
rates = { visitor = 100000, address = 100000, origin = 100000, total = 100000 }
"""


@dataclass(frozen=True)
class Asked:
    """A question in its conversation. `documents` empty: nothing answers it. `facts`: patterns of an answer."""

    text: str
    before: tuple[str, ...] = ()
    documents: frozenset[str] = frozenset()
    facts: tuple[str, ...] = ()

    def is_right(self, answered: Answered) -> bool:
        cited = {str(source["title"]) for source in answered.sources}
        if not self.documents:
            return not cited
        said = all(re.search(fact, answered.text) for fact in self.facts)
        return said and not cited.isdisjoint(self.documents)


def read(path: Path = QUESTIONS) -> list[Asked]:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = [*told["answerable"], *told["unanswerable"]]
    return [
        Asked(
            row["asked"],
            tuple(row.get("before", ())),
            frozenset(row.get("documents", ())),
            tuple(row.get("facts", ())),
        )
        for row in rows
    ]


@contextmanager
def demo(folder: Path, encoder: Encoder | None) -> Iterator[Widget]:
    """The sample company, synced and served in this process; yields a widget that asks it."""
    with ExitStack() as stack:
        acme = stack.enter_context(company(folder / "vendors", encoder=encoder))
        path = folder / "answerwell.toml"
        path.write_text(acme.configuration() + SETTINGS, encoding="utf-8")
        config = configuration.load(path, {}, CONNECTORS)
        engine = stack.enter_context(wiring.running(config))
        for summary in converge(engine):
            if summary.error:
                raise SystemExit(f"the sample company does not sync: {summary.error}")
        if not acme.openai.settle(within=600):
            raise SystemExit("the vectors of the sample company are not made within ten minutes")
        app = api_process.application(config, engine.state)
        url = stack.enter_context(loopback.serve(app, lifespan="on"))
        yield Widget(stack.enter_context(loopback.client(base_url=url)), url)


def ask(widget: Widget, asked: Asked) -> Answered:
    """Ask what was asked before, then the question, in one conversation."""
    thread = None
    for text in asked.before:
        thread = widget.ask(text, thread).thread if thread is None else thread
    return widget.ask(asked.text, thread)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="?", type=Path, default=QUESTIONS)
    parser.add_argument("--bm25", action="store_true", help="By words alone, as without the extra `local`.")
    parser.add_argument("--all", action="store_true", help="Show right answers, too.")
    told = parser.parse_args()
    questions = read(told.questions)
    encoder = None if told.bm25 else local_encoder()
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), encoder) as widget:
        outcomes = [(one, ask(widget, one)) for one in questions]
    for one, answered in outcomes:
        right = one.is_right(answered)
        if told.all or not right:
            _show(one, answered, right=right)
    for name, wanted in (("answered rightly", True), ("abstained rightly", False)):
        of = [one.is_right(answered) for one, answered in outcomes if bool(one.documents) == wanted]
        print(f"{name:18} {sum(of):3} of {len(of):3}  {sum(of) / max(1, len(of)):.0%}")
    sys.stdout.flush()


def _show(asked: Asked, answered: Answered, *, right: bool) -> None:
    print(f"{'right' if right else 'WRONG'}  {' / '.join([*asked.before, asked.text])}")
    print(f"       {' '.join(answered.text.split())}")
    for source in answered.sources:
        print(f"       ↳ {source['title']}")


if __name__ == "__main__":
    main()
