"""Language: which of those we speak a message is in, by function words, common words of customers, letters and endings.

A short message often tells little. What it leaves open, the visitor's earlier messages decide, then what the page or
the browser prefers. A neighbour of our languages, which we do not speak, is not taken for one of them.
"""

import re
from collections import Counter
from collections.abc import Sequence

SPOKEN = ("en", "de", "fr", "es", "ar")
_FUNCTION = {
    "en": "the is are am was were be been do does did how what whats when where wheres why which who can could would "
    "will should my your our their you u i im ive id me we us they it its to of for and or but with without not no yes "
    "a an in on at by from this that these those there have has had get got any if about still please need want dont "
    "doesnt didnt cant wont isnt hasnt long much many often",
    "de": "der die das den dem des ist sind war bin bist sein seid wie was wer wen wem wann wo woher wohin warum wieso "
    "welche welcher welches kann kannst können könnt darf dürfen muss müssen will wollen möchte mein meine meinen "
    "meiner dein deine euer eure ihr ihre unser unsere ich du er sie wir man mich mir dich dir euch ihnen uns zu zum "
    "zur von vom für und oder aber mit ohne es gibt gibts nicht kein keine keinen nein ja ein eine einen einer einem "
    "im in auf an am aus bei nach über unter wird werden wurde habe hab hast hat haben habt hatte auch noch schon "
    "nur viel viele lange oft bitte wenn dass ob geht gehts gilt",
    "fr": "le la les un une des du de est sont était suis êtes a ai as avez ont comment que quoi quel quelle quels "
    "quelles quand où pourquoi combien qui puis peux peut pouvez je tu il elle on nous vous ils mon ma mes ton ta "
    "tes votre vos notre nos pour et ou mais avec sans ne pas plus dans sur par chez au aux en ce cette ces ça "
    "qu si oui non faut faire avoir être",
    "es": "el la los las un una unos unas del de al a es son está están soy cómo como qué que cuál cuánto cuánta "
    "cuántos cuándo cuando dónde donde quién por para puedo puede pueden podría mi mis tu su sus nuestro yo usted "
    "ustedes me te se le lo nos con sin y o pero no sí si en hay tengo tiene tienen quiero hacer hasta desde muy más "
    "este esta",
}
_COMMON = {  # what customers write about, in words that no neighbour has
    "en": "order orders delivery shipping shipment parcel package return returns refund refunds payment pay price cost "
    "costs free warranty invoice password account login subscription cancel change delete help opening hours phone "
    "number address shop store broken working light filter size money card discount sell buy price send track hello "
    "thanks later tomorrow today days weeks months years back ship how's it's what's",
    "de": "bestellung bestellen lieferung liefern liefert versand versandkosten paket rückgabe rücksendung zurück geld "
    "erstattung zahlung zahlen bezahlen preis kostet kosten kostenlos rechnung passwort kennwort konto anmelden abo "
    "kündigen kündigung ändern löschen hilfe öffnungszeiten geöffnet telefonnummer adresse laden kaputt defekt gerät "
    "garantie filter wechseln größe karte rabatt verkauft verkaufen kaufen schicken hallo danke heute morgen tage "
    "wochen monate jahre offene stellen rotes licht leuchtet blinkt umtausch gutschein",
    "fr": "commande commander livraison livrer livrez colis retour retourner remboursement rembourser payer paiement "
    "prix coûte coût frais gratuit gratuite garantie facture compte connexion abonnement annuler résilier changer "
    "supprimer aide horaires ouverture téléphone numéro adresse magasin boutique cassé lumière taille argent carte "
    "remise vendez acheter envoyer bonjour merci aujourd'hui demain jours semaines mois ans mot passe délai délais",
    "es": "pedido pedidos envío envíos enviar enviáis paquete devolución devoluciones devolver reembolso pago pagar "
    "precio cuesta coste gratis garantía factura contraseña cuenta suscripción cancelar cambiar borrar eliminar ayuda "
    "horario horarios apertura abierto teléfono número dirección tienda roto luz talla dinero tarjeta descuento "
    "vendéis venden comprar hola gracias hoy mañana días semanas meses años plazo entrega",
}
_NEIGHBOURS = {
    "it": "il lo gli di da che chi è sono sei siete ho hai ha avete come posso quanto quanti quando dove perché quale "
    "non un una per con senza mio mia miei vostro del della dei nel nella al alla si ma anche ordine spedizione "
    "consegna reso rimborso prezzo costa gratis fattura aiuto ciao grazie pacco restituire negozio orari",
    "pt": "o os as um uma de do da dos que é são estou como posso quanto quando onde porque porquê não por para com "
    "sem meu minha seu sua no na em eu você vocês tem mas pedido envio entrega devolução reembolso preço custa conta "
    "ajuda olá obrigado obrigada encomenda loja",
    "nl": "de het een is zijn ben heb hebben heeft hoe wat kan kunnen ik jij je mijn jullie niet geen van voor met op "
    "waar wanneer waarom welke wie en of maar naar bij ook nog lang bestelling levering verzending retour terug "
    "betalen prijs kost gratis rekening hulp pakket winkel openingstijden wachtwoord",
    "pl": "jak co czy jest są nie mogę może mój moja gdzie kiedy dlaczego ile i w na do z za się to mam zamówienie "
    "dostawa zwrot płatność cena pomoc paczka sklep dzień dobry dziękuję",
    "sv": "hur vad vem är kan jag du min mitt ni inte och på för med var när varför den det en ett har kostar "
    "beställning leverans retur hjälp tack hej butik paket",
    "tr": "nasıl ne bir bu için ve nerede zaman neden benim kaç mı mi var yok sipariş kargo iade ödeme fiyat yardım "
    "merhaba teşekkürler",
}
_LETTERS = {
    "de": re.compile(r"ß|[^\W_]ä|ä[^\W_]|ö|ü"),
    "fr": re.compile(r"[çœêèùûî]|\b(?:qu|[cdjlmnst])['’]"),
    "es": re.compile(r"ñ|[áíóú]"),
    "it": re.compile(r"[ìò]|\b(?:un|dell|all|l|c)['’](?=[aeiouè])"),
    "pt": re.compile(r"[ãõ]|ç[õã]"),
    "pl": re.compile(r"[łąęśżźćń]"),
    "sv": re.compile(r"å"),
    "tr": re.compile(r"[şğı]"),
}
_SIGNS = {"es": re.compile("[¿¡]")}
_ENDINGS = {
    "en": "ing ness ship ful ight",
    "de": "ung ungen keit heit lich liche licher lichen lichem liches isch ische ischer ischen ischem isches chen "
    "ieren schaft zeit zeiten",
    "fr": "eur eurs euse eux aison ement ième ité",
    "es": "ción ciones dad dades miento amos emos",
}
MIN_STEM = 3  # letters before an ending: "sing" tells nothing
_KNOWN = {
    language: frozenset(
        f"{_FUNCTION.get(language, '')} {_COMMON.get(language, '')} {_NEIGHBOURS.get(language, '')}".split()
    )
    for language in (*_FUNCTION, *_NEIGHBOURS)
}
_ENDED = {language: tuple(endings.split()) for language, endings in _ENDINGS.items()}
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
MAX_READ = 2000  # characters: what is longer has told by then


