"""A model may send anything: whatever it is, a reader sees only what the passages say, and the answer ends."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from answering.answers import MAX_CHARACTERS_A_TOKEN, AnswerStream
from answering.events import AnswerEvent, AnswerOutcome, Done, Text
from answering.instructions import instructions
from answering.localized_texts import PHRASES
from answering.model import ModelEvent, TextDelta, Usage
from answering.settings import AnsweringSettings
from sync.state.database import State
from tests.answering.test_answers import FACTS, Scripted, answering, asked, found
from tests.awaiting import awaited

NOISE = random.Random(7)
MEGABYTE = 1_000_000
PRICED = AnsweringSettings(price_input=1, price_output=4, check_model="")
BAD = {
    "characters at random": "".join(chr(NOISE.randrange(1, 0xD7FF)) for _ in range(3000)),
    "what a decoder could not read": "\ufffd\x00\x1b[2J\u202e" * 200,
    "half a JSON": '{"answer": "We pa' + "[" * 500,
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "nothing": "",
    "white space": " \n\t\u200b\n " * 50,
    "its prompt": instructions(""),
    "an operator's own words in it": instructions("You answer customers of Acme. The discount code is SUMMER99."),
    "another visitor's question": "Anna Schmidt, Lindenstr. 5, asks why order 4711-B went to anna.schmidt@example.com.",
    "another visitor's answer": "Your refund of 83.20 euros for the blue tent went to the account ending in 1881.",
    "a megabyte without a full stop": "lorem ipsum dolor " * (MEGABYTE // 18),
    "a megabyte of one word": "a" * MEGABYTE,
    "a megabyte of lines": "x\n" * (MEGABYTE // 2),
    "a megabyte of citation marks": "【1】" * (MEGABYTE // 3),
}


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    with closing(State.open("sqlite://")) as opened:
        yield opened


def answered(state: State, *events: ModelEvent) -> tuple[AnswerStream, Sequence[AnswerEvent]]:
    stream = answering(state, Scripted(*events), PRICED).answer(asked())

    async def read() -> list[AnswerEvent]:
        return [event async for event in stream.events()]

    return stream, awaited(read())


@pytest.mark.parametrize("said", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("piece", [MEGABYTE, 4096], ids=["at once", "in pieces"])
def test_nothing_of_it_is_shown_and_it_is_paid_for(state: State, said: str, piece: int) -> None:
    deltas = [TextDelta(said[at : at + piece]) for at in range(0, len(said), piece)]

    stream, events = answered(state, found(state, FACTS), *deltas)

    assert not [event for event in events if isinstance(event, Text)]
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.outcome, bool(done.rule), done.citations) == (AnswerOutcome.ABSTAINED, True, ())
    assert "SUMMER99" not in done.text
    assert "anna" not in done.text.casefold()
    assert stream.cost.micro_usd > 0


@pytest.mark.parametrize("piece", [MEGABYTE, 5000, PRICED.longest_answer * MAX_CHARACTERS_A_TOKEN + 1])
def test_of_a_megabyte_of_what_the_passages_say_no_more_is_shown_than_may_be(state: State, piece: int) -> None:
    said = "We pay for the parcel. " * (MEGABYTE // 23)
    told = [TextDelta(said[at : at + piece]) for at in range(0, len(said), piece)]

    _, events = answered(state, found(state, FACTS), *told, Usage(10, 10))

    done = events[-1]
    assert isinstance(done, Done)
    assert done.outcome == AnswerOutcome.ANSWERED
    assert len(done.text) <= PRICED.longest_answer * MAX_CHARACTERS_A_TOKEN + len(PHRASES["en"].cut_short) + 2
    assert done.text.endswith(PHRASES["en"].cut_short)
