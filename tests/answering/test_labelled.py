"""The gate against answers of real models that three people each judged."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from answering.gate import Gate
from answering.grounding import Evidence
from answering.injection import instructions_in
from answering.sentences import Statement, cut, statements

SHARED = Path(os.environ.get("ANSWERWELL_SHARED", Path(__file__).parents[2] / "../shared"))
LABELLED = SHARED / "labelled" / "answers.jsonl"
CORPORA = SHARED / "corpora"
FAITHFUL = 3.5
UNFAITHFUL = 2.5

pytestmark = pytest.mark.corpora


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


def test_faithful_answers_are_shown() -> None:
    faithful = [row for row in rows() if row["kind"] == "answerable" and row["faithfulness"] >= FAITHFUL]

    withheld = [row["id"] for row in faithful if not stands(row)]

    assert len(withheld) <= 0.02 * len(faithful), withheld


def test_unfaithful_answers_are_withheld() -> None:
    unfaithful = [row for row in rows() if row["faithfulness"] < UNFAITHFUL]

    shown = [row["id"] for row in unfaithful if stands(row)]

    assert len(shown) <= 0.25 * len(unfaithful), shown


def test_help_text_is_not_taken_for_orders_to_a_model() -> None:
    if not CORPORA.exists():
        pytest.skip("real help-center text is not beside the checkout (ANSWERWELL_SHARED)")
    for corpus in sorted(CORPORA.glob("*/corpus.jsonl")):
        documents = [json.loads(line) for line in corpus.read_text().split("\n") if line]
        suspected = [
            one["_id"] for one in documents if any(instructions_in(statement) for statement in statements(one["text"]))
        ]
        assert len(suspected) <= 0.003 * len(documents), (corpus.parent.name, suspected)
