"""The tickets of the sample account: what customers wrote, what agents answered, and what they noted for each other."""

from dataclasses import dataclass

AGENT = "Sam Agent"


@dataclass(frozen=True, slots=True)
class TicketText:
    """One ticket; `comments` are (author, body, public)."""

    requester: str
    subject: str
    description: str
    comments: tuple[tuple[str, str, bool], ...]
    status: str = "solved"


TICKETS = (
    TicketText(
        "Nora Lind",
        "Breeze 300 offline after new router",
        "Hello, since we have a new router the app says my Breeze 300 is offline. The light blinks orange.",
        (
            (AGENT, "Please give the 2.4 GHz network a name of its own and add the device again.", True),
            ("Nora Lind", "That was it, thank you!", True),
            (AGENT, "Third case with this router model this week. Telling the app team.", False),
        ),
    ),
    TicketText(
        "Paul Weber",
        "Refund for order 20417",
        "I sent the purifier back twelve days ago and have no money yet.",
        (
            (AGENT, "Return scanned on Monday, finance forgot to release it.", False),
            (AGENT, "I am sorry for the delay. The refund has left us today.", True),
        ),
    ),
    TicketText(
        "Ines Costa",
        "Filter arrived without its seal",
        "The box of my F3 filter was open. Is it safe to use?",
        ((AGENT, "Please do not use it. A new filter is on its way and you can keep the old one.", True),),
    ),
    TicketText(
        "Jonas Beck",
        "Abo doppelt berechnet",
        "Guten Tag, mein Filter-Abo wurde im Oktober zweimal abgebucht.",
        (
            (AGENT, "Das tut mir leid. Die zweite Abbuchung erstatten wir bis Freitag.", True),
            (AGENT, "Billing bug 311: two subscriptions on one account.", False),
        ),
    ),
    TicketText(
        "Mia Hansen",
        "Rattling noise at night",
        "My Breeze 100 rattles at the lowest speed. The filter is new.",
        (
            (AGENT, "Please take the filter out and push it in until it clicks.", True),
            ("Mia Hansen", "It still rattles.", True),
            (AGENT, "Then the motor mount is loose. We exchange the device under warranty.", True),
        ),
    ),
    TicketText(
        "Omar Said",
        "Invoice with company name",
        "I need the invoice for order 20988 with our company name on it.",
        ((AGENT, "Change the billing address under My orders and choose Issue again.", True),),
    ),
    TicketText(
        "Lea Roth",
        "Delivery to a parcel locker",
        "Can you deliver to a parcel locker in Vienna?",
        ((AGENT, "Yes, for the Breeze 100. The Breeze 300 is too large for lockers.", True),),
    ),
    TicketText(
        "Tom Reed",
        "API key stopped working",
        "My API key answers 401 since yesterday evening.",
        (
            (AGENT, "Keys were rotated after the incident on Tuesday; the customer was not told.", False),
            (AGENT, "Please create a new key under Account > Developer. The old ones have ended.", True),
        ),
        status="pending",
    ),
    TicketText(
        "Vera Novak",
        "Purifier smells sour",
        "After our holidays the air from the purifier smells sour.",
        ((AGENT, "The filter has become damp. Please replace it and keep the device dry.", True),),
    ),
    TicketText(
        "Ben Okafor",
        "Bulk order for our school",
        "We would like 24 Breeze 300 for our classrooms. Do you have school prices?",
        ((AGENT, "Offer with 18 % sent by Dana, do not quote it publicly.", False),),
        status="open",
    ),
)
