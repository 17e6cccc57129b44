"""What customers of the sample company ask and what agents answer: the material of `sample_conversations`."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "de"]
Kind = Literal["in_help_center", "not_in_help_center", "contradicting", "account_specific"]
"""Whether the help center says what the agent answered: it does, it does not, it says otherwise, it cannot know."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One matter in one language. `{order}`, `{phone}` and `{iban}` are filled in for each customer."""

    key: str
    kind: Kind
    language: Language
    group: str
    subject: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]


TOPICS = (
    Topic(
        "wifi",
        "in_help_center",
        "en",
        "Technical",
        "Breeze does not find my Wi-Fi",
        (
            "My new Breeze does not see our network. It is a 5 GHz router, does that matter?",
            "The app never gets past 'searching' when I add the purifier. Phone is on 5 GHz Wi-Fi.",
            "How do I get the purifier into the wifi? I pressed the button but nothing hapens.",
        ),
        (
            "The Breeze needs a 2.4 GHz network. Hold the Wi-Fi button for three seconds until the light "
            "blinks blue, then choose Add device in the app.",
            "Please switch on the 2.4 GHz band of your router and add the device there; networks that are 5 "
            "GHz only are not joined.",
        ),
    ),
    Topic(
        "wifi",
        "in_help_center",
        "de",
        "Technical",
        "WLAN-Verbindung klappt nicht",
        (
            "Mein Breeze findet unser WLAN nicht. Der Router sendet nur auf 5 GHz, liegt es daran?",
            "Ich bekomme das Gerät nicht ins WLAN, die App sucht und sucht.",
        ),
        (
            "Der Breeze braucht ein Netz mit 2,4 GHz. Halten Sie die WLAN-Taste drei Sekunden lang "
            "gedrückt, bis das Licht blau blinkt.",
        ),
    ),
    Topic(
        "return",
        "in_help_center",
        "en",
        "Orders",
        "Sending the purifier back",
        (
            "How long can I send a purifier back? I have used it for three weeks already.",
            "I would like to return order {order}. Do I need the original box?",
            "can i still retrun it after a month??",
        ),
        (
            "You can return it within 60 days of delivery, used or not. Open My orders and choose Return; "
            "any sturdy box will do.",
            "Of course: within 60 days everything can go back. Print the label under My orders > Return.",
        ),
    ),
    Topic(
        "return",
        "in_help_center",
        "de",
        "Orders",
        "Rückgabe",
        (
            "Wie lange kann ich den Luftreiniger zurückgeben? Ich habe ihn schon benutzt.",
            "Ich möchte Bestellung {order} zurückschicken, habe aber den Karton nicht mehr.",
        ),
        (
            "Sie können alles innerhalb von 60 Tagen nach der Lieferung zurückgeben, benutzt oder nicht. "
            "Jeder feste Karton ist recht.",
        ),
    ),
    Topic(
        "refund",
        "in_help_center",
        "en",
        "Orders",
        "When is the refund coming?",
        (
            "My parcel is back with you since Monday. How long does the refund take?",
            "Return of {order} was delivered a week ago, when do I get the money?",
        ),
        (
            "We refund the full price within five working days after the return has reached us. Banks may "
            "need three more days to show it.",
        ),
    ),
    Topic(
        "refund",
        "in_help_center",
        "de",
        "Orders",
        "Wann kommt die Erstattung?",
        ("Das Paket ist seit Montag wieder bei Ihnen. Wie lange dauert die Erstattung?",),
        ("Wir erstatten innerhalb von fünf Werktagen, nachdem die Rücksendung bei uns angekommen ist.",),
    ),
    Topic(
        "subscription",
        "in_help_center",
        "en",
        "Orders",
        "Cancel filter subscription",
        (
            "Where can I cancel the filter subscription? Is there a minimum term?",
            "I want to pause the filters for the summer. Possible?",
        ),
        (
            "There is no minimum term. Open Account > Subscription and choose Pause or Cancel; a filter "
            "already on its way is still charged.",
        ),
    ),
    Topic(
        "subscription",
        "in_help_center",
        "de",
        "Orders",
        "Filter-Abo kündigen",
        (
            "Wie kündige ich mein Filter-Abo? Gibt es eine Mindestlaufzeit?",
            "Ich würde das Abo gerne im Sommer pausieren, geht das?",
        ),
        ("Es gibt keine Mindestlaufzeit. Öffnen Sie Konto > Abo und wählen Sie Pausieren oder Kündigen.",),
    ),
    Topic(
        "filter",
        "in_help_center",
        "en",
        "Technical",
        "How often does the filter need changing?",
        (
            "How often should I replace the filter? We have two cats.",
            "The filter light is red. What do I do after I put a new one in?",
        ),
        (
            "Every six months, or about every four months with pets. Hold the filter button for five "
            "seconds afterwards to reset the counter.",
        ),
    ),
    Topic(
        "filter",
        "in_help_center",
        "de",
        "Technical",
        "Filter wechseln",
        (
            "Wie oft muss der Filter gewechselt werden? Wir haben eine Katze.",
            "Das Filterlicht leuchtet rot, obwohl der Filter neu ist.",
        ),
        (
            "Alle sechs Monate, mit Haustieren etwa alle vier. Halten Sie danach die Filtertaste fünf "
            "Sekunden lang gedrückt.",
        ),
    ),
    Topic(
        "offline",
        "in_help_center",
        "en",
        "Technical",
        "App says offline",
        (
            "The light blinks orange and the app shows the purifier as offline.",
            "Since we changed the password of our router the Breeze is offline.",
        ),
        (
            "Blinking orange means that it has lost the Wi-Fi. Restart the router; if the password has "
            "changed, remove the device in the app and add it again.",
        ),
    ),
    Topic(
        "lights",
        "in_help_center",
        "de",
        "Technical",
        "Orangefarbenes Licht",
        ("Was bedeutet das orange blinkende Licht am Gerät?",),
        (
            "Das Gerät hat keine Verbindung zum WLAN. Starten Sie den Router neu und drücken Sie die "
            "WLAN-Taste drei Sekunden lang.",
        ),
    ),
    Topic(
        "noise",
        "in_help_center",
        "en",
        "Technical",
        "Rattling noise",
        ("There is a rattle at low speed since I changed the filter.",),
        ("Nearly always the filter is not seated: take it out and push it in until it clicks.",),
    ),
    Topic(
        "invoice",
        "in_help_center",
        "en",
        "Orders",
        "Invoice",
        (
            "Where do I find the invoice for order {order}?",
            "I need the invoice with our company name on it, order {order}.",
        ),
        (
            "It is under My orders > Documents as a PDF. Change the billing address first and choose Issue "
            "again to put a company name on it.",
        ),
    ),
    Topic(
        "delivery",
        "in_help_center",
        "de",
        "Orders",
        "Lieferzeit in die Schweiz",
        ("Liefern Sie in die Schweiz, und wie lange dauert das?",),
        ("Ja, in 5 bis 8 Werktagen für 14,90 EUR, der Zoll ist enthalten.",),
    ),
    Topic(
        "password",
        "in_help_center",
        "en",
        "Technical",
        "Password e-mail does not arrive",
        ("I asked for a new password but the mail does not come.",),
        (
            "The link is valid for one hour. Please look into the spam folder and check that you used the "
            "address of your order.",
        ),
    ),
    Topic(
        "track",
        "in_help_center",
        "de",
        "Orders",
        "Wo bleibt mein Paket?",
        ("Bestellung {order} bewegt sich seit Tagen nicht. Wo ist das Paket?",),
        (
            "Den Link zur Sendungsverfolgung finden Sie unter Meine Bestellungen. Wenn sich fünf Werktage "
            "nichts bewegt, schicken wir ein neues.",
        ),
    ),
    Topic(
        "altitude",
        "not_in_help_center",
        "en",
        "Technical",
        "Use in the mountains",
        (
            "We live at 2,400 m. Does the Breeze 300 work at that altitude?",
            "Is there a maximum altitude for the purifier?",
        ),
        ("Yes, up to 3,000 m. Above 2,000 m the fan turns about ten percent faster, which is normal.",),
    ),
    Topic(
        "altitude",
        "not_in_help_center",
        "de",
        "Technical",
        "Einsatz im Gebirge",
        ("Funktioniert der Breeze 300 auch auf 2400 Metern Höhe?",),
        ("Ja, bis 3000 Meter. Über 2000 Metern dreht der Lüfter etwa zehn Prozent schneller.",),
    ),
    Topic(
        "boat",
        "not_in_help_center",
        "en",
        "Technical",
        "12 volt supply",
        ("Can I run the Breeze 100 from a 12 V battery on our boat?", "Is there a 12 volt adapter for camping?"),
        ("The Breeze 100 takes 24 V, 1.5 A. A step-up converter of 40 W works; we do not sell one.",),
    ),
    Topic(
        "plug",
        "not_in_help_center",
        "de",
        "Orders",
        "Stecker für Großbritannien",
        ("Gibt es das Netzteil auch mit britischem Stecker?",),
        ("Ja, wir legen es der Bestellung kostenlos bei, wenn Sie uns vor dem Versand schreiben.",),
    ),
    Topic(
        "return",
        "contradicting",
        "en",
        "Orders",
        "Return period",
        ("Is the return period 60 days? A friend told me 30.",),
        ("The return period is 30 days from the date of purchase.",),
    ),
    Topic(
        "refund",
        "contradicting",
        "de",
        "Orders",
        "Dauer der Erstattung",
        ("Wie lange dauert eine Erstattung auf die Kreditkarte?",),
        ("Eine Erstattung dauert bei uns bis zu vier Wochen.",),
    ),
    Topic(
        "double-charge",
        "account_specific",
        "en",
        "Billing",
        "Charged twice",
        (
            "You charged order {order} twice. Please refund to {iban}. Call me on {phone}.",
            "Two payments for {order} left my account. My IBAN is {iban}.",
        ),
        ("I have found both payments of order {order} and refunded the second one today.",),
    ),
    Topic(
        "double-charge",
        "account_specific",
        "de",
        "Billing",
        "Doppelte Abbuchung",
        ("Bestellung {order} wurde zweimal abgebucht. Bitte auf {iban} erstatten, Rückfragen an {phone}.",),
        ("Die zweite Abbuchung zu {order} haben wir heute erstattet.",),
    ),
    Topic(
        "address",
        "account_specific",
        "en",
        "Orders",
        "Change of address",
        ("Please send {order} to our new flat instead, phone {phone}.",),
        ("I have changed the address of order {order}; it leaves our warehouse tomorrow.",),
    ),
)

