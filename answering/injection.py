"""Prompt injection: tells sentences that a document addresses to a model from those that it addresses to its readers.

Two kinds of signs. A plain one is enough alone: orders to forget instructions, a model called by name, the markup of a
chat. A faint one (`tell the customer …`) is ordinary in a help center and in procedures for agents; it counts only in a
passage that has a plain one. No list of phrases is complete: what protects a reader is that every sentence of an answer
needs support, and that links lead only to known pages.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

MAX_STATEMENT_LENGTH = 2000  # of a longer one the beginning is looked at; every pattern below is linear in it

_FEW = r"(?:\w{1,30}\W{1,3}){0,4}?"
_MODEL = r"(?:ai(?!\w)|llm|assistants?|chat\W?bots?|bots?|(?:large\W)?language\Wmodels?|ai\Wmodels?|ai\Wagents?)"
_RULES = r"(?:instructions?|prompts?|rules?|directions?|guidelines?|directives?|commands?)"
_WHICH = (
    r"(?:(?:all|any|the|your|my|these|those|every|other|of|previous|prior|preceding|earlier|above|foregoing|system|"
    r"safety|original|existing)\W{1,3}){0,5}"
)
_SPEAK = r"(?:say|reply|respond|answer|print|output|write|show|repeat|tell|display|reveal|give|act|behave|pretend|obey)"


def _pairs(first: str, second: str) -> tuple[str, ...]:
    return tuple(f"{one} {other}" for one in first.split() for other in second.split())


_MODELS = (" ai ", " llm", "assistant", "bot", "language model")
_PLAIN: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("ignore", "disregard", "forget", "override", "bypass", "discard"),
        rf"\b(?:ignore|disregard|forget|override|bypass|discard)\W{{1,3}}{_WHICH}{_RULES}\b",
    ),
    (
        ("ignore", "disregard", "forget"),
        r"\b(?:ignore|disregard|forget)\W{1,3}(?:everything|all|anything)\W{1,3}(?:\w{1,12}\W{1,3})?(?:before|above|previous|prior|you\Wwere)",
    ),
    (
        ("vergiss", "vergessen sie", "ignorier", "missachte"),
        r"\b(?:vergiss|vergessen\Wsie|ignorier\w{0,4}|missachte\w{0,2})\W{1,3}(?:\w{1,15}\W{1,3}){0,3}?"
        r"(?:anweisung|vorgabe|regel|instruktion|prompt)\w{0,4}",
    ),
    (
        ("ignore", "oublie"),
        r"\b(?:ignore[zr]?|oublie[zr]?)\W{1,3}(?:\w{1,15}\W{1,3}){0,3}?(?:instructions?|consignes?|règles?)\b",
    ),
    (
        ("ignora", "olvida", "ignore", "olvide"),
        r"\b(?:ignora|olvida|ignore|olvide)\w{0,2}\W{1,3}(?:\w{1,15}\W{1,3}){0,3}?(?:instrucci|regla|indicaci)\w{0,6}",
    ),
    (
        ("تجاهل",),
        r"تجاهل\W{1,3}(?:\w{1,12}\W{1,3}){0,3}?(?:التعليمات|تعليمات|الأوامر)",
    ),
    (
        ("system ", "developer ", "admin "),
        r"^\W{0,5}(?:system|developer|admin)\W(?:prompt|message|override|instruction|note)\W{0,2}:",
    ),
    (
        ("system", "hidden", "initial", "secret"),
        rf"\b{_SPEAK}\W{{1,3}}(?:me\W|us\W)?(?:your|the)\W(?:system|hidden|initial|secret)\W(?:prompt|message|instructions?|rules?)",
    ),
    (
        ("reveal", "leak", "expose", "disclose"),
        rf"\b(?:reveal|leak|expose|disclose)\W{{1,3}}{_FEW}(?:instructions|prompt|api\Wkey|secret|session\Wtoken|password)s?\b",
    ),
    (
        ("you are now",),
        r"\byou\Ware\Wnow\W{1,3}(?:an?\W|in\W|the\W)?(?:dan\b|[\w-]{1,20}\W{1,3}(?:without|with\Wno|that|who|which)\b|free\b|unrestricted)",
    ),
    (
        ("you must now", "you will now", "you should now", "you shall now"),
        rf"\byou\W(?:must|will|should|shall)\Wnow\W{{1,3}}{_SPEAK}\b",
    ),
    (
        ("you must",),
        r"\byou\Wmust\W(?:always\W|only\W)?(?:reply|respond|answer)\W(?:with|in|only|as)\b",
    ),
    (
        ("ignore", "disregard"),
        r"\b(?:ignore|disregard)\W(?:all\W|everything\W)?(?:of\W)?(?:the\W)?(?:above|foregoing)\b",
    ),
    (
        ("you are now",),
        rf"\byou\Ware\Wnow\W(?:an?\W|the\W|my\W)?{_FEW}{_MODEL}\b",
    ),
    (
        (" as a ", " as an "),
        rf"\bas\Wan?\W{_MODEL}\W{{1,3}}(?:you|your)\b",
    ),
    (
        _MODELS,
        rf"^\W{{0,5}}(?:dear|hey|hello|hi|attention|note\Wto|message\W(?:to|for)|instructions?\W(?:to|for))\W{{1,3}}"
        rf"(?:the\W|any\W|all\W|every\W)?{_MODEL}\b",
    ),
    (
        _MODELS,
        rf"^\W{{0,5}}{_MODEL}\s?[,:]\s",
    ),
    (
        ("system", "assistant", "instruction", "im_start", "im_end", "<|", "[inst", "[/inst"),
        r"<\s?/?\s?(?:system|assistant|instructions?|im_start|im_end)\s?>|<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYSTEM)\]",
    ),
    (
        ("developer mode", "debug mode", "god mode", "admin mode"),
        r"\b(?:enable|enter|activate|switch\Wto)\W(?:developer|debug|god|admin)\Wmode\W{1,3}and\W" + _SPEAK,
    ),
    (
        ("do anything now", "begin admin", "begin system", "end of"),
        r"\bdo\Wanything\Wnow\b|\bbegin\W(?:admin|system)\Wsession\b|^\W{0,5}end\Wof\W(?:the\W)?(?:document|context|source)s?\W",
    ),
    (
        ("instruction", "directive", "anweisung"),
        r"^\W{0,5}(?:new|updated|revised|hidden|secret|additional|neue)\W(?:instruction|directive|anweisung)(?:s|en)?\W{0,2}:",
    ),
    (
        ("override",),
        r"^\W{0,5}override\W{0,2}:",
    ),
    (
        ("answer every", "answer all", "answer any", "answer each", "reply to", "respond to"),
        r"\b(?:answer|reply\Wto|respond\Wto)\W(?:every|all|any|each)\W(?:question|message|quer(?:y|ies))s?\W(?:with|by|only)\b",
    ),
    (
        _pairs("begin start end finish prefix append", "every each all your"),
        r"\b(?:begin|start|end|finish|prefix|append)\W(?:every|each|all|your)\W(?:answer|reply|response|message)s?\W(?:with|by)\b",
    ),
    (
        _pairs("your", "answer reply response output"),
        r"\byour\W(?:answer|reply|response|output)s?\W(?:must|should|shall|has\Wto|have\Wto)\W(?:end|begin|start|contain|include|say|be)\b",
    ),
    (
        _pairs("your every each", "answer reply response output"),
        r"\b(?:append|add|insert|include)\W{1,3}\S{1,200}\W(?:to|in|into)\W(?:your|every|each)\W(?:answer|reply|response|output)s?\b",
    ),
    (
        ("cite nothing", "cite no", "mention no"),
        r"\bcite\W(?:nothing|no\Wsources?)\b|\bmention\Wno\Wsources?\b",
    ),
    (
        (
            "when asked",
            "whenever asked",
            "if asked",
            "are asked",
            "someone asks",
            "user ask",
            "users ask",
            "anyone asks",
        ),
        r"\b(?:when|whenever|if)\W(?:you\Ware\W)?(?:asked|someone\Wasks|users?\Wasks?|anyone\Wasks)\W{1,3}(?:\w{1,20}\W{1,3}){0,6}?"
        r"(?:say|answer|reply|respond|claim)\b",
    ),
    (
        _pairs("to the", "user visitor customer reader"),
        r"\b(?:respond|reply|answer)\Wto\Wthe\W(?:user|visitor|customer|reader)s?\Wwith\W{0,3}(?:\[|https?:|exactly|only|an?\Wlink|the\Wwords?)",
    ),
    (
        _pairs("answer reply respond say output", "only exactly verbatim"),
        r"\b(?:answer|reply|respond|say|output)\W(?:only|exactly|verbatim)\W{0,2}:",
    ),
    (
        ("conversation", "chat"),
        r"\b(?:send|post|forward|upload)\W(?:the|this|their|your|all)\W(?:whole\W|entire\W|full\W)?(?:conversation|chat|chat\Whistory)\Wto\W",
    ),
    (
        ("repeat",),
        r"\brepeat\W(?:the\W)?(?:user|visitor|customer)\W?s\W(?:\w{1,15}\W){1,4}back\b",
    ),
    (
        ("insult the",),
        r"\binsult\Wthe\W(?:user|visitor|customer|reader)s?\b",
    ),
)
"""Each pattern behind the phrases of which every match of it holds one: looking for these is a tenth of the work."""

_FAINT = (
    rf"\b{_SPEAK}\b\W{{1,3}}{_FEW}(?:user|visitor|customer|reader|kunde|nutzer)\w{{0,3}}\b",
    rf"^\W{{0,5}}{_SPEAK}\b",
    r"\b(?:antworte|sage|schreibe|gib|nenne)\b",
    r"\b(?:your|deine?|ihre?)\W(?:answer|reply|response|output|antwort)\b",
    rf"\b{_MODEL}\b",
)
PLAIN_SIGNS = tuple((phrases, re.compile(pattern, re.IGNORECASE)) for phrases, pattern in _PLAIN)
_FAINT_SIGN = re.compile("|".join(f"(?:{pattern})" for pattern in _FAINT), re.IGNORECASE)
_SIGNS_BY_PHRASE = {
    phrase: [sign for phrases, sign in PLAIN_SIGNS if phrase in phrases]
    for phrases, _ in PLAIN_SIGNS
    for phrase in phrases
}
_BREAKS = re.compile(r"\W+")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\U000e0000-\U000e007f]")


def instructions_among(statements: Iterable[str]) -> list[bool]:
    """Say of each statement of one passage whether it is written to a model."""
    told = list(statements)
    plain = [instructions_in(statement) for statement in told]
    if not any(plain):
        return plain
    return [sure or bool(_FAINT_SIGN.search(_readable(statement))) for sure, statement in zip(plain, told, strict=True)]


@lru_cache(maxsize=4096)
def instructions_in(statement: str) -> bool:
    """Whether a statement alone is plainly written to a model: what to forget, what to answer, whom to play."""
    shown = _readable(statement)
    words = in_words(shown)
    said = [phrase for phrase in _SIGNS_BY_PHRASE if phrase in words]
    return any(sign.search(shown) for sign in {sign for phrase in said for sign in _SIGNS_BY_PHRASE[phrase]})


def in_words(shown: str) -> str:
    """Return the text as phrases are looked for in it: in small letters, then its words alone."""
    small = shown.replace("İ", "i").lower().replace("ı", "i")
    return f"{small} {_BREAKS.sub(' ', small)} "


def _readable(statement: str) -> str:
    shown = html.unescape(statement[:MAX_STATEMENT_LENGTH])
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", shown))
