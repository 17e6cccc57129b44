"""What Acme's people write to each other in Slack about purifiers, the app and filters."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack import SlackSandbox

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who, what, and the replies to it."""

    who: str
    text: str
    replies: tuple[tuple[str, str], ...] = ()
    days_ago: float = 1.0


PEOPLE = {"dana": "Dana Reyes", "sam": "Sam Okafor", "mia": "Mia Lindqvist", "jo": "Jo Almeida", "lee": "Lee Novak"}
CHANNELS: dict[str, tuple[Said, ...]] = {
    "help-devices": (
        Said(
            "dana",
            "Customer with an *AirPure 300*: the light blinks orange, but the filter was changed last week. Ideas?",
            (
                ("sam", "Did they hold the filter button for 5 seconds afterwards? Without that it keeps counting."),
                ("dana", "They had not. That was it, thanks! :tada:"),
                ("sam", "It is step 4 in <https://help.acme.example/filter|the filter article>, but easy to miss."),
            ),
            days_ago=12,
        ),
        Said(
            "jo",
            "Two calls today about a burning smell from brand-new units. Do we replace them?",
            (
                (
                    "mia",
                    "For the first two hours that is the coating on the motor. Harmless, ask them to air the room.",
                ),
                (
                    "mia",
                    "If it lasts longer than a day: replace under warranty, and tell quality with the serial number.",
                ),
            ),
            days_ago=34,
        ),
        Said(
            "lee",
            "Does the AirPure Mini run on a power bank?",
            (("sam", "Yes, at 20 W or more over USB-C. Below that the fan stays on level 1."),),
            days_ago=3,
        ),
        Said(
            "mia",
            "Firmware 4.2 is out for all AirPure 300. It fixes the night mode that forgot its schedule.",
            days_ago=6,
        ),
    ),
    "help-app": (
        Said(
            "sam",
            "App shows *offline* although the purifier is on the Wi-Fi. Router is a mesh with one name for both bands.",
            (
                ("lee", "Setup needs 2.4 GHz. On a mesh: pause 5 GHz for ten minutes, pair, switch it on again."),
                ("sam", "Worked. For the record:\n• pause 5 GHz\n• reset the unit with `power` + `mode`\n• pair"),
            ),
            days_ago=20,
        ),
        Said(
            "dana",
            "Can two people in one household use the app with the same purifier?",
            (("lee", "Yes: *Settings → Household → Invite*. Up to six people; only the owner can remove the device."),),
            days_ago=48,
        ),
        Said(
            "jo",
            "Export of air-quality data: somebody wants a CSV for their landlord.",
            (
                (
                    "lee",
                    "Not in the app yet. We can send it from the console: `Devices > serial > Export`, last 90 days.",
                ),
                ("jo", "&gt; last 90 days\nEnough for them, sent."),
            ),
            days_ago=9,
        ),
        Said("lee", "Android 16 beta kills background sync. Known, fix comes with app 7.1 next week.", days_ago=2),
    ),
    "help-billing": (
        Said(
            "dana",
            "A customer was charged twice for the filter subscription this month. Refund or credit?",
            (
                ("jo", "Refund the second charge in the billing console, reason *duplicate*. It takes 5 bank days."),
                ("jo", "And look for two accounts with the same address: that is nearly always why."),
            ),
            days_ago=15,
        ),
        Said(
            "sam",
            "Can we move a subscription to another address between two deliveries?",
            (("dana", "Until 48 hours before the parcel leaves. After that the old address gets it."),),
            days_ago=27,
        ),
        Said(
            "mia",
            "What do we tell people who want to pause for three months?",
            (
                ("jo", "Pausing is up to 6 months, once a year: *Account → Subscription → Pause*."),
                ("dana", "Price stays what it was when they signed up."),
            ),
            days_ago=60,
        ),
        Said("jo", "Reminder: vouchers from the spring sale expire on 31 December, no extensions.", days_ago=4),
        Said(
            "dana", "Invoices for companies: VAT id goes into *Account → Billing*, before the order ships.", days_ago=4
        ),
    ),
}
"""What is said where, by those of PEOPLE."""


def acme_slack(*, clock: Callable[[], float] = time.time) -> SlackSandbox:
    """A workspace with three channels that are read, one that is not, and one that the app was not invited to."""
    workspace = SlackSandbox(clock=clock)
    people = {key: workspace.put_user(name) for key, name in PEOPLE.items()}
    for name, said in CHANNELS.items():
        channel = workspace.put_channel(name)
        for message in said:
            _say(workspace, channel, people, message)
    random = workspace.put_channel("random")
    workspace.post(random, "Cake in the kitchen!", user=people["mia"], at=clock() - DAY)
    workspace.put_channel("help-returns", member=False)
    return workspace


def _say(workspace: SlackSandbox, channel: str, people: dict[str, str], said: Said) -> None:
    at = workspace.world.clock() - said.days_ago * DAY
    ts = workspace.post(channel, said.text, user=people[said.who], at=at)
    for number, (who, text) in enumerate(said.replies, 1):
        workspace.post(channel, text, user=people[who], thread=ts, at=at + 600 * number)
