"""How the widget looks, from the configuration."""

from cli.config import Config
from cli.settings import WidgetSection
from session_api.widget.appearance import Appearance


def look(config: Config) -> Appearance:
    """Return the part of `[widget]` that browsers are told."""
    widget = config.widget or WidgetSection()
    return Appearance(
        title=widget.title,
        accent=widget.accent,
        greeting=widget.greeting,
        intro=widget.intro,
        starters=tuple(widget.starters),
        disclaimer=widget.disclaimer,
        label=widget.label,
        logo=widget.logo,
        radius=widget.radius,
        position=widget.position,
        offset=widget.offset,
        theme=widget.theme,
        language=widget.language,
        texts=widget.texts,
        contact_text=widget.contact_text,
        contact_email=widget.contact_email,
        contact_url=widget.contact_url,
        contact_form=widget.contact_form,
        domain_key=widget.domain_key.get_secret_value() if widget.domain_key else None,
    )
