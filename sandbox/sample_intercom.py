"""What Acme's business desk keeps in Intercom: how offices rent purifiers and watch them in the fleet dashboard."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.intercom import IntercomSandbox
from sandbox.intercom.records import Author
from sandbox.intercom.talks import AGENT, BOT, CUSTOMER
from sandbox.load import html_of

DAY = 86_400
LEAD = Author("lead", "6762f0f31bb69f9f2193cc01", "Noor Haddad", "noor@studio.test")


@dataclass(frozen=True, slots=True)
class BusinessText:
    """An article for business customers, in Markdown. `audience` and `collection`: '' for none."""

    title: str
    body: str
    collection: str
    german: tuple[str, str] | None = None
    audience: str | None = "everyone"
    state: str = "published"


COLLECTIONS = {"Fleet dashboard": "Flottenübersicht", "Rental for offices": "Miete für Büros"}
NESTED = "Reports"
ARTICLES = (
    BusinessText(
        "Add a device to the fleet dashboard",
        "Open **Devices › Add**, then scan the code below the purifier's door. It shows up within two minutes.\n\n"
        "1. Give it a room, so that reports can be read by floor.\n"
        "2. Choose who is told when its filter has to be changed.\n\n"
        "A purifier belongs to one dashboard at a time: remove it there before you add it here.",
        "Fleet dashboard",
        (
            "Ein Gerät in die Flottenübersicht aufnehmen",
            "Öffnen Sie **Geräte › Hinzufügen** und scannen Sie den Code auf der Rückseite. Nach zwei Minuten ist das "
            "Gerät zu sehen.",
        ),
    ),
    BusinessText(
        "Single sign-on for the fleet dashboard",
        "Single sign-on works with SAML 2.0 and comes with contracts of 25 devices or more. Give your account manager "
        "the metadata of your identity provider; ours follows in the same week.",
        "Fleet dashboard",
    ),
    BusinessText(
        "Export air quality as a CSV file",
        "Under **Reports › Export** choose rooms and a period of up to a quarter. The file has a row for each hour:\n\n"
        "| column | unit |\n|---|---|\n| PM2.5 | µg/m³ |\n| CO2 | ppm |\n| humidity | % |\n\n"
        "Larger exports arrive by e-mail.",
        NESTED,
        (
            "Luftqualität als CSV-Datei ausgeben",
            "Unter **Berichte › Export** wählen Sie Räume und einen Zeitraum von höchstens drei Monaten.",
        ),
    ),
    BusinessText(
        "Rent purifiers for an office",
        "The shortest rental is twelve months. Delivery, set-up and maintenance are included. Devices "
        "that fail are replaced at once.",
        "Rental for offices",
        (
            "Luftreiniger für Büros mieten",
            "Die Mindestmietzeit beträgt zwölf Monate. Lieferung, Aufbau und Wartung sind enthalten.",
        ),
    ),
    BusinessText(
        "Order with a purchase order number",
        "Write your purchase order number into the field *Reference* at checkout; it is printed on each monthly "
        "invoice. It cannot be added afterwards.",
        "Rental for offices",
    ),
    BusinessText(
        "Prices for contracts above 100 devices",
        "Contracts above 100 devices get 18 % off the list price, above 500 devices 24 %.",
        "Rental for offices",
        audience="all_users",
    ),
    BusinessText("Fleet dashboard: summer release", "The heat map of floors comes in summer.", "", audience="everyone"),
    BusinessText("Carbon report (beta)", "Not finished.", NESTED, state="draft"),
)
INTERNAL = (
    (
        "How to quote for an office",
        "Count one purifier for 40 m² of open office. Ask for the floor plan before a price is named.",
    ),
)
Talk = tuple[str, tuple[tuple[Author, str], ...], tuple[str, ...]]
TALKS: tuple[Talk, ...] = (
    (
        "Two of our purifiers are offline in the dashboard since the network was changed.",
        (
            (BOT, "Have a look at: Add a device to the fleet dashboard."),
            (CUSTOMER, "They are added already. They just do not come back."),
            (AGENT, "Press the Wi-Fi button for ten seconds and add them again; their history is kept."),
            (CUSTOMER, "Both are back. Thank you!"),
        ),
        ("fleet",),
    ),
    (
        "Can we end the office rental after eight months?",
        ((AGENT, "The shortest rental is twelve months, but another company may take over the contract."),),
        ("rental",),
    ),
    (
        "Können wir die Rechnung mit unserer Bestellnummer bekommen?",
        ((AGENT, "Ja: Tragen Sie sie bei der Bestellung unter Referenz ein, dann steht sie auf jeder Rechnung."),),
        ("billing",),
    ),
)


def acme_intercom(*, clock: Callable[[], float] = time.time) -> IntercomSandbox:
    """A workspace with one open help center in two languages, an article for teammates, and conversations."""
    account = IntercomSandbox(clock=clock)
    account.put_help_center("Acme for Business", locales=("en", "de"))
    collections = {name: account.put_collection(name, german=german) for name, german in COLLECTIONS.items()}
    collections[NESTED] = account.put_collection(NESTED, parent=collections["Fleet dashboard"], german="Berichte")
    for place, text in enumerate(ARTICLES):
        account.put_article(
            text.title,
            html_of(text.body),
            parents=(collections[text.collection],) if text.collection else (),
            state=text.state,
            audience=text.audience,
            translations={"de": (text.german[0], html_of(text.german[1]))} if text.german else None,
            at=account.world.now() - (90 - place) * DAY,
        )
    for title, body in INTERNAL:
        account.put_internal(title, html_of(body))
    _talks(account)
    return account


def _talks(account: IntercomSandbox) -> None:
    for place, (question, replies, tags) in enumerate(TALKS):
        number = account.put_conversation(
            html_of(question),
            [(who, html_of(said)) for who, said in replies],
            author=LEAD if place == 1 else CUSTOMER,
            tags=tags,
            state="closed",
            at=account.world.now() - (20 - place) * DAY,
        )
        if place == 1:
            account.say(number, "<p>Ask sales before anything is promised.</p>", AGENT, "note")
