"""Three hundred solved conversations of the sample company: what its customers asked, and how people answered.

No vendor's words: each fake loads them as its vendor would hold them. The same on every day, told by how long ago.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from typing import Literal

from sandbox.sample_conversation_texts import (
    GREETINGS,
    IBANS,
    MACROS,
    NAMES,
    NOTES,
    PHONES,
    QUOTES,
    RECEIVED,
    SIGNATURES,
    THANKS,
    TOPICS,
    Kind,
    Language,
    Topic,
)

COUNT = 300
LEFT_AGENT = "Rita Former"
"""An agent who left the company: today she is no agent at the desk any more."""
AGENTS = ("Sam Agent", "Dana Kim", LEFT_AGENT)
DAY = 24 * 60
Special = Literal["", "picture", "empty", "macro", "merged", "follow_up", "unanswered", "bot_only", "redacted"]
SPECIALS: dict[int, Special] = {
    11: "picture",
    23: "empty",
    31: "macro",
    36: "macro",
    62: "macro",
    74: "macro",
    88: "macro",
    41: "merged",
    53: "follow_up",
    67: "unanswered",
    79: "bot_only",
    97: "redacted",
}
"""By the remainder of a conversation's number by a hundred, what is odd about it."""


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One message, `after` minutes after the first. `by`: the agent's name, '' for the customer and bots."""

    author: Literal["customer", "agent", "bot", "note"]
    after: int
    public: bool
    text: str
    by: str = ""
    pictures: int = 0
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class SampleConversation:
    """One solved conversation. `solved`: minutes ago; it began as long before as its last message took.

    `special`: what is odd about it, '' for most. `merged` ones went into `about`, a `follow_up` continues it.
    """

    key: str
    subject: str
    language: Language
    customer: str
    mail: str
    messages: tuple[SampleMessage, ...]
    tags: tuple[str, ...]
    group: str
    solved: int
    kind: Kind
    satisfaction: Literal["good", "bad", ""] = ""
    special: Special = ""
    about: str = ""

    @property
    def began(self) -> int:
        """How many minutes ago the first message came."""
        return self.solved + self.messages[-1].after


@cache
def conversations() -> tuple[SampleConversation, ...]:
    """Return all of them, the oldest first."""
    return tuple(_conversation(number, topic) for number, topic in enumerate(islice(cycle(TOPICS), COUNT)))


def _conversation(number: int, topic: Topic) -> SampleConversation:
    names = NAMES[topic.language]
    name = names[(number // 3) % len(names)]
    special = SPECIALS.get(number % 100, "")
    mail = f"{name.lower().replace(' ', '.').replace('ä', 'ae')}@customer.test"
    plain = SampleConversation(
        key=f"c{number:03d}",
        subject=topic.subject,
        language=topic.language,
        customer=name,
        mail=mail,
        messages=_messages(number, topic, name),
        tags=(topic.key, *(("vip",) if number % 29 == 0 else ())),
        group=topic.group,
        solved=(COUNT - number) * DAY * 2 // 3 + 90,
        kind=topic.kind,
        satisfaction="good" if number % 5 == 0 else "bad" if number % 17 == 3 else "",
    )
    return _ODD[special](plain) if special else plain


def _messages(number: int, topic: Topic, name: str) -> tuple[SampleMessage, ...]:
    language = topic.language
    known = {
        "order": f"AC-{20400 + number}",
        "phone": PHONES[number % len(PHONES)],
        "iban": IBANS[number % len(IBANS)],
        "name": name,
    }
    turn = number // len(TOPICS)
    question = topic.questions[turn % len(topic.questions)].format(**known)
    greeting = GREETINGS[language][number % len(GREETINGS[language])]
    signature = SIGNATURES[language][number % len(SIGNATURES[language])].format(**known)
    answer = topic.answers[turn % len(topic.answers)].format(**known)
    agent = AGENTS[number % len(AGENTS)]
    first = name.split(maxsplit=1)[0]
    hello = f"Hello {first},\n\n" if language == "en" else f"Guten Tag {name},\n\n"
    found = [SampleMessage("customer", 0, True, f"{greeting}{question}{signature}")]
    if number % 4 == 1:
        found.append(SampleMessage("bot", 1, True, RECEIVED[language]))
    if number % 3 == 0 or agent == LEFT_AGENT:
        found.append(SampleMessage("note", 25, False, NOTES[number % len(NOTES)], agent))
    found.append(SampleMessage("agent", 40 + number % 300, True, f"{hello}{answer}\n\n{agent}\nAcme Support", agent))
    if number % 2 == 0:
        thanks = THANKS[language][number % len(THANKS[language])]
        quoted = QUOTES[language].format(quoted=answer) if number % 6 == 0 else ""
        found.append(SampleMessage("customer", 400 + number, True, thanks + quoted))
    return tuple(found)


def _picture(plain: SampleConversation) -> SampleConversation:
    first = replace(plain.messages[0], text="", pictures=1)
    return replace(plain, special="picture", messages=(first, *plain.messages[1:]))


def _empty(plain: SampleConversation) -> SampleConversation:
    """The first mail carries nothing, the second one the question."""
    first = plain.messages[0]
    asked = replace(first, after=4)
    return replace(plain, special="empty", messages=(replace(first, text=""), asked, *plain.messages[1:]))


def _macro(plain: SampleConversation) -> SampleConversation:
    answered = next(message for message in plain.messages if message.author == "agent")
    ready_made = replace(answered, text=MACROS[plain.language])
    return replace(plain, special="macro", messages=(plain.messages[0], ready_made))


def _merged(plain: SampleConversation) -> SampleConversation:
    note = SampleMessage("agent", 30, True, "This request was closed and merged into another one.", AGENTS[0])
    return replace(plain, special="merged", about=_before(plain), messages=(plain.messages[0], note))


def _follow_up(plain: SampleConversation) -> SampleConversation:
    return replace(plain, special="follow_up", about=_before(plain))


def _unanswered(plain: SampleConversation) -> SampleConversation:
    return replace(plain, special="unanswered", messages=plain.messages[:1])


def _bot_only(plain: SampleConversation) -> SampleConversation:
    said = SampleMessage("bot", 1, True, RECEIVED[plain.language])
    return replace(plain, special="bot_only", messages=(plain.messages[0], said))


def _redacted(plain: SampleConversation) -> SampleConversation:
    first = replace(plain.messages[0], redacted=True)
    return replace(plain, special="redacted", messages=(first, *plain.messages[1:]))


def _before(plain: SampleConversation) -> str:
    return f"c{int(plain.key[1:]) - 1:03d}"


_ODD: dict[Special, Callable[[SampleConversation], SampleConversation]] = {
    "picture": _picture,
    "empty": _empty,
    "macro": _macro,
    "merged": _merged,
    "follow_up": _follow_up,
    "unanswered": _unanswered,
    "bot_only": _bot_only,
    "redacted": _redacted,
}
