"""Settings: what `[chat]` says about how questions are answered."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from answering.links import link_host
from answering.model import Usage
from sync.setting_types import Duration, Section, Text

DEFAULT_MODEL = "gpt-6-luna"
"""What OpenAI names as the successor of its small models; no end is announced for it."""

SEARCH_USD = 2.5e-3  # what OpenAI takes for one file search

PASSAGE_TOKENS = 1000  # a passage of a store's usual size, and its share of the conversation

Maskable = Literal["email", "phone", "card"]


def _workflow(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", text):
        raise ValueError('is not a function; write "module:function", such as "my_agent:run_workflow"')
    return text


class AnsweringSettings(Section):
    """The part of `[chat]` that answering reads.

    `workflow` None: our own agent answers. `min_score`: what a passage must score to count. `grounding`: how much of an
    answer its passages must say; 0 checks nothing. `stream`: "sentence" shows a statement once it is supported, "token"
    shows everything as it comes. `check_model` is asked about statements that words leave in doubt: None is `model`, ""
    asks nobody. `link_hosts`: where an answer may link to besides the pages it cites; None: the sources' own hosts and
    the company's. Prices are US dollars for a million tokens; None: not counted.
    """

    model: Text = DEFAULT_MODEL
    instructions: str = ""
    workflow: Annotated[str, AfterValidator(_workflow)] | None = None
    api: Literal["responses", "chat_completions"] = "responses"
    passages: int = Field(default=8, ge=1, le=50)
    min_score: float = Field(default=0.2, ge=0, le=1)
    grounding: float = Field(default=0.5, ge=0, le=1)
    stream: Literal["sentence", "token"] = "sentence"
    check_model: Text | Literal[""] | None = None
    hand_off: str = ""
    link_hosts: tuple[Annotated[str, AfterValidator(link_host)], ...] | None = None
    price_input: float | None = Field(default=None, ge=0)
    price_output: float | None = Field(default=None, ge=0)
    longest_answer: int = Field(default=1200, ge=64)
    answer_within: Duration = timedelta(seconds=90)

    @property
    def checking_model(self) -> str:
        """The model that takes the second look; "": none does."""
        return self.model if self.check_model is None else self.check_model

    @property
    def estimated_micro_usd(self) -> int:
        """What an answer costs at most, as far as one can tell before: passages and conversation read, all written."""
        searches = 1 if self.api == "responses" else 0
        return self.micro_usd(Usage(self.passages * PASSAGE_TOKENS, self.longest_answer, searches))

    def micro_usd(self, usage: Usage) -> int:
        """Return what a call cost, in millionths of a US dollar."""
        tokens = usage.input_tokens * (self.price_input or 0.0) + usage.output_tokens * (self.price_output or 0.0)
        return round(tokens + usage.searches * SEARCH_USD * 1_000_000)
