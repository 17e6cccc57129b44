"""Claims: which part of a statement says something about the world, and must therefore stand in the passages.

Two things claim nothing: that the passages do not say something, and a question back. Both may carry a claim beside
them ("the pages do not say why, but refunds take a year", "did you know that …?"), which then is all that is judged.
"""

import re
from dataclasses import dataclass

MAX_SENTENCE_LENGTH = 1000  # what is longer is a table or code, and claims all that it says

_PAGES = (
    r"(?:documents?|documentation|passages?|excerpts?|context|texts?|sources?|articles?|pages?|materials?|results?|"
    r"information|knowledge base|"
    r"dokumente?n?|textstellen?|textpassagen|unterlagen|quellen?|artikeln?|(?:hilfe)?seiten?|"
    r"textes?|extraits?|documentos?|textos?|fuentes?|artículos?|páginas?|pasajes?|fragmentos?)"
)
_KNOWLEDGE = (
    r"(?:information(?:en|s)?|info|anything|details?|mention|answers?|indication|data|specifics|explanation|instructions|guidance|"
    r"angaben?|auskunft|auskünfte|hinweise?|antwort(?:en)?|erwähnung|précisions?|réponses?|renseignements?|"
    r"información|detalles?|respuestas?|mención|datos)"
)
_ABOUT = (
    r"(?=\W*(?:$|[.,;:!?]|(?:about|on|regarding|concerning|of|for|to|as|in|within|that|whether|if|which|why|how|at|from|"
    r"here|there|available|provided|given|found|mentioned|zu|zum|zur|über|dazu|darüber|in|ob|gefunden|sur|à|concernant|"
    r"sobre|de|del|acerca|al|en)\b))"
)
_NOT = r"(?:\s+not|n['’]t)(?:\s+\w+ly|\s+really|\s+seem\s+to|\s+appear\s+to|\s+directly)?"
_SAY = r"(?:say|state|mention|specify|address|describe|explain|answer|indicate|clarify|discuss|tell|cover|list|detail)"
_HAVE = r"(?:contain|provide|include|give|offer|have|has|contains|provides|includes|gives|offers)"
_KNOW = rf"(?:\w+\s+){{0,4}}?{_KNOWLEDGE}\b{_ABOUT}"
_AT_HAND = r"(?:\s+(?:(?:that\s+)?(?:i|we|you)\s+\w+(?:\s+\w+)?|provided|given|available|above|at\s+hand|here|found))?"

