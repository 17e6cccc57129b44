"""The promotion gate: a rebuilt store that loses a saved question's document is not switched to by itself."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sync.errors import Held, Misconfigured
from sync.operations import commands, requests, saved_questions
from sync.operations.evaluation import RankedQuestion, compare, recall
from sync.state import queries
from tests.sync.world import INDEXES, Installation, installed

QUESTIONS = """
- question: what says body 1
  documents: ["https://help.test/d01/"]
- question: what says body 3
  documents: ["s:d03", "s:d04"]
- question: what nobody wrote
  answerable: false
"""


def measured(tmp_path: Path, text: str = QUESTIONS, *, least_recall: float | None = None) -> Installation:
    """An installation whose public index is measured on a file of questions."""
    file = tmp_path / "questions.yaml"
    file.write_text(text)
    made = installed()
    made.configure(replace(INDEXES[0], questions=file, least_recall=least_recall), INDEXES[1])
    return made


def lose(made: Installation, name: str) -> None:
    """Take a document's file out of the store that is being built, behind everybody's back."""
    building = queries.building(made.state, "public")
    assert building is not None
    [row] = made.state.ask(
        """SELECT e.file FROM entries e JOIN documents d ON d.id = e.document
           WHERE d.external_id = :name AND e.generation = :g""",
        name=name,
        g=building.id,
    )
    made.memory.detach(building.store, row.file)


def rebuilt(made: Installation) -> int:
    request = requests.begin_reindex(made.engine, "public", "ada")
    made.turn()
    return request


def live(made: Installation) -> int:
    found = queries.active(made.state, "public")
    assert found is not None
    return found.id


def test_a_store_that_finds_everything_is_promoted_and_the_measures_are_kept(tmp_path: Path) -> None:
    made = measured(tmp_path)
    before = live(made)
    request = rebuilt(made)

    assert requests.switch(made.engine, request) == ""

    [kept] = queries.evaluations(made.state, "public", 10)
    report = json.loads(kept.report)
    assert live(made) == kept.generation != before
    assert (report["after"]["questions"], report["after"]["at_10"]) == (2, 1.0)
    assert report["comparison"] == {"gained": [], "lost": [], "moved": []}


def test_a_store_that_lost_a_document_stays_beside_the_live_one_until_an_operator_promotes_it(tmp_path: Path) -> None:
    made = measured(tmp_path)
    before, request = live(made), rebuilt(made)
    lose(made, "d01")

    refused = requests.switch(made.engine, request)

    assert '"what says body 1" (line 2' in refused
    assert "answerwell promote public" in refused
    assert live(made) == before
    assert queries.request(made.state, request).error == refused
    commands.promote(made.engine, "public", who="ada")
    assert live(made) != before


def test_a_command_that_rebuilds_says_what_was_lost(tmp_path: Path) -> None:
    made = measured(tmp_path)
    requests.begin_reindex(made.engine, "public", "ada")
    made.turn()
    lose(made, "d01")

    with pytest.raises(Held, match="what says body 1"):
        commands.rebuild(made.engine, ["public"])


def test_another_document_of_the_question_is_enough(tmp_path: Path) -> None:
    made = measured(tmp_path)
    request = rebuilt(made)
    lose(made, "d03")

    assert requests.switch(made.engine, request) == ""


def test_least_recall_stops_it_too(tmp_path: Path) -> None:
    made = measured(tmp_path, '- {question: what says the body, documents: ["s:d99"]}\n' + QUESTIONS, least_recall=1.0)
    assert requests.switch(made.engine, rebuilt(made)) == ""  # what is not known is not measured

    made = measured(tmp_path, '- {question: zebra, documents: ["s:d01"]}\n' + QUESTIONS, least_recall=0.9)
    assert "recall@5 of the new store is 0.67" in requests.switch(made.engine, rebuilt(made))


def test_a_file_that_cannot_be_read_stops_it_and_says_the_fix(tmp_path: Path) -> None:
    made = measured(tmp_path, "- question: [")

    refused = requests.switch(made.engine, rebuilt(made))

    assert "questions.yaml" in refused
    assert "documents: [address or source:id]" in refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no list"),
        ("{}", "holds no list"),
        ("[]", "holds no list"),
        ("- 7", "line 1: is no question"),
        ("- documents: []", "line 1: question"),
        ("- question: a\n- question: b\n  speed: 1", "line 2: speed"),
        ("- question: a\n  documents: 7", "line 1: documents"),
        ("- question: ''", "line 1: question"),
        ("\t- :", "is no YAML"),
    ],
)
def test_each_mistake_in_the_file_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        saved_questions.parse(text, "questions.yaml")


def test_a_document_that_is_not_known_is_named_with_where_and_what_is_like_it() -> None:
    made = installed()
    text = "- question: a\n  documents: ['https://help.test/d001', 's:d02']\n- question: b\n  documents: ['x:y']"

    known, unknown = saved_questions.resolve(made.state, saved_questions.parse(text, "q.yaml"))

    assert list(known) == ["s:d02"]
    assert [(one.line, one.document) for one in unknown] == [(1, "https://help.test/d001"), (3, "x:y")]
    assert 'did you mean "https://help.test/d01"' in str(unknown[0])
    assert "sync its source" in str(unknown[1])


def test_ranks_are_summed_up_and_compared() -> None:
    def ranked(*ranks: int | None) -> list[RankedQuestion]:
        return [RankedQuestion(f"q{n}", n, rank, []) for n, rank in enumerate(ranks)]

    summed = recall(ranked(1, 4, 10, None))
    changes = compare(ranked(1, None, 3, None, 2), ranked(1, 2, None, None, 5))

    assert (summed.at_1, summed.at_5, summed.at_10, summed.mrr) == (0.25, 0.5, 0.75, 0.3375)
    assert [[one.question for one in kind] for kind in (changes.gained, changes.lost, changes.moved)] == [
        ["q1"],
        ["q2"],
        ["q4"],
    ]
    assert recall([]).at_5 == 0.0
