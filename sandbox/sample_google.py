"""The sample company's Drive: guides that anybody may read, and what only its support team should."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pptx

from sandbox.google import GoogleSandbox
from sandbox.google.bodies import CHECKBOXES, Body, cell, from_markdown, paragraph, run, tab, table
from sandbox.google.records import ANYONE

DAY = 86400
QUESTIONS = (
    "Which spare filter fits the Breeze 300?",
    "How do I mount the Breeze on a wall?",
    "May agents send a replacement before the broken device is back?",
)
"""What the demo can ask; only the support team's index answers the last."""


@dataclass(frozen=True, slots=True)
class DocText:
    """One document in Markdown; `folder` says who gets to see it."""

    key: str
    folder: Literal["guides", "team", "archive"]
    title: str
    text: str


DOCS = (
    DocText(
        "mounting",
        "guides",
        "Mounting the Breeze on a wall",
        """\
# What you need

- the wall bracket, article **WB-3**
- two screws of 6 mm and their plugs
- a spirit level

# Steps

1. Hold the bracket at a height of 120 to 160 cm and mark the holes.
   - Keep 30 cm of free space to both sides.
   - Stay away from sockets: cables may run above them.
2. Drill, insert the plugs, and screw the bracket on.
3. Hang the purifier in from above until it clicks.

The bracket carries 8 kg. The *Breeze 300 Pro* weighs 6.4 kg.
""",
    ),
    DocText(
        "night",
        "guides",
        "Night mode and timers",
        """\
Night mode dims every light and keeps the fan at its lowest speed. Hold the moon for two seconds.

| Timer | What happens | How to set it |
|---|---|---|
| Sleep | off after 2, 4 or 8 hours | press the moon once, twice, three times |
| Morning | full speed for 30 minutes | in the app only |

A timer ends when somebody changes the speed by hand.
""",
    ),
    DocText(
        "integrations",
        "guides",
        "Connecting the Breeze to home automation",
        """\
The purifier answers on the local network once *Account > Developer > Local access* is on:

```
curl http://breeze.local/v1/state
{"fan": 2, "night": false}
```

Set `fan` to a value from 0 to 4. More than one request a second is ignored. The
[API guide](https://developer.acme.test/local) lists every value.
""",
    ),
    DocText(
        "travel",
        "guides",
        "Using the Breeze abroad",
        """\
The power supply takes 100 to 240 V. You only need an adapter for the socket. Above 2,500 m the fan runs about a tenth
faster to move the same amount of air; that is normal and does no harm.
""",
    ),
    DocText(
        "allergy",
        "guides",
        "Heuschnupfen: So stellen Sie den Breeze ein",
        """\
Lassen Sie das Gerät in der Pollenzeit rund um die Uhr laufen und die Fenster zwischen 5 und 10 Uhr geschlossen.

1. Stellen Sie die **Automatik** in der App auf *Pollen*.
2. Wechseln Sie den Filter vor Beginn der Saison, also im Februar.
3. Stellen Sie das Gerät ins Schlafzimmer, mindestens eine Stunde vor dem Zubettgehen.
""",
    ),
    DocText(
        "escalation",
        "team",
        "When to escalate a case",
        """\
Hand a case to the second line when one of these is true:

1. The customer was hurt, or smelled smoke.
2. The same fault comes back after a replacement.
3. The customer mentions a lawyer or the press.

Note the serial number first. Second line answers within **four hours** on working days.
""",
    ),
    DocText(
        "advance",
        "team",
        "Advance replacement",
        """\
Agents may send a replacement before the broken device is back when the customer has a company account or has waited for
more than ten days. Choose *Replace > In advance* in the order. We charge the device after 30 days if it has not
arrived.
""",
    ),
    DocText(
        "tone",
        "team",
        "How we write to customers",
        """\
Short sentences. The answer first, the reason after it. We say *we* and never *the system*. We apologise once.
""",
    ),
    DocText(
        "recall",
        "archive",
        "Recall of 2021",
        "Power supplies of the series PS-21 were recalled in 2021. The recall ended in 2023.\n",
    ),
)


