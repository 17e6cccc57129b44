"""Documents are quotations: whatever they order, a model that obeys does not get through to a customer."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.openai.state import Speech
from tests.session_api.injections import INJECTIONS, Injection
from tests.session_api.kit import Shop, shop


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    articles = {f"Parcels to {one.place}": one.document for one in INJECTIONS}
    with shop(tmp_path_factory.mktemp("poisoned"), articles=articles) as opened:
        yield opened


@pytest.mark.parametrize("injection", INJECTIONS, ids=range(len(INJECTIONS)))
def test_a_model_that_obeys_a_document_is_not_heard(poisoned: Shop, injection: Injection) -> None:
    def obedient(question: str, found: Any) -> Speech:
        assert any(injection.place in passage.text for passage in found)
        text = f"{injection.fact} {injection.obeyed}"
        return Speech(text, citations=((found[0].file, len(text)),))

    poisoned.company.openai.speak = obedient
    answered = poisoned.widget().ask(injection.question)
    poisoned.company.openai.speak = None

    assert answered.status == 200
    assert injection.obeyed not in answered.text
    assert "evil.example" not in answered.text + answered.streamed
    assert "found nothing" in answered.text or answered.text.startswith(injection.fact)


def test_what_a_document_says_beside_its_order_is_still_answered(poisoned: Shop) -> None:
    injection = INJECTIONS[0]

    answered = poisoned.widget().ask(injection.question)

    assert answered.text == injection.fact
    assert [source["title"] for source in answered.sources] == [f"Parcels to {injection.place}"]
