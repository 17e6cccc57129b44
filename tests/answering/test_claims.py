"""What of a statement is a claim: only what speaks of the passages themselves, or asks, stands unjudged."""

import pytest

from answering.gate import Gate
from answering.grounding import Evidence
from answering.sentences import Statement, cut

PASSAGE = """# Returns

You may send anything back within thirty days of delivery. We pay for the parcel up to 1,500 dollars.
The lamp A1 and the lamp B2 have a form of their own. Refunds go to the card.
"""
QUESTION = "How do I return something?"
SUPPORTED = "You may send anything back within thirty days of delivery."


def shown(statement: str, question: str = QUESTION) -> str:
    """Return what a reader sees of a statement that comes before a supported one."""
    evidence, gate = Evidence([PASSAGE], question), Gate(0.5)
    parts = [
        part
        for one in cut(f"{statement}\n\n{SUPPORTED}", final=True)[0]
        for part in gate.take(Statement(one), evidence.support(one))
    ]
    return "".join(part.text for part in [*parts, *gate.close()])


@pytest.mark.parametrize(
    "statement",
    [
        "We do not cover damage by water.",
        "The warranty does not cover accidental breakage.",
        "We never provide technicians on weekends.",
        "Batteries are not included.",
        "Gift wrapping is not provided.",
        "The box contains no charger.",
        "Our technicians do not answer phones on Sunday.",
        "Wir übernehmen keine Wasserschäden.",
        "Der Versand ist nicht enthalten.",
        "Nous ne couvrons pas les dégâts des eaux.",
        "No cubrimos daños por agua.",
        "This article contains no nuts.",
        "We do not provide information by telephone.",
        "The pages say that the warranty does not cover water damage.",
    ],
)
def test_a_denial_about_the_world_is_a_claim(statement: str) -> None:
    assert shown(statement).strip() == SUPPORTED


@pytest.mark.parametrize(
    "statement",
    [
        "The pages do not say why, but bicycles enjoy lifelong insurance.",
        "I have no information about that; bicycles enjoy lifelong insurance.",
        "Bicycles enjoy lifelong insurance, I have no further details.",
        "Although the documents do not mention it, bicycles enjoy lifelong insurance.",
        "There is no mention of bicycles because technicians repair everything overnight.",
        "The passages do not cover that and our technicians will repair everything overnight.",
        "Die Seiten sagen dazu nichts, aber Fahrräder sind lebenslang versichert.",
    ],
)
def test_a_disclaimer_covers_no_claim_beside_it(statement: str) -> None:
    assert shown(statement).strip() == SUPPORTED


@pytest.mark.parametrize(
    "statement",
    [
        "The pages do not say what happens after that.",
        "The provided documents do not contain specific information about bicycles, scooters or unicycles.",
        "I do not have specific information on bicycles.",
        "I could not find anything about that in the documents.",
        "Sorry, I could not find any details about insurance.",
        "There is no mention of a bicycle.",
        "The exact insurance is not specified in the documents.",
        "However, it does not provide specific details on bicycles.",
        "Die Seiten nennen keine Angaben zu Fahrrädern.",
        "Leider habe ich dazu keine Informationen gefunden.",
        "Les documents ne précisent pas ce point.",
        "Los documentos no mencionan bicicletas.",
        "لا توجد معلومات عن ذلك.",
    ],
)
def test_a_statement_about_the_passages_claims_nothing(statement: str) -> None:
    evidence = Evidence([PASSAGE], QUESTION)

    assert evidence.support(statement).weight == 0


@pytest.mark.parametrize(
    "statement",
    [
        "Did you know that our technicians repair everything overnight?",
        "Why not use our complimentary overnight courier?",
        "Have you considered our lifelong insurance?",
        "Our technicians repair everything overnight, don't they?",
        "We repair everything overnight?",
        "Would you like to use our complimentary overnight courier?",
        "When did you buy the bicycle with lifelong insurance?",
        "Technicians repair everything overnight, so which lamp is it?",
        "Wussten Sie, dass unsere Techniker alles über Nacht reparieren?",
        "You can always visit our showroom downtown.",
        "Feel free to collect your complimentary voucher.",
        "As a rule, technicians might come overnight.",
    ],
)
def test_a_question_or_an_offer_that_presupposes_a_fact_is_a_claim(statement: str) -> None:
    assert shown(statement).strip() == SUPPORTED


@pytest.mark.parametrize(
    "statement",
    [
        "Which lamp do you have, the A1 or the B2?",
        "Is there anything else I can help you with?",
        "To give you the right steps, which model is it?",
        "In which country do you live?",
        "Um welches Gerät geht es?",
        "De quel produit parlez-vous ?",
        "¿De qué producto se trata?",
    ],
)
def test_a_question_back_claims_nothing(statement: str) -> None:
    assert Evidence([PASSAGE], QUESTION).support(statement).weight == 0


@pytest.mark.parametrize(
    "statement", ["Yes.", "Absolutely!", "It is.", "No, you cannot.", "Unfortunately not.", "Nein."]
)
def test_a_bare_yes_or_no_stands_where_the_passages_speak_of_the_question(statement: str) -> None:
    assert statement in shown(statement, "May I send a lamp back?")
    assert shown(statement, "Are bicycles insured against lightning?").strip() == SUPPORTED


@pytest.mark.parametrize("statement", ["It is in the EU.", "5G.", "US: TV."])
def test_two_letters_can_be_a_claim(statement: str) -> None:
    assert shown(statement).strip() == SUPPORTED
