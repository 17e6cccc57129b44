"""Replies: what is said without a search: to small talk, to a wish for a person, and where nothing was found."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from answering.events import AnswerOutcome, Citation, CitedPage, Done
from answering.intents import Intent, understand
from answering.localized_texts import PHRASES, Phrases
from answering.question import Question
from answering.rules import Rule
from answering.sentences import statements
from answering.state.verified import VerifiedAnswer

MAX_NEAREST = 3  # pages that an abstention names
MAX_SHORT_LENGTH = 240


def without_search(question: Question, hand_off: str, contact: str) -> Done | None:
    """Return the reply to what help pages cannot answer; None for a question."""
    understood = understand(question.text)
    language = understood.language or question.spoken
    said = PHRASES[language]
    before = last_answer(question)
    if understood.intent is Intent.QUESTION or (understood.intent is Intent.VAGUE and before in _asked_back()):
        return None
    if understood.intent is Intent.PERSON:
        text = f"{said.person} {way_to_a_person(said, hand_off, contact)}"
        return Done(text, AnswerOutcome.HANDED_OFF, Intent.PERSON, offers_person=True)
    outcome = AnswerOutcome.CLARIFIED if understood.intent is Intent.VAGUE else AnswerOutcome.GREETED
    return Done(_small_talk(understood.intent, said, before), outcome, understood.intent)


def abstention(said: Phrases, person: str, nearest: Sequence[CitedPage]) -> str:
    """Say honestly that nothing was found, which pages come closest, and where a person is."""
    linked = [f"- [{_title(page)}]({page.link})" for page in nearest if page.link][:MAX_NEAREST]
    pages = [f"{said.nearest}\n" + "\n".join(linked)] if linked else []
    return "\n\n".join([said.nothing, *pages, person])


def verified(said: Phrases, answer: VerifiedAnswer) -> Done:
    """Return a person's answer, cited as verified: from the pages that it rests on, or from itself."""
    confirmed = datetime.fromtimestamp(answer.confirmed_at, UTC)
    day = said.verified.format(day=confirmed.date().isoformat())
    file = f"verified-{answer.id}"
    pages = [CitedPage(file, one.title, one.url, confirmed) for one in answer.sources]
    cited = pages or [CitedPage(file, answer.question, "", confirmed)]
    citations = tuple(Citation(page, len(answer.answer), day) for page in cited)
    return Done(answer.answer, AnswerOutcome.ANSWERED, citations=citations, rule=Rule.VERIFIED)


def way_to_a_person(said: Phrases, hand_off: str, contact: str) -> str:
    """Return the operator's own words; else the contact that the page shows; else that there is somebody."""
    return hand_off or (said.contact.format(contact=contact) if contact else said.hand_off)


def _small_talk(intent: Intent, said: Phrases, before: str) -> str:
    told = {
        Intent.THANKS: said.thanks,
        Intent.CLOSING: said.thanks,
        Intent.GOODBYE: said.goodbye,
        Intent.IDENTITY: said.identity,
        Intent.CAPABILITIES: said.capabilities,
        Intent.INSULT: said.calm,
        Intent.VAGUE: said.vague,
        Intent.REPEAT: before or said.nothing_said,
        Intent.SHORTER: _shortened(before) or said.nothing_said,
    }
    return told.get(intent, said.greeting)


def last_answer(question: Question) -> str:
    """Return what was answered before the question; "" where nothing was."""
    return next((text for role, text in reversed(question.history) if role == "assistant"), "")


def _asked_back() -> set[str]:
    return {said.vague for said in PHRASES.values()}


def _shortened(text: str) -> str:
    """Return the first statements of an answer, as many as are short."""
    short = ""
    for statement in statements(text):
        if short and len(short) + len(statement) > MAX_SHORT_LENGTH:
            break
        short = f"{short} {statement}".strip()
    return short


def _title(page: CitedPage) -> str:
    return re.sub(r"[\[\]<>*_`|\\]", "", page.title) or page.link
