"""Pairs of question and answer: of the sample company, and of what is odd."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk import pairs, report
from helpdesk.model import Author, Conversation, ConversationId, Mark, Message
from helpdesk.pairs import Pair, Unusable
from sandbox.sample_conversations import SampleConversation, conversations
from sync.state.database import State
from tests.connectors.test_zendesk_helpdesk import ZendeskDeskWorld
from tests.helpdesk.desks import kept, opened, read

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
ODD = {
    "merged": Unusable.MERGED,
    "follow_up": Unusable.FOLLOW_UP,
    "redacted": Unusable.REDACTED,
    "picture": Unusable.ONLY_FILES,
    "macro": Unusable.ONLY_A_MACRO,
    "unanswered": Unusable.NO_HUMAN_REPLY,
    "bot_only": Unusable.NO_HUMAN_REPLY,
}


@pytest.fixture(scope="module")
def company() -> tuple[State, dict[str, SampleConversation]]:
    """The sample company's history, and what was written of each conversation in it."""
    world = ZendeskDeskWorld()
    world.sandbox.world.export_size = 1000
    ids = world.load(list(conversations()))
    world.later()
    state = opened(world)
    read(state, kept(world, days=400))
    return state, {ids[one.key]: one for one in conversations()}


def test_nine_of_ten_sample_conversations_are_usable_and_the_others_say_why(
    company: tuple[State, dict[str, SampleConversation]],
) -> None:
    state, written = company

    for _, one, found in pairs.read(state):
        sample = written[str(one.id)]
        if sample.special in ODD:
            assert found is ODD[sample.special], sample
        else:
            assert isinstance(found, Pair), (sample, found)
            assert found.language == sample.language
    figures = report.report(state)
    assert (figures.conversations, figures.usable) == (300, 300 - sum(one.special in ODD for one in written.values()))
    assert sum(figures.unusable.values()) == figures.conversations - figures.usable
    assert set(figures.languages) == {"en", "de"}


def test_thirty_pairs_hold_the_question_and_the_answer_and_nothing_else(
    company: tuple[State, dict[str, SampleConversation]],
) -> None:
    state, written = company

    for pair in list(pairs.usable(state))[::9][:30]:
        sample = written[str(pair.conversation)]
        asked = next(message.text for message in sample.messages if message.author == "customer" and message.text)
        answered = next(message.text for message in sample.messages if message.author == "agent")
        core = next(line for line in asked.split("\n") if "?" in line or len(line) > 40).removeprefix("hey ")[:20]
        assert core.removeprefix("hi, ") in pair.question or "[" in pair.question
        assert answered.split("\n\n")[1][:25] in pair.answer or "[" in pair.answer
        for foreign in ("Tel.", "iPhone", "wrote:", "schrieb", sample.customer, sample.mail, "received your request"):
            assert foreign not in pair.question + pair.answer


def message(author: Author, minute: int, text: str, *, files: int = 0, public: bool = True) -> Message:
    return Message(f"m{minute}", author, public, START + timedelta(minutes=minute), text, files)


def conversation(*messages: Message, **changed: object) -> Conversation:
    plain = Conversation(
        ConversationId("1"), "s", messages, "solved", (), "", "en", START, START + timedelta(days=1), None, "u"
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of it


EMPTY = message(Author.CUSTOMER, 0, "")
MORE, LATER = message(Author.CUSTOMER, 9, "Order of May."), message(Author.CUSTOMER, 20, "Hello?")
ASK, ANSWER = message(Author.CUSTOMER, 0, "Where is it?"), message(Author.AGENT, 60, "On its way.")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (conversation(ASK, ANSWER), ("Where is it?", "On its way.")),
        (conversation(EMPTY, replace(ASK, at=START + timedelta(minutes=30)), ANSWER), ("Where is it?", "On its way.")),
        (conversation(ASK, MORE, LATER, ANSWER), ("Where is it?\n\nOrder of May.", "On its way.")),
        (conversation(ASK, message(Author.BOT, 1, "Received."), ANSWER), ("Where is it?", "On its way.")),
        (conversation(ASK, message(Author.AGENT, 5, "", public=False), ANSWER), ("Where is it?", "On its way.")),
        (conversation(ASK, message(Author.AGENT, 5, "Restart it, please."), ANSWER), ("Where is it?", "On its way.")),
        (conversation(message(Author.AGENT, -5, "We call you."), ASK), Unusable.NO_HUMAN_REPLY),
        (conversation(ANSWER), Unusable.NO_QUESTION),
        (conversation(), Unusable.NO_QUESTION),
        (conversation(ASK, message(Author.AGENT, 5, "Restart it... please!")), Unusable.ONLY_A_MACRO),
        (conversation(ASK, ANSWER, language=""), Unusable.LANGUAGE_UNKNOWN),
        (conversation(ASK, ANSWER, marks=frozenset({Mark.SPAM, Mark.MERGED})), Unusable.SPAM),
        (conversation(ASK, ANSWER, marks=frozenset({Mark.VOICE})), Unusable.VOICE),
    ],
)  # fmt: skip
def test_what_is_question_and_what_is_answer(one: Conversation, expected: Unusable | tuple[str, str]) -> None:
    found = pairs.pair_of("s", one, {"restart it please"})

    assert (found.question, found.answer) == expected if isinstance(found, Pair) else found is expected
