"""How the widget looks and what it says: the part of `[widget]` that a browser may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from session_api.widget import bundle


@dataclass(frozen=True)
class Appearance:
    """The defaults of every page; data attributes of a page's script tag go before them.

    `radius`: a name, or pixels. `position` None: where lines end, so right for most scripts and left for Arabic.
    `offset`: pixels that the launcher keeps further away from the side and from the bottom. `theme` "auto": as the
    visitor's system. `language` None: the page's. `texts`: by language and key, instead of what `locales/` says.
    `contact_url` may hold `{transcript}`. `contact_form` gets a POST with email, message, transcript and page.
    """

    title: str = "Ask us"
    accent: str = "#0b5fff"
    greeting: str | None = None
    intro: str | None = None
    starters: tuple[str, ...] = ()
    disclaimer: str | None = None
    logo: str | None = None
    radius: str | int = "round"
    position: Literal["left", "right"] | None = None
    offset: tuple[int, int] = (0, 0)
    theme: Literal["auto", "light", "dark"] = "auto"
    language: str | None = None
    label: str | None = None
    contact_text: str | None = None
    contact_email: str | None = None
    contact_url: str | None = None
    contact_form: str | None = None
    domain_key: str | None = None
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def launcher(self) -> dict[str, object]:
        """Return what the launcher needs to know, under the names that data attributes have in a browser."""
        return _told({
            "accent": self.accent, "position": self.position, "offsetX": self.offset[0], "offsetY": self.offset[1],
            "locale": self.language, "label": self.label,
        })  # fmt: skip

    def settings(self, *, hosted: bool) -> dict[str, object]:
        """Return what the chat needs to know. `hosted`: answers come from a workflow at OpenAI."""
        return _told({
            "title": self.title, "greeting": self.greeting, "intro": self.intro, "starters": list(self.starters),
            "disclaimer": self.disclaimer, "logo": self.logo, "radius": self.radius, "theme": self.theme,
            "contactText": self.contact_text, "contactEmail": self.contact_email, "contactUrl": self.contact_url,
            "contactForm": self.contact_form, "domainKey": self.domain_key, "mode": "hosted" if hosted else None,
            "texts": self.texts,
        })  # fmt: skip

    def launcher_texts(self) -> dict[str, dict[str, str]]:
        """Return, by language, the few words that are needed before the chat is loaded."""
        return {language: _launcher_texts(language, self.texts.get(language, {})) for language in bundle.LANGUAGES}


def _launcher_texts(language: str, own: Mapping[str, str]) -> dict[str, str]:
    words = {**bundle.texts(language), **own}
    told = {"open": words["open"], "close": words["close"], "failed": words["load_failed"]}
    return told | ({"dir": "rtl"} if words["dir"] == "rtl" else {})


def _told(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}
