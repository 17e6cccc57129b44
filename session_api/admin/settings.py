"""Settings: `[admin]`."""

from typing import Annotated

from pydantic import AfterValidator

from sync.setting_types import Secret, Section, hard_to_guess


class AdminSettings(Section):
    """The admin API is off without a token. `previous_token` is right beside it, while the token is being replaced."""

    token: Annotated[Secret, AfterValidator(hard_to_guess)] | None = None
    previous_token: Annotated[Secret, AfterValidator(hard_to_guess)] | None = None
