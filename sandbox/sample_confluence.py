"""The wiki of the made-up company: a handbook for customers, and what its own people need to know."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.confluence import ConfluenceSandbox
from sandbox.confluence.records import Kind

DAY = 86400
SAM = "557058:sam"


@dataclass(frozen=True, slots=True)
class PageText:
    """One page or blog post. `above`: the key of what it stands below; `state` says who gets to see it."""

    key: str
    space: Literal["HELP", "OPS"]
    title: str
    storage: str
    above: str = ""
    labels: tuple[str, ...] = ()
    kind: Kind = "page"
    state: Literal["current", "restricted", "draft", "archived"] = "current"
    comments: tuple[str, ...] = ()


def _macro(name: str, body: str, **parameters: str) -> str:
    told = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    held = f"<ac:rich-text-body>{body}</ac:rich-text-body>"
    return f'<ac:structured-macro ac:name="{name}">{told}{held}</ac:structured-macro>'


def _code(language: str, text: str) -> str:
    return (
        f'<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">{language}</ac:parameter>'
        f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body></ac:structured-macro>"
    )


def _include(title: str) -> str:
    return (
        '<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link>'
        f'<ri:page ri:content-title="{title}" /></ac:link></ac:parameter></ac:structured-macro>'
    )


def _tasks(*tasks: str) -> str:
    told = (
        f"<ac:task><ac:task-status>incomplete</ac:task-status><ac:task-body>{task}</ac:task-body></ac:task>"
        for task in tasks
    )
    return f"<ac:task-list>{''.join(told)}</ac:task-list>"


HELP = (
    PageText(
        "handbook",
        "HELP",
        "Breeze handbook",
        '<p>Everything about living with a Breeze air purifier.</p><ac:structured-macro ac:name="children" />',
        labels=("handbook",),
    ),
    PageText(
        "api",
        "HELP",
        "Controlling a Breeze from your own programs",
        "<p>Every Breeze with firmware 3.2 or newer has a local interface. Switch it on in the app under "
        "<strong>Device › Local control</strong> and copy the key.</p>"
        + _code("bash", 'curl -H "X-Breeze-Key: $KEY" http://breeze.local/v1/fan?speed=3')
        + "<p>The fan takes speeds from 0 to 5; 0 is off.</p>"
        + _macro("note", "<p>Ten calls a minute are answered; more are refused with 429.</p>"),
        "handbook",
        ("developers",),
    ),
    PageText(
        "lights",
        "HELP",
        "What the lights of the display mean",
        "<table><tbody><tr><th>Light</th><th>Blinking</th><th>Steady</th></tr>"
        '<tr><td>Blue</td><td>Pairing</td><td rowspan="2">Ready</td></tr><tr><td>Green</td><td>Updating</td></tr>'
        "<tr><td>Red</td><td>Fan blocked</td><td>Filter missing</td></tr></tbody></table>"
        + _macro("warning", "<p>Unplug the device before you reach into the fan.</p>", title="Fan blocked"),
        "handbook",
        ("troubleshooting",),
    ),
    PageText(
        "terms",
        "HELP",
        "Terms for extended warranty",
        _macro("excerpt", "<p>The extended warranty lasts five years and covers the motor and the electronics.</p>")
        + "<p>It does not cover filters, water damage, or devices that were opened.</p>",
        "handbook",
        ("warranty",),
    ),
    PageText(
        "warranty",
        "HELP",
        "Buying the extended warranty",
        "<p>You may buy it within 60 days of delivery, in the app under <strong>Orders</strong>.</p>"
        + _include("Terms for extended warranty")
        + '<p>Prices: see <ac:link><ri:page ri:content-title="Terms for extended warranty" /></ac:link>.</p>',
        "handbook",
        ("warranty",),
    ),
    PageText(
        "winter",
        "HELP",
        "Getting a Breeze through the winter",
        _macro(
            "expand",
            "<p>Dry air carries more dust. Run the device at speed 2 around the clock.</p>",
            title="Why winter?",
        )
        + _tasks("Replace the filter in November", "Vacuum the intake once a month"),
        "handbook",
        ("care",),
        comments=("<p>Does speed 2 cost much?</p>", "<p>About 9 W, so less than two euros a month.</p>"),
    ),
    PageText(
        "firmware",
        "HELP",
        "Firmware 3.4 is out",
        '<p>Status: <ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green</ac:parameter>'
        '<ac:parameter ac:name="title">ROLLING OUT</ac:parameter></ac:structured-macro>. '
        "The night mode now also dims the display.</p>",
        kind="blogpost",
        labels=("news",),
    ),
    PageText("upcoming", "HELP", "Breeze 500", "<p>Not announced yet.</p>", "handbook", state="draft"),
    PageText("breeze50", "HELP", "Breeze 50 handbook", "<p>Sold until 2019.</p>", "handbook", state="archived"),
    PageText(
        "dealers",
        "HELP",
        "Dealer prices",
        "<p>Dealers get 30 percent from ten devices on.</p>",
        "handbook",
        state="restricted",
    ),
    PageText(
        "dealer-returns",
        "HELP",
        "Returns by dealers",
        "<p>Dealers send devices to the depot in Leipzig.</p>",
        "dealers",
    ),
)

OPS = (
    PageText("support", "OPS", "Support handbook", "<p>How we work in support.</p>"),
    PageText(
        "escalation",
        "OPS",
        "Escalation",
        "<p>Two hours without an answer from engineering: call the duty phone. Whoever is on duty stands in the "
        'calendar; ask <ac:link><ri:user ri:account-id="557058:sam" /></ac:link> if it is empty.</p>'
        + _macro("info", "<p>Refunds above 500 euros need a second pair of eyes.</p>"),
        "support",
        ("process",),
    ),
    PageText(
        "outage",
        "OPS",
        "Runbook: the app cannot reach the cloud",
        "<ol><li>Look at the status page.</li><li>Restart the relay:"
        + _code("bash", "relayctl restart --region eu-1")
        + "</li><li>Post to the incident channel.</li></ol>",
        "support",
        ("runbook",),
    ),
    PageText(
        "salaries",
        "OPS",
        "Salary bands",
        "<p>Bands A to D.</p>",
        "support",
        state="restricted",
    ),
)

CHECKLIST = b"""\
# Moving house with a Breeze

1. Take the filter out and wrap it.
2. Reset the Wi-Fi: hold **Fan** and **Night** for five seconds.
3. In the new home, pair the device again.
"""


def acme(*, clock: Callable[[], float] = time.time) -> ConfluenceSandbox:
    """A site with an open space and an internal one: restricted pages, files, comments, and what is not published."""
    site = ConfluenceSandbox(clock=clock)
    site.world.users[SAM] = "Sam Agent"
    site.add_space("OPS", "Operations", anonymous=False)
    for number, text in enumerate((*HELP, *OPS)):
        _put(site, text, clock() - (90 - 3 * number) * DAY)
    site.attach(site.page_of["handbook"], "Moving house.md", CHECKLIST, "text/markdown")
    return site


def _put(site: ConfluenceSandbox, text: PageText, written_at: float) -> None:
    page = site.put_page(
        text.title,
        text.storage,
        space=text.space,
        parent=site.page_of.get(text.above),
        kind=text.kind,
        labels=text.labels,
        status="current" if text.state == "restricted" else text.state,
        at=written_at,
    )
    site.page_of[text.key] = page
    if text.state == "restricted":
        site.restrict(page)
    for comment in text.comments:
        site.comment(page, comment)
