"""How customers are answered and who may ask: the part of the configuration that the session API works by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

DEFAULT_MODEL = "gpt-6-luna"
"""What OpenAI names as the successor of its small models; no end is announced for it."""

Maskable = Literal["email", "phone", "card"]
Primitive = str | int | float | bool


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens, and for a thousand file searches."""

    read: float = 0.0
    written: float = 0.0
    searches: float = 2.5


@dataclass(frozen=True)
class Rates:
    """How many calls a minute are taken from whom."""

    visitor: int = 30
    address: int = 120
    origin: int = 1200
    total: int = 3000


@dataclass(frozen=True)
class Hosted:
    """An Agent Builder workflow at OpenAI; everything here comes from the server's side only."""

    workflow: str
    version: str | None = None
    state_variables: Mapping[str, Primitive] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatSettings:
    """How questions are answered.

    `hosted` None: we answer ourselves. `workflow` None: by our own agent. `min_score`: what a passage must score to
    count. `grounding`: how much of an answer its passages must say; 0 checks nothing. `daily_usd` None: no stop.
    """

    index: str = "public"
    model: str = DEFAULT_MODEL
    instructions: str = ""
    api: Literal["responses", "chat_completions"] = "responses"
    hosted: Hosted | None = None
    workflow: str | None = None
    search_unmanaged: bool = False
    passages: int = 8
    min_score: float = 0.2
    grounding: float = 0.5
    hand_off: str = ""
    retention: timedelta = timedelta(days=90)
    mask: frozenset[Maskable] = frozenset()
    moderation: bool = False
    daily_usd: float | None = None
    prices: Prices = Prices()
    longest_question: int = 4000
    longest_answer: int = 1200
    answer_within: timedelta = timedelta(seconds=90)


@dataclass(frozen=True)
class EdgeSettings:
    """Where the widget may be embedded, and who is behind it.

    `identity_keys`: by key id, a shared secret or a public key in PEM. `own_origins`: where this server itself is
    reached. `trusted_proxies`: addresses or networks whose `X-Forwarded-For` is believed.
    """

    origins: tuple[str, ...] = ()
    own_origins: tuple[str, ...] = ()
    public_url: str | None = None
    allow_null_origin: bool = False
    domain_key: str | None = None
    identity_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    identity_audience: str = "answerwell"
    require_identity: bool = False
    trusted_proxies: tuple[str, ...] = ()
    rates: Rates = Rates()
