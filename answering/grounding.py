"""Grounding: whether the passages say what a model wrote, statement by statement, by words and values alone.

This is the first of two tiers and costs no call. A statement's score is how many of its words, and how many of its
pairs of neighbouring words, stand in the passages, each from 0 to 1. What a model adds around its claims (numerals,
headings, the question's own words, citation marks) is no claim. Sentences of a document that address the model are no
support for anything.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from answering import values
from answering.claims import Claim, claim_in
from answering.injection import instructions_among, instructions_in
from answering.rules import Rule
from answering.sentences import statements, without_enumerator

NEIGHBOURS = 3  # words so far apart in a passage are still said together
DOUBTED = 0.5  # what is left of a score whose number is not stated as it stands
CONTRADICTED = 0.25  # and of one where the passages count the same thing differently
SCALE = 0.82  # stretches scores so that 0.5 parts the answers that people found faithful from the others best
STEM = 7

_MARKS = re.compile(
    r"【[^】【]*+】|\ue200[^\ue200\ue201]*+\ue201|(?:file)?cite\W?turn\d\w*(?:\W?turn\d\w*)*|:contentReference\[[^\]\[]*+\](?:\{[^}{]*+\})?"
    r"|\[\^\w{1,20}\]|\[(?:(?:source|quelle|fuente|doc(?:ument)?|passage|ref)\W{0,2})?\d{1,3}(?:\s*+[-–,]\s*+\d{1,3})*\]",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.-]*\w|(?:https?://|www\.)[^\s<>()\[\]\"'`]+", re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:no|not|never|nor|cannot|nicht|kein\w*|nie|niemals|pas|non|jamais|aucun\w*|nunca|ningún\w*|tampoco|لا|ليس|لم|لن)\b|n['’]t\b",
    re.IGNORECASE,
)
_AFFIRMATION = re.compile(
    r"\A\W*+(?:yes|yeah|sure|of course|correct|right|ja|genau|natürlich|oui|sí|si|claro|نعم)\b", re.IGNORECASE
)
_ENDINGS = ("ations", "ation", "ings", "ing", "edly", "ers", "er", "ies", "ied", "ed", "es", "s", "ly")


@dataclass(frozen=True, slots=True)
class Support:
    """How far the passages carry a statement.

    `weight`: how many words of it claim something; 0: a heading, a greeting, a link between others. `passage`: the
    index of the one that says most of it. `reason`: why it is doubted, or "" where only the score speaks; `rule`: the
    same as a word.
    """

    weight: int
    score: float
    passage: int | None = None
    reason: str = ""
    rule: Rule = Rule.WORDS

    @property
    def refused(self) -> bool:
        """Whether no second look can help: a number, an address or an order that no passage has for its reader."""
        return self.score == 0.0 and bool(self.reason)


class Evidence:
    """What the passages say, without what they tell a model to do."""

    def __init__(self, passages: Iterable[str], question: str) -> None:
        self.instructions: list[str] = []
        told = [self._told(passage) for passage in passages]
        self.text = "\n".join(told)
        spoken = [tokens(passage) for passage in told]
        self._passages = [frozenset(words) for words in spoken]
        self._words = frozenset[str]().union(*self._passages)
        self._pairs = frozenset(pair for words in spoken for pair in _neighbours(words))
        self._asked = frozenset(tokens(question))
        self._asked_words = sorted(word for word in self._asked if not word.isdigit())
        self._values = values.known(self.text)
        self._asked_values = values.known(question)
        self._counted = _counted(self.text)
        self._addresses = addresses(self.text)
        self._instructed = frozenset(token for one in self.instructions for token in tokens(one)) - self._words

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def says(self, address: str) -> bool:
        """Whether the passages have that link or address."""
        return plain_address(address) in self._addresses

    def mentions(self, text: str) -> bool:
        """Whether a text is about what the passages say, and carries out nothing that they order."""
        words = tokens(text)
        return any(word in self._words for word in words) and not self._follows_instruction(text, words)

    def support(self, statement: str) -> Support:
        """Compare one statement with the passages."""
        text = claim_of(statement)
        claim = claim_in(text)
        words = self._claiming(claim)
        if _DENIAL.search(text):  # what it denies need not be said
            words = [word for word in words if not (word.isdigit() and word in self._asked)]
        claimed = [word for word in words if word not in self._asked]
        pairs = [pair for pair in pairwise(words) if not self._asked.issuperset(pair)]
        if not claimed:  # it affirms or denies the question, whose words are then its own
            claimed = words or (self._asked_words if claim.told.strip() and _is_verdict(claim.told) else [])
            pairs = list(pairwise(words))
        if unknown := min(addresses(text) - self._addresses, default=""):
            return Support(max(1, len(claimed)), 0.0, None, f"{unknown[:80]} stands in no passage", Rule.ADDRESS)
        if self._follows_instruction(text, claimed):
            return Support(max(1, len(claimed)), 0.0, None, FOLLOWS_INSTRUCTION, Rule.INSTRUCTION)
        value, reason = self._value(text)
        rule = Rule.NUMBER if reason else Rule.WORDS
        if not claimed:
            return Support(0 if value == 1.0 else 1, value, None, reason, rule)
        if claim.lacking and value > DOUBTED:
            value, reason, rule = DOUBTED, "it says itself that the passages lack something", Rule.LACKING
        said = sum(word in self._words for word in claimed) / len(claimed)
        joined = sum(pair in self._pairs for pair in pairs) / len(pairs) if pairs else said
        weight = 1 if claim.asked else len(claimed)  # what a question back presupposes is one thing beside what it asks
        return Support(weight, value * ((said + joined) / 2) ** SCALE, self._best(claimed), reason, rule)

    def values_only(self, statement: str) -> Support:
        """Compare a statement in another language than the passages': its numbers and addresses alone."""
        text = claim_of(statement)
        claim, weight = claim_in(text), len(tokens(text))
        if unknown := min(addresses(text) - self._addresses, default=""):
            return Support(weight, 0.0, None, f"{unknown[:80]} stands in no passage", Rule.ADDRESS)
        if self._follows_instruction(text, []):
            return Support(weight, 0.0, None, FOLLOWS_INSTRUCTION, Rule.INSTRUCTION)
        value, reason = self._value(text)
        if value == 1.0 and (claim.lacking or not claim.told.strip()):
            return Support(0, value)
        return Support(weight, value, 0 if self._passages else None, reason, Rule.NUMBER if reason else Rule.WORDS)

    def _claiming(self, claim: Claim) -> list[str]:
        """Return the words that claim something; a question back claims what nobody has spoken of before."""
        asked = tokens(_ADDRESS.sub(" ", claim.asked))
        new = [word for word in asked if not (word in self._words or word in self._asked or word in _ASKING_BACK)]
        told = tokens(_ADDRESS.sub(" ", claim.told))
        if not claim.asked:
            return told
        return [word for word in [*told, *(asked if new else ())] if word not in _ASKING_BACK]

    def _told(self, passage: str) -> str:
        """Return what a passage tells its readers; what it tells a model is kept apart."""
        told = statements(passage)
        ordered = instructions_among(told)
        self.instructions += [one for one, order in zip(told, ordered, strict=True) if order]
        return "\n".join(one for one, order in zip(told, ordered, strict=True) if not order)

    def _value(self, text: str) -> tuple[float, str]:
        """Judge the numbers: 1 where all are stated, less where one may follow, 0 for any other, with the reason."""
        unknown = [(number, readings) for number, readings in values.written(text) if not readings & self._values]
        denied, affirmed = bool(_DENIAL.search(text)), bool(_AFFIRMATION.match(text))
        score, doubted = 1.0, ""
        for number, readings in unknown:
            contradicted = bool(_counted(text, number) & self._counted)
            if readings & self._asked_values:
                if denied:
                    continue
                if affirmed or contradicted:
                    return 0.0, f"{number} is the question's own; the passages state no such number"
                score, doubted = min(score, DOUBTED), f"{number} is known from the question alone"
            elif values.derivable(number, self._values | self._asked_values):
                score = min(score, CONTRADICTED if contradicted else DOUBTED)
                doubted = f"{number} is not stated, it may follow"
            else:
                return 0.0, f"{number} stands in no passage"
        return score, doubted

    def _follows_instruction(self, text: str, claimed: Sequence[str]) -> bool:
        """Whether a statement carries out or repeats what a document tells a model to do."""
        if not self.instructions:
            return False
        return any(word in self._instructed for word in claimed) or instructions_in(text)

    def _best(self, claimed: Sequence[str]) -> int | None:
        shares = [sum(word in passage for word in claimed) for passage in self._passages]
        return max(range(len(shares)), key=shares.__getitem__) if any(shares) else None