GREETINGS = {
    "en": ("Hello,\n\n", "Hi there,\n\n", "", "Dear team,\n\n", "hey "),
    "de": ("Hallo,\n\n", "Guten Tag,\n\n", "", "Sehr geehrte Damen und Herren,\n\n", "hi, "),
}
SIGNATURES = {
    "en": ("\n\nKind regards\n{name}", "", "\n\n-- \n{name}\nTel. {phone}", "\n\nSent from my iPhone"),
    "de": (
        "\n\nMit freundlichen Grüßen\n{name}",
        "",
        "\n\n-- \n{name}\nTel. {phone}",
        "\n\nVon meinem iPhone gesendet",
    ),
}
QUOTES = {
    "en": "\n\nOn Tue, 3 Nov 2026 at 09:12, Acme Support <support@acme.test> wrote:\n> {quoted}",
    "de": "\n\nAm Di., 3. Nov. 2026 um 09:12 Uhr schrieb Acme Support <support@acme.test>:\n> {quoted}",
}
THANKS = {
    "en": ("Thank you, that worked!", "Perfect, thanks.", "ok thx"),
    "de": ("Vielen Dank, das hat geklappt!", "Super, danke.", "Danke Ihnen."),
}
RECEIVED = {
    "en": "We have received your request and answer within one working day.",
    "de": "Wir haben Ihre Anfrage erhalten und antworten innerhalb eines Werktags.",
}
MACROS = {
    "en": "Thank you for contacting Acme. Please restart the app and the device. If that does not help, "
    "reply to this mail.",
    "de": "Vielen Dank für Ihre Nachricht. Bitte starten Sie App und Gerät neu. Falls das nicht hilft, "
    "antworten Sie uns.",
}
NOTES = ("Looks like the usual case, answered from the help center.", "Customer since 2021, be generous.")
NAMES = {
    "en": ("Nora Lind", "Omar Said", "Tom Reed", "Ben Okafor", "Lucy Marsh", "Priya Nair", "Hugo Fell", "Ada Quinn"),
    "de": (
        "Jonas Beck",
        "Lea Roth",
        "Mia Hansen",
        "Ute Krämer",
        "Emil Vogt",
        "Greta Lorenz",
        "Karl Sommer",
        "Ida Wolff",
    ),
}
IBANS = ("DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "AT611904300234573201")
PHONES = ("+49 30 901820", "0170 1234567", "+44 20 7946 0958", "(030) 2345-678")
