"""Localized texts: what the service itself says, in the language of the question."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """One language. `nothing` quotes the question; `hand_off` is used where the operator wrote none."""

    searching: str
    nothing: str
    hand_off: str
    greeting: str
    spent: str
    flagged: str
    synced: str


PHRASES = {
    "en": Phrases(
        searching="Searching the help pages",
        nothing="I searched our help pages for “{asked}” and found nothing that answers it. I would rather not guess.",
        hand_off="A person can help: please contact our support team.",
        greeting="Hello! Ask me anything about our products and services.",
        spent="I have answered all I may for today. Please come back tomorrow.",
        flagged="I cannot help with this.",
        synced="As of {day}",
    ),
    "de": Phrases(
        searching="Die Hilfeseiten werden durchsucht",
        nothing="Ich habe unsere Hilfeseiten nach „{asked}“ durchsucht und nichts gefunden, was die Frage beantwortet. "
        "Raten möchte ich nicht.",
        hand_off="Ein Mensch hilft weiter: Bitte wenden Sie sich an unser Support-Team.",
        greeting="Hallo! Fragen Sie mich gern zu unseren Produkten und Leistungen.",
        spent="Für heute habe ich alles beantwortet, was ich darf. Bitte kommen Sie morgen wieder.",
        flagged="Dabei kann ich nicht helfen.",
        synced="Stand {day}",
    ),
    "fr": Phrases(
        searching="Recherche dans les pages d'aide",
        nothing="J'ai cherché « {asked} » dans nos pages d'aide et rien n'y répond ; je préfère ne pas deviner.",
        hand_off="Une personne peut vous aider : contactez notre équipe d'assistance.",
        greeting="Bonjour ! Posez-moi vos questions sur nos produits et services.",
        spent="J'ai répondu à tout ce que je pouvais aujourd'hui. Revenez demain.",
        flagged="Je ne peux pas vous aider pour cela.",
        synced="À jour au {day}",
    ),
    "es": Phrases(
        searching="Buscando en las páginas de ayuda",
        nothing="He buscado «{asked}» en nuestras páginas de ayuda y nada lo responde; prefiero no adivinar.",
        hand_off="Una persona puede ayudarle: póngase en contacto con nuestro equipo de soporte.",
        greeting="¡Hola! Pregúnteme lo que quiera sobre nuestros productos y servicios.",
        spent="Hoy ya he respondido todo lo que podía. Vuelva mañana, por favor.",
        flagged="No puedo ayudarle con esto.",
        synced="Actualizado el {day}",
    ),
    "ar": Phrases(
        searching="جارٍ البحث في صفحات المساعدة",
        nothing="بحثت في صفحات المساعدة عن «{asked}» ولم أجد ما يجيب عنه، وأفضّل ألا أخمّن.",
        hand_off="يمكن لشخص من فريقنا مساعدتك: يُرجى التواصل مع فريق الدعم.",
        greeting="مرحبًا! اسألني عن منتجاتنا وخدماتنا.",
        spent="أجبتُ عن كل ما يمكنني اليوم. يُرجى العودة غدًا.",
        flagged="لا أستطيع المساعدة في هذا.",
        synced="حتى {day}",
    ),
}

_TELLING = {
    "en": "the is are do does how what when where why which can my your you i to of for and with it not a an in on",
    "de": "der die das ist sind wie was wann wo warum welche kann mein meine ich du sie zu von für und mit es nicht "
    "ein eine im auf den dem wird werden habe",
    "fr": "le la les est sont comment que quoi quand où pourquoi quel quelle puis mon ma mes je vous pour et avec ne "
    "pas un une des du dans sur est-ce combien",
    "es": "el la los las es son cómo como qué que cuándo cuando dónde donde por para puedo mi mis yo con y no un una "
    "del en cuánto cuántos se",
}
_WORDS = {language: frozenset(words.split()) for language, words in _TELLING.items()}
_GREETED = """
hi hello hey there everyone good morning evening day thanks thank you ok okay great super thx
hallo vielen dank moin servus guten tag morgen abend danke bonjour salut merci hola buenas buenos días tardes gracias
مرحبا شكرا السلام عليكم
"""
_GREETINGS = frozenset(_GREETED.split())
MAX_QUOTE_LENGTH = 120


def language_of(question: str, preferred: str = "") -> str:
    """Return the language of a question among those we speak; a tie goes to what the browser prefers."""
    if re.search(r"[\u0600-\u06ff]", question):
        return "ar"
    words = re.findall(r"[\w'-]+", question.casefold())
    scores = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    wanted = next((code for part in preferred.split(",") if (code := part.strip()[:2].casefold()) in PHRASES), "en")
    best = max(scores.values())
    winners = [language for language, score in scores.items() if score == best]
    return wanted if best == 0 or wanted in winners else winners[0]


def greets(question: str) -> bool:
    """Whether nothing is asked: a greeting or a thank-you alone."""
    words = re.findall(r"\w+", question.casefold())
    return 0 < len(words) <= 4 and all(word in _GREETINGS for word in words)


def abstention(question: str, language: str, hand_off: str) -> str:
    """Say honestly that nothing was found, what was searched, and where help is."""
    said = PHRASES[language]
    asked = " ".join(question.split())
    asked = asked if len(asked) <= MAX_QUOTE_LENGTH else asked[: MAX_QUOTE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
    asked = re.sub(r"[\[\]<>*_`|\\]|https?://", "", asked)  # their own words come back as words, not as markup
    return f"{said.nothing.format(asked=asked)}\n\n{hand_off or said.hand_off}"