_NOTHING_SAID = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_PAGES}{_AT_HAND}\s+(?:do|does|did){_NOT}\s+{_SAY}\b",
        rf"\b(?:{_PAGES}{_AT_HAND}|it|they)\s+(?:(?:do|does|did){_NOT}\s+{_HAVE}\s+{_KNOW}|{_HAVE}\s+no\s+{_KNOW})",
        rf"\b(?:documents?|passages?|pages?|context|excerpts?)\s+(?:do|does|did){_NOT}\s+(?:provide|give|contain|offer)\s+(?:any\s+)?"
        r"(?:specific|explicit|definite|further)\b",
        rf"\bi\s+(?:am\s+not\s+able\s+to|am\s+unable\s+to|was\s+unable\s+to|(?:do|did|can|could){_NOT}|cannot|have)"
        rf"\s+(?:(?:have|find|see|locate|provide|give|access)\s+|found\s+|no\s+){_KNOW}",
        rf"\bi\s+(?:(?:do|can|could){_NOT}|cannot|am\s+unable\s+to)\s+(?:know|answer|tell|say|confirm|determine)\b",
        rf"\bwe\s+(?:(?:do|did|could){_NOT}\s+(?:have|find)|have\s+no|found\s+no)\s+{_KNOW}",
        rf"\b(?:there\s+(?:is|are|was|were)|es\s+gibt|gibt\s+es)\s+(?:no|not\s+any|keine?n?|leider\s+keine?n?)\s+{_KNOW}",
        rf"\bno\s+{_KNOW}",
        r"\b(?:i|we)\s+(?:have\s+)?found\s+nothing\b|\bn['’](?:ai|avons)\s+rien\s+trouvé\b",
        rf"[^,;:]{{0,200}}?\b(?:is|are|was|were)(?:\s+not|n['’]t)(?:\s+\w+ly)?\s+(?:specified|mentioned|stated|indicated|(?:addressed|"
        rf"described|explained|covered|answered|given|provided|included|discussed|listed|found)\s+(?:in|by)\s+(?:\w+\s+)"
        rf"{{0,3}}?{_PAGES})\b",
        rf"\b{_PAGES}(?:\s+\w+)?\s+(?:nenn|sag|erwähn|beantwort|beschreib|behandel|erklär)\w*\s+(?:\S+\s+){{0,4}}?"
        r"(?:nicht|nichts|keine?\w*)\b",
        rf"\b{_PAGES}\s+(?:enthalten|enthält|geben|gibt|machen|macht|haben|hat)\s+(?:\w+\s+){{0,3}}?keine?\w*\s+{_KNOW}",
        rf"\b(?:ich\s+(?:habe|finde|konnte|kann|sehe)|habe\s+ich|konnte\s+ich|kann\s+ich)\s+(?:\S+\s+){{0,4}}?"
        rf"(?:keine?\w*\s+{_KNOW}|nichts?\s+(?:\S+\s+){{0,3}}?(?:finden|gefunden|sagen|beantworten)\b)",
        r"[^,;:]{0,200}?\b(?:wird|werden|ist|sind)\s+(?:\w+\s+)?nicht\s+(?:erwähnt|genannt|angegeben|beantwortet|beschrieben)\b",
        rf"\b{_PAGES}\s+ne\s+(?:mentionn|précis|dis|indiqu|répond|décri)\w+\s+(?:pas|rien|aucune?)\b",
        rf"\b(?:{_PAGES}\s+ne\s+(?:contien|donn|fourni)\w+|je\s+n['’]ai|il\s+n['’]y\s+a|je\s+ne\s+trouve)\s+"
        rf"(?:pas\s+(?:trouvé\s+)?(?:d['’]|de\s+)|aucune?s?\s+){_KNOW}",
        r"[^,;:]{0,200}?\bn['’](?:est|est\s+pas|a\s+pas\s+été)\s+(?:pas\s+)?(?:précisé|mentionné|indiqué)e?s?\b",
        rf"\b{_PAGES}\s+no\s+(?:mencion|especific|indic|dice|describ|explic|respond)\w*",
        rf"\b(?:{_PAGES}\s+no\s+(?:contien|ofrec|da|dan|inclu)\w*|no\s+(?:tengo|encuentro|encontré|hay|he\s+encontrado))\s+"
        rf"(?:ninguna?\s+)?{_KNOW}",
        r"\bno\s+se\s+(?:menciona|especifica|indica)n?\b",
        r"(?:لا|لم)\s+(?:توجد|تتوفر|أملك|أجد|تذكر|تحتوي|تحدد|يذكر)\S*[^.،]{0,30}?(?:معلومات|إجابة|تفاصيل|ذكر)|لم\s+أجد",
    )
)
_TURN = re.compile(
    r"\s{0,3}(?:[;:—–]|(?:,\s*)?\b(?:but|however|yet|although|though|whereas|while|so|therefore|nevertheless|because|since|"
    r"aber|jedoch|doch|sondern|obwohl|weil|daher|deshalb|mais|cependant|toutefois|donc|car|parce|pero|aunque|porque)\b"
    r"|(?:,\s*)?\b(?:and|und|et|y)\b(?=(?:\s+\S+){0,4}\s+(?:is|are|was|were|will|can|may|must|has|have|does|do|costs?|"
    r"takes?|ist|sind|wird|werden|kann|können|muss|hat|haben|kostet|dauert|est|sont|sera|peut|peuvent|coûte|es|son|será|"
    r"puede|cuesta)\b)|,\s*(?=(?:which|who|where|it|they|we|you|welche[rs]?|wobei|es|sie|wir)\b))"
)
_SUBORDINATE = re.compile(r"\A\W*+(?:although|though|while|whereas|obwohl|während|bien\s+que|aunque)\b", re.IGNORECASE)
_COURTESY = re.compile(
    r"\b(?:sorry|unfortunately|apologies|i['’]?m|i\s+am|afraid|that|however|leider|tut\s+mir\s+leid|entschuldigung|"
    r"désolée?|malheureusement|lo\s+siento|lamentablemente|desafortunadamente|عذرًا|للأسف)\b",
    re.IGNORECASE,
)
_INTERROGATIVE = re.compile(
    r"(?:^|[,;:—–-]|\b(?:and|so|or|but|und|also|oder|et|y)(?=\s)|\b(?:tell\s++me|let\s++me\s++know)(?=\s)|[¿])\s*+[*_\"“„«]*+(?:(?:in|for|on|at|with|to|from|of|by|about|um|"
    r"für|bei|mit|in|auf|von|aus|zu|de|à|pour|dans|sur|avec|en|para|con|a)\s++)?(?P<ask>(?:what|which|who|whose|when|where|why|how|"
    r"is|are|do|does|did|can|could|would|will|shall|should|have|has|may|was|were|wer|was|welche[rsmn]?|wann|wo|wie|warum|wieso|"
    r"ist|sind|haben|hast|hat|können|kannst|möchten|möchtest|geht|wollen|meinen|meinst|soll|quel(?:le)?s?|quoi|qui|que|quand|"
    r"où|comment|pourquoi|est-ce|avez|voulez|souhaitez|s['’]agit|parlez|qué|cuál(?:es)?|quién|cuándo|dónde|cómo|por\s+qué|"
    r"tiene|quiere|desea|es|se\s+trata|هل|ما|متى|أين|كيف|أي)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_PRESUPPOSES = re.compile(
    r"\b(?:did\s+you\s+know|do\s+you\s+know\s+that|(?:is|are|do|does|did|can|could|would|will|wo|should|have|has)n['’]t|why\s+not|"
    r"have\s+you\s+(?:ever\s+)?(?:tried|considered|thought|seen|heard)|how\s+about|what\s+about|what\s+if|schon\s+gewusst|"
    r"wuss?te(?:n|st)?\s+(?:sie|du|ihr)|warum\s+nicht|wie\s+wäre|saviez|savais|savez|pourquoi\s+pas|sabía[sn]?|sabe[sn]?|"
    r"por\s+qué\s+no|qué\s+tal|هل\s+تعلم)\b"
    r"|,\s*+(?:right|correct|ok(?:ay)?|(?:is|are|do|does|can|will)\s+(?:it|they|you|we)|oder|nicht\s+wahr|richtig|"
    r"n['’]est-ce\s+pas|non|hein|verdad|cierto|no)(?!\w)\W*+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement by its parts: `told` says something about the world; `asked` asks back and may presuppose something.

    What says that the passages lack something is in neither; then it is `lacking`.
    """

    told: str
    asked: str = ""
    lacking: bool = False


def claim_in(statement: str) -> Claim:
    """Return what of a statement must be judged; the whole of it where it is an ordinary one."""
    told = asked = ""
    if len(statement) > MAX_SENTENCE_LENGTH:
        return Claim(statement)
    if asks(statement) and not _PRESUPPOSES.search(statement) and (found := _INTERROGATIVE.search(statement)):
        told, asked = statement[: found.start("ask")], found["ask"]
    else:
        told = statement
    if not any(pattern.search(told) for pattern in _NOTHING_SAID):
        return Claim(told, asked)
    return Claim(_COURTESY.sub(" ", " ".join(map(_without_disclaimer, _clauses(told)))), asked, lacking=True)


def asks(statement: str) -> bool:
    """Whether a statement is a question."""
    return statement.rstrip(' \n*_)"»”').endswith(("?", "？", "؟"))


def _clauses(statement: str) -> list[str]:
    """Return the parts that can each claim something of their own."""
    if _SUBORDINATE.match(statement):
        first, _, rest = statement.partition(",")
        return [first, *_TURN.split(rest)]
    return _TURN.split(statement)


def _without_disclaimer(clause: str) -> str:
    """Return what stands before the words that the passages lack something: behind them is only what they lack."""
    starts = [found.start() for pattern in _NOTHING_SAID if (found := pattern.search(clause))]
    return clause[: min(starts)] if starts else clause
