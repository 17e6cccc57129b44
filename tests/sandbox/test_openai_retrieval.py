import os
from pathlib import Path
from statistics import mean

import pytest

from bench import retrieval
from tests.sandbox.openai_kit import sandbox

CORPORA = Path(os.environ.get("ANSWERWELL_CORPORA", Path(__file__).parents[2] / "../shared/corpora"))


@pytest.mark.corpora
def test_search_finds_the_article_for_most_questions_about_a_real_product() -> None:
    folder = CORPORA / "faqlink_plausible"
    if not folder.exists():
        pytest.skip(f"no {folder}: set ANSWERWELL_CORPORA to the folder with real texts")
    corpus = retrieval.load(folder)

    with sandbox() as (_, client):
        store, files = retrieval.publish(client, corpus.articles)
        found = {key: retrieval.ask(client, store, files, text) for key, text in corpus.questions.items()}

    assert mean(retrieval.recall(found[key], corpus.answers[key]) for key in found) >= 0.60
