"""Workflows exported from Agent Builder run as they were downloaded, over the store that is live."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.openai.state import Speech
from tests.session_api.kit import CHAT, Shop, shop

EXPORT = Path(__file__).parents[2] / "docs" / "examples" / "exported_workflow.py"
ANSWER = "We pay for the parcel."


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("exported")
    shutil.copy(EXPORT, folder / "my_exported_workflow.py")
    text = CHAT.replace('model = "quoting"\n', 'workflow = "my_exported_workflow:run_workflow"\n')
    with shop(folder, text) as opened:
        yield opened


def test_an_export_answers_from_the_live_store_with_citations(exported: Shop) -> None:
    answered = exported.widget().ask("Who pays for the parcel?")

    assert answered.text == ANSWER
    assert [source["title"] for source in answered.sources] == ["Returns"]
    assert answered.sources[0]["type"] == "url"
    notes = answered.message["content"][0]["annotations"]
    assert [note["index"] for note in notes] == [len(ANSWER)]


def test_an_export_that_finds_nothing_abstains(exported: Shop) -> None:
    answered = exported.widget().ask("Which planet is the largest of all?")

    assert "found nothing" in answered.text


def test_an_export_may_answer_without_a_search(exported: Shop) -> None:
    exported.company.openai.speak = lambda question, found: Speech("bicycle")
    answered = exported.widget().ask("What about two wheels?")
    exported.company.openai.speak = None

    assert answered.text == "We only talk about parcels here."


def test_an_export_hears_what_was_said_before(exported: Shop) -> None:
    """It only ever builds its history from the last message: the rest is put in front of it."""
    widget = exported.widget()
    first = widget.ask("Who pays for the parcel?")
    widget.ask("I forgot my password", first.thread)

    triage, support = list(exported.company.openai.asked)[-2:]

    for body in (triage, support):
        assert [one["role"] for one in body["input"]] == ["user", "assistant", "user"]
        assert body["store"] is False
    assert support["tools"][0]["vector_store_ids"] != ["vs_0123456789abcdef0123456789abcdef"]


def test_what_an_export_costs_is_counted_over_all_its_agents(exported: Shop) -> None:
    answered = exported.widget().ask("Who pays for the parcel?")

    [record] = [row for row in exported.rows("chat_questions") if row.thread == answered.thread]
    assert record.micro_usd == 2500
    assert record.tokens_read > 40
    assert json.loads(record.sources)[0]["title"] == "Returns"


MODULES = {
    "takes_text": "async def run_workflow(text):\n    return text + '!'\n",
    "takes_dict": "async def run_workflow(given: dict):\n    return {'output_text': given['input_as_text']}\n",
    "takes_context": (
        "async def run_workflow(text, context):\n"
        "    return f'{context.vector_store_ids[0][:3]} {len(context.history)} {sorted(context.filters)}'\n"
    ),
    "raises": "async def run_workflow(text):\n    return 1 / 0\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modules")
    for name, code in MODULES.items():
        (path / f"workflow_that_{name}.py").write_text(code)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("takes_text", "What is new?!"),
        ("takes_dict", "What is new?"),
        ("takes_context", "vs_ 1 ['audience', 'managed_by']"),
    ],
)
def test_a_workflow_is_called_as_it_wants_to_be(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, name: str, said: str
) -> None:
    text = CHAT.replace('model = "quoting"\n', f'workflow = "workflow_that_{name}:run_workflow"\n')
    place = tmp_path_factory.mktemp(name)
    shutil.copy(folder / f"workflow_that_{name}.py", place)
    with shop(place, text, articles={"A": "B is after A in the alphabet."}) as opened:
        assert opened.widget().ask("What is new?").text == said


def test_a_workflow_that_fails_is_told_politely(tmp_path: Path, folder: Path) -> None:
    shutil.copy(folder / "workflow_that_raises.py", tmp_path)
    text = CHAT.replace('model = "quoting"\n', 'workflow = "workflow_that_raises:run_workflow"\n')
    with shop(tmp_path, text, articles={"A": "B is after A in the alphabet."}) as opened:
        answered = opened.widget().ask("What is new?")
        [error] = answered.of("error")
        [record] = opened.rows("chat_questions")

    assert "ZeroDivision" not in json.dumps(answered.events)
    assert error["allow_retry"]
    assert (record.outcome, record.reason) == ("error", "workflow_failed")
