"""The gate against answers of real models that three people each judged."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from answering.gate import Gate
from answering.grounding import Evidence
from answering.injection import instructions_in
from answering.sentences import Statement, cut, statements
from bench import _labelled

SHARED = Path(os.environ.get("ANSWERWELL_SHARED", Path(__file__).parents[2] / "../shared"))
LABELLED = SHARED / "labelled" / "answers.jsonl"
CORPORA = SHARED / "corpora"
FAITHFUL = 3.5
UNFAITHFUL = 2.5


def rows() -> list[dict[str, Any]]:
    if not LABELLED.exists():
        pytest.skip("labelled answers are not beside the checkout (ANSWERWELL_SHARED)")
    return [json.loads(line) for line in LABELLED.read_text().split("\n") if line]


def stands(row: dict[str, Any]) -> bool:
    evidence, gate = Evidence([one["text"] for one in row["passages"]], row["question"]), Gate(0.5)
    for one in cut(row["answer"], final=True)[0]:
        gate.take(Statement(one), evidence.support(one))
    gate.close()
    return gate.begun


@pytest.mark.corpora
def test_faithful_answers_are_shown() -> None:
    faithful = [row for row in rows() if row["kind"] == "answerable" and row["faithfulness"] >= FAITHFUL]

    withheld = [row["id"] for row in faithful if not stands(row)]

    assert len(withheld) <= 0.02 * len(faithful), withheld


@pytest.mark.corpora
def test_unfaithful_answers_are_withheld() -> None:
    unfaithful = [row for row in rows() if row["faithfulness"] < UNFAITHFUL]

    shown = [row["id"] for row in unfaithful if stands(row)]

    assert len(shown) <= 0.25 * len(unfaithful), shown


@pytest.mark.corpora
def test_help_text_is_not_taken_for_orders_to_a_model() -> None:
    if not CORPORA.exists():
        pytest.skip("real help-center text is not beside the checkout (ANSWERWELL_SHARED)")
    for corpus in sorted(CORPORA.glob("*/corpus.jsonl")):
        documents = [json.loads(line) for line in corpus.read_text().split("\n") if line]
        suspected = [
            one["_id"] for one in documents if any(instructions_in(statement) for statement in statements(one["text"]))
        ]
        assert len(suspected) <= 0.003 * len(documents), (corpus.parent.name, suspected)


PAGE = "Send it back within 60 days of delivery. We pay the postage of every parcel."


@pytest.mark.parametrize(
    ("answer", "faithfulness", "line"),
    [
        ("Send it back within 60 days of delivery.", 4.0, r"all +1 +0\.0% +0\.0% +0 +- +0 +-"),
        ("Send it back within 90 days of delivery.", 4.0, r"all +1 +100\.0% +0\.0% +0 +- +0 +-"),
        ("Send it back within 60 days of delivery. Our shop in Oslo opens at noon.", 4.0, r"all +1 +0\.0% +100\.0% "),
        ("Send it back within 60 days of delivery.", 1.0, r"all +0 +- +- +0 +- +1 +100\.0%"),
        ("Our shop in Oslo opens at noon on Sundays.", 3.0, r"all +0 +- +- +1 +100\.0% +0 +-"),
    ],
)
def test_the_bench_counts_what_readers_see_of_a_labelled_answer(
    tmp_path: Path, answer: str, faithfulness: float, line: str
) -> None:
    row = {"kind": "answerable", "model": "m", "question": "?", "passages": [{"text": PAGE}], "answer": answer}
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({**row, "faithfulness": faithfulness}) + "\n", encoding="utf-8")

    assert any(re.match(line, told) for told in _labelled.report(path))


def test_the_bench_says_why_it_skips_labelled_answers(tmp_path: Path) -> None:
    assert [*_labelled.report(tmp_path / "none.jsonl")] == [
        f"skipped: no {tmp_path / 'none.jsonl'} (set ANSWERWELL_SHARED to the folder that holds labelled/)"
    ]
