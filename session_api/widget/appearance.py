"""Appearance: how the widget looks and what it says, the part of `[widget]` that a browser may know."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from session_api.widget import bundle
from session_api.widget.bundle import LANGUAGES
from sync.setting_types import Address, Secret, Section, Text

RETIRED_TEXTS = frozenset({"synced", "nothingYet"})
"""What an older configuration may still replace, and nothing says any more."""


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        raise ValueError('is not a colour; write it as "#0b5fff"')
    return text


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"is no language of the widget; write one of: {', '.join(LANGUAGES)}")
    return text


def _text_key(key: str) -> str:
    if key not in RETIRED_TEXTS and (key not in (known := bundle.texts("en")) or key == "dir"):
        raise ValueError(f"is no text of the widget; known are: {', '.join(sorted(known))}")
    return key


def _email(text: str) -> str:
    if not re.fullmatch(r"[^\s@?&,;<>\"]+@[^\s@?&,;<>\"]+", text):
        raise ValueError('is not an e-mail address; write "help@acme.com"')
    return text


Language = Annotated[str, AfterValidator(_language)]
Pixels = Annotated[int, Field(ge=0, le=400)]


class Appearance(Section):
    """The defaults of every page; data attributes of a page's script tag go before them.

    `radius`: a name, or pixels. `position` None: where lines end, so right for most scripts and left for Arabic.
    `offset`: pixels that the launcher keeps further away from the side and from the bottom. `theme` "auto": as the
    visitor's system. `language` None: the page's. `texts`: by language and key, instead of what `locales/` says.
    `contact_url` may hold `{transcript}`. `contact_form` gets a POST with email, message, transcript and page. `demo`
    None: the page to try it on is shown where only this machine reaches us.
    """

    title: Text = "Ask us"
    accent: Annotated[str, AfterValidator(_colour)] = "#0b5fff"
    greeting: Text | None = None
    intro: Text | None = None
    starters: list[Text] = Field(default=[], max_length=8)
    disclaimer: Text | None = None
    label: Text | None = None
    logo: Address | None = None
    radius: Literal["sharp", "soft", "round", "pill"] | Annotated[int, Field(ge=0, le=40)] = "round"
    position: Literal["left", "right"] | None = None
    offset: tuple[Pixels, Pixels] = (0, 0)
    theme: Literal["auto", "light", "dark"] = "auto"
    language: Language | None = None
    texts: dict[Language, dict[Annotated[str, AfterValidator(_text_key)], Text]] = Field(default={})
    contact_text: Text | None = None
    contact_email: Annotated[str, AfterValidator(_email)] | None = None
    contact_url: Address | None = None
    contact_form: Address | None = None
    domain_key: Secret | None = None
    demo: bool | None = None

    @property
    def contact(self) -> str:
        """Where a person can be reached, to be said in a sentence; "" where the page leads to nobody."""
        url = self.contact_url or ""
        return self.contact_email or ("" if "{transcript}" in url else url) or self.contact_text or ""

    def launcher(self) -> dict[str, object]:
        """Return what the launcher needs to know, under the names that data attributes have in a browser."""
        return _told({
            "accent": self.accent, "position": self.position, "offsetX": self.offset[0], "offsetY": self.offset[1],
            "locale": self.language, "label": self.label,
        })  # fmt: skip

    def settings(self, *, hosted: bool) -> dict[str, object]:
        """Return what the chat needs to know. `hosted`: answers come from a workflow at OpenAI."""
        key = self.domain_key.get_secret_value() if self.domain_key else None
        return _told({
            "title": self.title, "greeting": self.greeting, "intro": self.intro, "starters": list(self.starters),
            "disclaimer": self.disclaimer, "logo": self.logo, "radius": self.radius, "theme": self.theme,
            "contactText": self.contact_text, "contactEmail": self.contact_email, "contactUrl": self.contact_url,
            "contactForm": self.contact_form, "domainKey": key, "mode": "hosted" if hosted else None,
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
