"""Prompt injection: tells sentences that a document addresses to a model from those for its readers."""

import html
import re
import unicodedata
from functools import lru_cache

_FEW = r"(?:\w+\W+){0,6}"
_MODEL = r"(?:ai|llm|assistant|chatbot|language\W+model|bot|model|agent)s?"
_PATTERNS = (
    rf"\b(ignore|disregard|forget|override|bypass)\W+{_FEW}(instruction|prompt|rule|direction|guideline|context|above|before)",
    rf"\b(vergiss|ignorier\w*|missachte\w*)\W+{_FEW}(anweisung|vorgabe|regel|instruktion|prompt|bisherige)",
    rf"\b(ignore[zr]?|oublie[zr]?)\W+{_FEW}(instruction|consigne|règle)",
    rf"\b(ignora|olvida)\w*\W+{_FEW}(instruccion|regla|indicacion)\w*",
    r"تجاهل\W+(?:\w+\W+){0,3}(?:التعليمات|تعليمات)",
    r"\b(system|developer)\W*(prompt|message|override|instruction|note)\b",
    rf"\byou\W+(are|must|will|should|shall|may)\W+(now\W+)?{_FEW}({_MODEL}|dan|respond|reply|obey|pretend|role)\b",
    rf"\b(as|to|dear|attention|hey|note\W+to)\W+(an?\W+|the\W+|any\W+|all\W+|every\W+)?{_MODEL}\b",
    rf"\b(respond|reply|answer|say|output|print|write|repeat|tell|append|include|insert|end|begin|start|add)\b\W+{_FEW}"
    r"(exactly|verbatim|the\W+(user|visitor|customer|reader)\w*|every\W+(answer|reply|response)|"
    r"your\W+(answer|reply|response|output)s?)\b",
    rf"\b(reveal|print|show|leak|expose|repeat|send|post|forward|share)\b\W+{_FEW}"
    r"(prompt|instructions|api\W*key|secret|session\W*token|conversation|chat\W+history)",
    r"\b(new|updated|revised|additional|hidden|secret|neue)\W+(instruction|directive|anweisung)(s|en)?\b",
    r"\b(jailbreak|developer\W+mode|do\W+anything\W+now|begin\W+(admin|system)|end\W+of\W+(document|context|source)s?)\b",
    r"<\W*(system|assistant|user|instructions?|im_start|im_end)\b|\[/?(inst|system)\]|<\|",
    rf"\bwhen(ever)?\W+(you\W+(are\W+)?)?(asked|answering|answer|someone\W+asks)\b\W+{_FEW}(say|answer|reply|respond|claim|tell)\b",
    r"\byour\W+(answer|reply|response|output)s?\W+(must|should|shall|has|have|will|is)\b",
    r"\b(answer|reply|respond)\W+(to\W+)?(every|all|any|each)\W+(question|message|query)",
    r"\b(cite|citing|mention)\W+(no|only|nothing)\b",
    rf"\b(antworte|sage|schreibe|gib)\b\W+{_FEW}(immer|genau|wörtlich|dem\W+nutzer|dem\W+kunden)\b",
)
_INSTRUCTIONS = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\U000e0000-\U000e007f]")


@lru_cache(maxsize=4096)
def is_instruction(sentence: str) -> bool:
    """Whether a sentence is written to a model: it says what to answer, what to forget, or whom to play."""
    return bool(_INSTRUCTIONS.search(_UNSEEN.sub("", unicodedata.normalize("NFKC", html.unescape(sentence)))))
