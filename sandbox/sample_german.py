"""The German texts of the sample help center, by the key of the English article."""

SECTION_NAMES = {
    "Getting started": "Erste Schritte",
    "Orders and billing": "Bestellung und Bezahlung",
    "Using your purifier": "Ihren Luftreiniger nutzen",
    "Setup": "Einrichtung",
    "App and account": "App und Konto",
    "Orders": "Bestellungen",
    "Shipping": "Versand",
    "Returns and refunds": "Rückgabe und Erstattung",
    "Payments and subscriptions": "Zahlung und Abos",
    "Filters and care": "Filter und Pflege",
    "Troubleshooting": "Fehlersuche",
}

GERMAN = {
    "wifi": (
        "Luftreiniger mit dem WLAN verbinden",
        """\
Ihr Breeze braucht ein Netz mit **2,4 GHz**. Reine 5-GHz-Netze erkennt er nicht.

1. Halten Sie die WLAN-Taste drei Sekunden lang gedrückt, bis das Licht blau blinkt.
2. Öffnen Sie die App Acme Home und wählen Sie *Gerät hinzufügen*.
3. Wählen Sie Ihr Netz und geben Sie das Passwort ein.

Gastnetze mit Anmeldeseite werden nicht unterstützt.
""",
    ),
    "password": (
        "Passwort zurücksetzen",
        """\
Wählen Sie auf der Anmeldeseite **Passwort vergessen**. Wir schicken Ihnen einen Link, der eine Stunde lang gilt.

Nach zehn Minuten keine E-Mail? Sehen Sie im Spam-Ordner nach und prüfen Sie, ob die Adresse zur Bestellung passt.
""",
    ),
    "track": (
        "Wo ist meine Bestellung?",
        """\
Sobald Ihr Paket unser Lager verlässt, bekommen Sie eine Nachricht mit einem Link zur Sendungsverfolgung. Denselben
Link finden Sie unter *Meine Bestellungen*.

Hat sich fünf Werktage lang nichts bewegt, schreiben Sie uns: Wir suchen das Paket oder schicken ein neues.
""",
    ),
    "return": (
        "Ein Produkt zurückschicken",
        """\
Sie können alles innerhalb von **60 Tagen** nach der Lieferung zurückgeben, benutzt oder nicht.

1. Öffnen Sie *Meine Bestellungen* und wählen Sie **Rückgabe**.
2. Drucken Sie den Aufkleber aus oder zeigen Sie den Code im Paketshop vor.
3. Legen Sie das Gerät in seinen Karton. Jeder feste Karton ist recht.

Die Rücksendung ist kostenlos. Geöffnete Filter können aus hygienischen Gründen nicht zurückgegeben werden.
""",
    ),
    "refund": (
        "Wann bekomme ich mein Geld zurück?",
        """\
Wir erstatten den vollen Preis innerhalb von **fünf Werktagen**, nachdem die Rücksendung bei uns angekommen ist, auf
dem Weg, auf dem Sie bezahlt haben.
""",
    ),
    "cancel-subscription": (
        "Filter-Abo pausieren oder kündigen",
        """\
Es gibt keine Mindestlaufzeit. Öffnen Sie *Konto > Abo* in der App oder im Shop:

- **Pausieren** lässt Lieferungen für einen bis sechs Monate aus.
- **Kündigen** beendet das Abo sofort. Ein Filter, der schon unterwegs ist, wird noch berechnet.

Sie können jederzeit wieder beginnen, zum dann gültigen Preis.
""",
    ),
    "replace-filter": (
        "Wann und wie wird der Filter gewechselt?",
        """\
Wechseln Sie den Filter alle **sechs Monate** oder sobald das Filterlicht rot leuchtet. Mit Haustieren oder in
Raucherhaushalten rechnen Sie mit vier Monaten.

1. Schalten Sie das Gerät aus und ziehen Sie den Stecker.
2. Öffnen Sie die Klappe auf der Rückseite und ziehen Sie den alten Filter heraus.
3. Setzen Sie den neuen ein; der Pfeil zeigt nach innen.
4. Halten Sie die Filtertaste fünf Sekunden lang gedrückt, bis das Licht weiß wird.
""",
    ),
    "lights": (
        "Was die Lichter bedeuten",
        """\
| Licht | Bedeutung | Was tun? |
|---|---|---|
| weiß | alles in Ordnung | nichts |
| blau blinkend | bereit zum Verbinden | App öffnen |
| orange blinkend | keine Verbindung zum WLAN | Router neu starten, dann die WLAN-Taste drei Sekunden lang drücken |
| rot | der Filter ist verbraucht | Filter wechseln |
""",
    ),
}