FOLLOWS_INSTRUCTION = "repeats what a document tells the model to do"


def _is_verdict(text: str) -> bool:
    """Whether words that say nothing of their own are a whole sentence ("It is.", "No, you cannot."), not a lead."""
    return text.rstrip(' \n*_)"»”').endswith((".", "!", "…", "。"))


def claim_of(statement: str) -> str:
    """Return what a statement claims: without its numeral, bullets and citation marks."""
    return without_enumerator(_MARKS.sub(" ", statement))


def tokens(text: str) -> list[str]:
    """Return the beginnings of the words that say something, in order; without spaces, pairs of characters."""
    folded = unicodedata.normalize("NFKC", text)
    found: list[str] = []
    for word in _WORD.findall(folded):
        if _WIDE.search(word):
            found += [a + b for a, b in pairwise(word)] or [word]
        elif word.casefold() not in _FUNCTION_WORDS and _tells(word):
            found.append(_stem(word.casefold()))
    return [word for word in found if word not in _FRAMING]


def _tells(word: str) -> bool:
    """Whether a word can say something: of two letters only what is written like a name, EU or 5G."""
    return len(word) > 2 or not word.isascii() or word.isdigit() or (len(word) == 2 and word == word.upper())


def addresses(text: str) -> frozenset[str]:
    return frozenset(plain_address(found) for found in _ADDRESS.findall(text))


