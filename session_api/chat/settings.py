"""Settings: `[chat]`, what answering and hosted mode read of it, and what the conversation around them reads."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from answering.settings import AnsweringSettings, Maskable
from session_api.access.settings import HostedSettings
from sync.setting_types import Duration, Text


class ChatSettings(AnsweringSettings, HostedSettings):
    """How customers are answered. `mask`: what is taken out of their words; `daily_usd` None: no stop.

    `concurrent_answers`: so many are written at a time, by each process; further questions are told to come back.
    """

    index: Text = "public"
    retention: Duration = timedelta(days=90)
    mask: frozenset[Maskable] = frozenset()
    moderation: bool = False
    daily_usd: float | None = Field(default=None, gt=0)
    concurrent_answers: int = Field(default=200, ge=1)
    longest_question: int = Field(default=4000, ge=100, le=20_000)

    @model_validator(mode="after")
    def _a_budget_knows_prices(self) -> Self:
        if self.daily_usd is not None and (self.price_input is None or self.price_output is None):
            raise ValueError(
                "daily_usd needs price_input and price_output, in dollars for a million tokens of the model"
            )
        return self
