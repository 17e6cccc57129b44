"""What an operator sets about past conversations: `[helpdesk]`."""

import re
from datetime import timedelta

from pydantic import Field, field_validator

from sync.setting_types import Duration, Section

_TEMPLATE = re.compile(r"[^\s]{3,40}")


class HelpDeskSettings(Section):
    """Whose conversations are kept, and for how long after they were solved.

    `source`: names of sources that are help desks, too. `order_numbers`: how the company writes them, for masking:
    `#` stands for a digit, `?` for a letter, anything else for itself: "AC-#####".
    """

    source: tuple[str, ...] = Field(min_length=1)
    history: Duration = timedelta(days=180)
    order_numbers: tuple[str, ...] = Field((), max_length=20)

    @field_validator("source", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("history")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if not timedelta(days=1) <= value <= timedelta(days=3660):
            raise ValueError('is not between one day and ten years; write "180d"')
        return value

    @field_validator("order_numbers")
    @classmethod
    def _templates(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not _TEMPLATE.fullmatch(value) or value.count("#") < 3:
                raise ValueError(f'has {value!r}; write # for each digit, at least three, such as "AC-#####"')
        return values