def plain_address(found: str) -> str:
    """Return an address as it is compared: without scheme and what follows it in a sentence."""
    return found.casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/.,;:!?)*_")


def foreign(language: str, languages: Iterable[str]) -> bool:
    """Whether an answer is in another language than every passage that could support it."""
    known = {code[:2].casefold() for code in languages if code}
    return bool(known) and language not in known


def _neighbours(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    for index, word in enumerate(words):
        for other in words[index + 1 : index + NEIGHBOURS]:
            yield word, other
            yield other, word


def _counted(text: str, only: str = "") -> frozenset[str]:
    """Return what is counted: the stems of words right behind a number (30 *days*), or behind that one number."""
    number = re.escape(only) if only else rf"(?:\d[\d.,]*|{values.SPELLED})"
    found = re.findall(rf"(?<![\w.,]){number}[\s%€$£-]*([^\W\d_]{{3,}})", text, re.IGNORECASE)
    return frozenset(_stem(word.casefold()) for word in found)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)][:STEM]
    return word[:STEM]


_FUNCTION = """
a an the and or but if of to in on at by for with from as is are was were be been being it its this that these those
you your we our they their he she his her i me my not no do does did can could may might will would should shall
must have has had than then there here so such also more most other some any each which who whom what when where why
how about into over under between while during because however therefore thus very just only own same too up out
down off again further once all both few yes der die das den dem des ein eine einen einem einer eines und oder aber
wenn von zu im in am an auf für mit bei aus nach vor über unter als wie ist sind war waren sein wird werden wurde
kann können könnte darf dürfen muss müssen soll sollen sollte hat haben hatte es er sie wir ihr sich nicht kein
keine auch noch nur schon dann dort hier so dass weil da zum zur ja nein dies diese dieser dieses le la les un une
des du de et ou mais si dans sur par pour avec sans est sont était être il elle nous vous ils elles ne pas que qui
quoi dont où ce cet cette ces se son sa ses leur leurs plus aussi au aux oui non el los las una unos unas y o pero
si en por para con sin es son era ser está están lo al del que quien cuando donde su sus se no sí más también como
este esta estos estas
"""
_FUNCTION_WORDS = frozenset(_FUNCTION.split())

# What models write around a claim.
_AROUND_CLAIMS = """
according document documents provided provide information following include includes including included steps step
context passage passages text article stated mentioned based source sources note important additionally overall
summary example examples answer question questions please sure several various certain generally typically specific
consider refer furthermore moreover laut dokument dokumente informationen folgende folgenden schritte schritt
hinweis wichtig außerdem zusammenfassung beispiel antwort frage fragen bitte gerne
cannot unfortunately absolutely definitely certainly indeed sorry afraid nope leider selbstverständlich malheureusement
désolé absolument lamentablemente
"""
_FRAMING = frozenset(_stem(word) for word in _AROUND_CLAIMS.split())

# With what a visitor is asked back: about them and what they have, not about what is offered to them.
_ASKING = """
help assist anything else need want like know tell clarify explain mean specify share provide give right exact better
best guide point direct you using use have model product plan country city region version order account device browser
system app application error message number name date type kind colour color size brand store contract subscription
question issue problem part live looking trying happen show see read say currently exactly steps detail details details
information answer primary goal interested talk talking refer referring one two both first second
gerät modell produkt land vertrag tarif bestellung konto version frage genau geht handelt meinen meinst möchten
möchtest helfen nutzen verwenden haben hast wohnen wohnst welches welche welchem welchen
produit modèle appareil pays commande compte parlez parlez-vous aider souhaitez utilisez avez voulez agit
quel quelle quels quelles qué cuál cuáles cómo dónde cuándo wann warum wieso wer
producto modelo aparato país pedido cuenta trata ayudar desea quiere usa utiliza tiene
"""
_ASKING_BACK = frozenset(_stem(word) for word in _ASKING.split())
