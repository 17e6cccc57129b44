"""Settings: `[widget]`, how it looks and who may embed it."""

from session_api.access.settings import EmbeddingSettings
from session_api.widget.appearance import Appearance


class WidgetSettings(Appearance, EmbeddingSettings):
    """The whole table."""
