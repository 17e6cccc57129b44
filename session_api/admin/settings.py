"""Settings: `[admin]`."""

from sync.setting_types import Secret, Section


class AdminSettings(Section):
    """The admin API is off without a token."""

    token: Secret | None = None
