"""Which language a message is answered in: short ones, typing errors, languages that we do not speak, conversations."""

import pytest

from answering.language import language_of

SHORT = {
    "en": """
        opening hours
        returns free?
        wheres my parcel
        do u ship to japan
        refund when
        filter light is red what do i do
        can i pay later
        price of F3 filter
        is it waterproof
        and to Switzerland?
    """,
    "de": """
        Habt ihr offene Stellen?
        habt ihr einen laden in münchen
        Öffnungszeiten
        rotes licht
        wie lange rückgabe
        und in die Schweiz?
        liefert ihr nach kanada
        passwort vergesen
        Versandkosten Österreich?
        gibts den auch in rot
        kann ich mit klarna bezahlen
        Rücksendung kostenlos
        Gewährleistung
        geht das auch ohne app
    """,
    "fr": """
        horaires d'ouverture
        livrez-vous en Suisse ?
        délai de livraison
        c'est gratuit ?
        j'ai perdu mon mot de passe
        remboursement quand
        vous avez un magasin à Paris
        et pour la Belgique ?
        ou est mon colis
        annuler ma commande
    """,
    "es": """
        horario de apertura
        ¿envían a México?
        cuanto cuesta el envio
        es gratis?
        donde esta mi pedido
        olvidé mi contraseña
        puedo devolver el filtro
        y a Portugal?
        tenéis tienda en Madrid
        cancelar suscripcion
    """,
    "ar": """
        أين طلبي
        هل التوصيل مجاني؟
    """,
}
CASES = [(text.strip(), language) for language, texts in SHORT.items() for text in texts.strip().splitlines()]


@pytest.mark.parametrize(("text", "language"), CASES)
def test_a_short_message_tells_its_language_whatever_the_page_prefers(text: str, language: str) -> None:
    others = [preferred for preferred in ("en-US,en;q=0.9", "de-DE", "fr") if preferred[:2] != language]

    assert {language_of(text, preferred) for preferred in others} == {language}


@pytest.mark.parametrize(
    "text",
    [
        "Quanto costa la spedizione?",
        "dove è il mio pacco",
        "siete aperti la domenica",
        "Vorrei restituire il mio ordine",
        "Onde está a minha encomenda?",
        "quanto custa o envio para Lisboa",
        "Waar is mijn bestelling?",
        "hebben jullie een winkel in Utrecht",
        "Ile kosztuje dostawa do Krakowa?",
        "Var är mitt paket?",
    ],
)
@pytest.mark.parametrize("preferred", ["de", "en", "fr-CH"])
def test_a_neighbour_of_ours_is_answered_in_what_the_page_prefers(text: str, preferred: str) -> None:
    assert language_of(text, preferred) == preferred[:2]


@pytest.mark.parametrize("text", ["F3 Carbon", "ok", "Breeze 300 Pro?", "PayPal", "???", "2.4 GHz", "SMS code"])
def test_what_tells_nothing_goes_on_in_the_language_of_the_conversation(text: str) -> None:
    assert language_of(text, "fr") == "fr"
    assert language_of(text, "fr", ["Wie lange habe ich Garantie?", "PayPal?"]) == "de"
    assert language_of(text, "it-IT,it;q=0.9,es;q=0.8") == "es"
    assert language_of(text) == "en"


def test_a_visitor_may_change_the_language() -> None:
    assert language_of("and how much is express?", "de", ["Was kostet der Versand?"]) == "en"
    assert language_of("Quanto costa?", "fr", ["Was kostet der Versand?"]) == "de"