def language_of(message: str, preferred: str = "", before: Sequence[str] = ()) -> str:
    """Return the language of a message among those we speak.

    What it leaves open is decided by what the visitor wrote `before`, the latest first, and then by the first that is
    `preferred`, a list as in `Accept-Language`. So is a message in a language that we do not speak.
    """
    likely = _likely(message)
    candidates = [language for language in likely if language in SPOKEN]
    if len(likely) == 1 and candidates:
        return candidates[0]
    wanted = next((code for part in preferred.split(",") if (code := part.strip()[:2].casefold()) in SPOKEN), "en")
    earlier = next(
        (told[0] for text in reversed(before) if len(told := _likely(text)) == 1 and told[0] in SPOKEN), None
    )
    for language in (earlier, wanted):
        if language in candidates or (language and not candidates):
            return language
    return candidates[0] if candidates == likely else wanted


def _likely(text: str) -> list[str]:
    """Return the language that most of a text is in, several where they tie, none where it tells nothing."""
    small = text[:MAX_READ].casefold()
    if _ARABIC.search(small):
        return ["ar"]
    scores: Counter[str] = Counter()
    for word in frozenset(_WORD.findall(small)):
        knowing = [language for language, words in _KNOWN.items() if word in words]
        scores.update(knowing or (language for language, ends in _ENDED.items() if word[MIN_STEM:].endswith(ends)))
    for signs in (_LETTERS, _SIGNS):
        scores.update(language for language, sign in signs.items() if sign.search(small))
    best = max(scores.values(), default=0)
    return [language for language in _KNOWN if scores[language] == best] if best else []
