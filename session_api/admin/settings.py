"""Settings: `[admin]`."""

from typing import Annotated

from pydantic import AfterValidator

from sync.setting_types import Secret, Secrets, Section, hard_to_guess, revealed


class AdminSettings(Section):
    """The admin API is off without a token. `previous_token` is right beside it, as a second one in `token` is."""

    token: Secrets = ()
    previous_token: Annotated[Secret, AfterValidator(hard_to_guess)] | None = None

    @property
    def tokens(self) -> tuple[str, ...]:
        """Those that let somebody in; without `token`, none."""
        previous = [self.previous_token] if self.token and self.previous_token else []
        return revealed([*self.token, *previous])