def acme(*, clock: Callable[[], float] = time.time) -> GoogleSandbox:
    """A Drive to read from `folder_of["knowledge"]` on; what is below `folder_of["guides"]` is meant for everybody."""
    office = GoogleSandbox(clock=clock)
    folders = office.folder_of
    folders["knowledge"] = office.put_folder("Acme knowledge")
    folders["guides"] = office.put_folder("Product guides", folders["knowledge"], permissions=[ANYONE])
    folders["team"] = office.put_folder("Support team", folders["knowledge"])
    folders["archive"] = office.put_folder("Archive")
    for number, doc in enumerate(DOCS):
        external_id = office.put_doc(doc.title, doc.text, folders[doc.folder])
        office.set(external_id, modified=clock() - (150 - 9 * number) * DAY)
        office.document_of[doc.key] = external_id
    _handbook(office)
    _others(office)
    return office


def _handbook(office: GoogleSandbox) -> None:
    """A document with tabs, a checklist, a merged cell, and a sentence that nobody has approved yet."""
    steps = Body()
    boxes = steps.new_list(CHECKBOXES)
    steps.content = [
        paragraph(run("Before you ask for photos"), style="HEADING_1", heading="h.photos"),
        paragraph(run("Look up the order"), bullet=(boxes, 0)),
        paragraph(run("Check the warranty: three years from delivery"), bullet=(boxes, 0)),
        paragraph(run("Refunds above 80 EUR need the shift lead."), run(" Or nobody.", suggestedInsertionIds=["s.1"])),
    ]
    faults = Body()
    faults.content = [
        table(
            [
                [cell(paragraph(run("Light"))), cell(paragraph(run("Fault"))), cell(paragraph(run("Answer")))],
                [cell(paragraph(run("red"))), cell(paragraph(run("filter"))), cell(paragraph(run("send F3")), rows=2)],
                [cell(paragraph(run("amber"))), cell(paragraph(run("sensor"))), cell()],
            ]
        )
    ]
    tabs = [
        tab("t.0", "Start", from_markdown("The handbook of the support team. Each tab is one kind of case."), [
            tab("t.1", "Damaged parcels", steps), tab("t.2", "Fault table", faults),
        ]),
    ]  # fmt: skip
    office.document_of["handbook"] = office.put_doc("Support handbook", tabs, office.folder_of["team"], editor=True)


def _others(office: GoogleSandbox) -> None:
    """What is no Google Doc: a sheet, slides, an uploaded note, a shortcut and a picture."""
    guides, team, keys = office.folder_of["guides"], office.folder_of["team"], office.document_of
    prices: list[list[object]] = [
        ["Article", "Fits", "EUR"], ["F1", "Breeze 100", 24.9], ["F3", "Breeze 300", 34.9],
        ["F3 Carbon", "Breeze 300, Breeze 300 Pro", 44.9], ["WB-3", "all models", 19],
    ]  # fmt: skip
    keys["parts"] = office.put_sheet("Spare parts and filters", {"Prices": prices, "Old": [["F0", "sold out"]]}, guides)
    keys["onboarding"] = office.put_slides("Welcome to the support team", "Welcome", _slides(), team)
    note = b"# Shipping abroad\n\nParcels to Norway need the customs form **CN 23**. It is printed with the label.\n"
    keys["customs"] = office.put_file("shipping-abroad.md", note, "text/markdown", team)
    office.put_shortcut(keys["mounting"], team, "Mounting")
    office.put_file("logo.png", b"\x89PNG", "image/png", guides)


def _slides() -> bytes:
    deck = pptx.Presentation()
    for title, text in (("Your first day", "Ask Sam for your headset"), ("Shifts", "Early: 7 to 15\nLate: 13 to 21")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()
