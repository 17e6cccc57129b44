"""The English texts of the sample help center; bodies are Markdown, or HTML as its editor writes it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ArticleText:
    """One article. `state` says who gets to see it; `html`: the body is HTML already, `{name}` stands for an image."""

    key: str
    section: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    state: Literal["public", "draft", "signed_in", "staff", "archived"] = "public"
    html: bool = False
    images: tuple[str, ...] = ()


SECTIONS = {
    "Setup": "Getting started",
    "App and account": "Getting started",
    "Orders": "Orders and billing",
    "Shipping": "Orders and billing",
    "Returns and refunds": "Orders and billing",
    "Payments and subscriptions": "Orders and billing",
    "Filters and care": "Using your purifier",
    "Troubleshooting": "Using your purifier",
}
"""Section by section, the category each belongs to."""

SETUP = (
    ArticleText(
        "unpack",
        "Setup",
        "Unpacking and placing your Breeze",
        """\
Take the purifier out of its box and remove the tape from the filter door.

1. Open the filter door at the back.
2. Take out the filter and pull off its plastic bag.
   - The bag must come off completely. A wrapped filter is the most common cause of weak airflow.
   - Keep the bag if you plan to store the filter later.
3. Put the filter back with the arrow pointing **inwards** and close the door until it clicks.

Place the Breeze at least 30 cm from walls and curtains. It cleans best in the room where you spend most time.
""",
        ("setup",),
    ),
    ArticleText(
        "models",
        "Setup",
        "Which Breeze fits my room?",
        """\
| Model | Room size | Noise at night | Filter |
|---|---|---|---|
| Breeze 100 | up to 25 m² | 21 dB | F1 |
| Breeze 300 | up to 60 m² | 24 dB | F3 |
| Breeze 300 Pro | up to 60 m² | 19 dB | F3 Carbon |

For open kitchens we recommend the Breeze 300 Pro, because its carbon layer also takes out cooking smells.
""",
        ("setup", "models"),
    ),
    ArticleText(
        "wifi",
        "Setup",
        "Connecting your purifier to Wi-Fi",
        """\
<p>Your Breeze needs a <strong>2.4 GHz</strong> network. It does not join networks that are 5 GHz only.</p>
<ol><li>Hold the Wi-Fi button for three seconds until the light blinks blue.</li>
<li>Open the Acme Home app and choose <em>Add device</em>.
<ul><li>On iPhone, allow local network access.</li><li>On Android, allow location while the app is open.</li></ul></li>
<li>Pick your network and type its password.</li></ol>
<p><img src="{wifi-button.png}" alt="The Wi-Fi button is on the left side, below the power button"></p>
<div class="callout callout--warning"><p>Guest networks with a sign-in page are not supported.</p></div>
""",
        ("wifi", "app"),
        html=True,
        images=("wifi-button.png",),
    ),
    ArticleText(
        "voice",
        "Setup",
        "Controlling the Breeze by voice",
        """\
Link Acme Home in the app of your assistant, then say for example:

- "Set the Breeze to night mode."
- "How is the air in the living room?"

Names of rooms come from the Acme Home app. Rename a room there and ask your assistant to look for devices again.
""",
    ),
)

ACCOUNT = (
    ArticleText(
        "password",
        "App and account",
        "Resetting your password",
        """\
Choose **Forgot password** on the sign-in screen. We send a link that works for one hour.

No e-mail after ten minutes? Look into the spam folder, and check that you used the address from your order.
""",
        ("account", "password"),
    ),
    ArticleText(
        "two-step",
        "App and account",
        "Turning on two-step sign-in",
        """\
Open *Account > Security* in the app and choose **Two-step sign-in**. Scan the code with an authenticator app and type
the six digits that it shows. Write down the ten recovery codes: each of them replaces the six digits once.
""",
        ("account", "security"),
    ),
    ArticleText(
        "share",
        "App and account",
        "Sharing a purifier with your family",
        """\
Up to six people can control one purifier. Open the device, choose **Share** and type their e-mail address. They need
an account of their own. Guests can change the speed but cannot remove the device.
""",
    ),
    ArticleText(
        "api",
        "App and account",
        "Reading air quality with the Acme API",
        """\
Create a key under *Account > Developer* and send it with every request:

```bash
curl https://api.acme.test/v1/devices/BR-1042/air \\
  -H "Authorization: Bearer $ACME_KEY"
```

The answer holds the last reading:

```json
{"pm25": 7, "voc": "low", "filter_days_left": 112}
```

Readings are taken every five minutes. More than 60 requests an hour are refused with status 429.
""",
        ("api", "developer"),
    ),
    ArticleText(
        "delete-account",
        "App and account",
        "Deleting your account and your data",
        """\
Choose *Account > Privacy > Delete account*. Everything we hold about you is erased within 30 days, except invoices,
which the law makes us keep. Cancel a running filter subscription first.
""",
        ("privacy",),
    ),
)

ORDERS = (
    ArticleText(
        "change-order",
        "Orders",
        "Changing or cancelling an order",
        """\
You can change or cancel an order for **60 minutes** after you placed it: open *My orders* and choose **Edit**.
After that it is being packed. Let it arrive and send it back for free instead.
""",
        ("orders",),
    ),
    ArticleText(
        "gift",
        "Orders",
        "Buying a Breeze as a gift",
        """\
Tick *This is a gift* in the basket. The parcel then contains a card with your words and no prices. The receipt goes to
your e-mail address only.
""",
    ),
    ArticleText(
        "business",
        "Orders",
        "Ordering for a company",
        """\
Companies order on account from five devices upwards. Send us the delivery address, the VAT number and the number of
devices with the [contact form](/hc/en-us/requests/new). You receive an offer within two working days.
""",
        ("business",),
    ),
    ArticleText(
        "track",
        "Shipping",
        "Where is my order?",
        """\
As soon as your parcel leaves our warehouse we send a message with a tracking link. You find the same link under
*My orders*. Tracking can take a day to show the first scan.

If nothing has moved for five working days, write to us: we look for the parcel or send a new one.
""",
        ("shipping",),
    ),
    ArticleText(
        "delivery-times",
        "Shipping",
        "Delivery times and costs",
        """\
<table><thead><tr><th>To</th><th>Standard</th><th>Express</th></tr></thead>
<tbody><tr><td>Germany, Austria</td><td>2 to 3 working days<br>free above 50 EUR</td><td>next day, 9.90 EUR</td></tr>
<tr><td>Rest of the EU</td><td>3 to 6 working days<br>6.90 EUR</td><td>2 days, 19.90 EUR</td></tr>
<tr><td>Switzerland</td><td colspan="2">5 to 8 working days, 14.90 EUR, customs included</td></tr></tbody></table>
<p>Orders placed before 14:00 leave our warehouse the same day.</p>
""",
        ("shipping",),
        html=True,
    ),
    ArticleText(
        "damaged",
        "Shipping",
        "My parcel arrived damaged",
        """\
Please take a photo of the box and of the device before you unpack everything, and send both within 14 days. A
replacement leaves our warehouse the next working day. You need not return the damaged device first.
""",
        ("shipping", "returns"),
    ),
)

MONEY = (
    ArticleText(
        "return",
        "Returns and refunds",
        "Sending a product back",
        """\
You can return anything within **60 days** of delivery, used or not.

1. Open *My orders* and choose **Return**.
2. Print the label, or show the code at the parcel shop.
3. Put the device into its box. Any sturdy box will do if the original one is gone.

Returns are free from all countries we deliver to. Opened filters cannot be returned, for reasons of hygiene.
""",
        ("returns",),
    ),
    ArticleText(
        "refund",
        "Returns and refunds",
        "When do I get my money back?",
        """\
We refund the full price within **five working days** after the return has reached us, to the account or card you paid
with. Banks may need up to three more days to show it.
""",
        ("returns", "refund"),
    ),
    ArticleText(
        "warranty",
        "Returns and refunds",
        "Three-year warranty",
        """\
Every Breeze has a warranty of three years from delivery. It covers motor, sensor and electronics. Filters, scratches
and damage by water are not covered. Have the serial number ready: it is printed below the filter door.
""",
        ("warranty",),
    ),
    ArticleText(
        "pay",
        "Payments and subscriptions",
        "Ways to pay",
        """\
<p>We accept credit cards, PayPal, bank transfer and payment in instalments.</p>
<div class="accordion"><h3 class="accordion-title">Payment in instalments</h3>
<div class="accordion-panel" style="display:none"><p>Instalments are possible from 150 EUR, over 6, 12 or 24 months,
with no interest for the first 6.</p></div>
<h3 class="accordion-title">Bank transfer</h3>
<div class="accordion-panel" style="display:none"><p>We ship when the money has arrived, usually after two working
days.</p></div></div>
""",
        ("payment",),
        html=True,
    ),
    ArticleText(
        "invoice",
        "Payments and subscriptions",
        "Downloading an invoice",
        """\
Every invoice is under *My orders > Documents* as a PDF, from the day of shipping. To put a company name on it, change
the billing address first and choose **Issue again**.
""",
        ("invoice",),
    ),
    ArticleText(
        "cancel-subscription",
        "Payments and subscriptions",
        "Pausing or cancelling the filter subscription",
        """\
There is no minimum term. Open *Account > Subscription* in the app or in the shop:

- **Pause** skips deliveries for one to six months.
- **Cancel** ends the subscription at once. A filter that is already on its way is still charged.

You can start again at any time at the price of that day.
""",
        ("subscription",),
    ),
    ArticleText(
        "card-declined",
        "Payments and subscriptions",
        "My card was declined",
        """\
Check the expiry date and whether your bank has blocked payments on the internet. After three failed attempts in an
hour we block the card for a day to protect you. Pay with another card or with PayPal meanwhile.
""",
        ("payment",),
    ),
    ArticleText(
        "refund-authority",
        "Returns and refunds",
        "Internal: refunds beyond the return period",
        """\
Agents may refund up to 80 EUR after the 60 days without asking. Above that, ask the shift lead in the ticket.
Never promise a refund for opened filters. Offer a voucher of 15 EUR instead.
""",
        ("internal",),
        state="staff",
    ),
    ArticleText(
        "loyalty",
        "Payments and subscriptions",
        "Your customer discount",
        """\
As a registered customer you get 10 % off every second filter. The code is under *Account > Benefits* and works once a
month. It cannot be combined with the subscription.
""",
        ("discount",),
        state="signed_in",
    ),
)

CARE = (
    ArticleText(
        "replace-filter",
        "Filters and care",
        "When and how to replace the filter",
        """\
Replace the filter every **six months**, or when the filter light turns red. In homes with pets or smokers, count on
four months.

1. Switch the purifier off and unplug it.
2. Open the door at the back and pull the old filter out by its tab.
3. Insert the new one with the arrow pointing inwards.
4. Hold the filter button for five seconds until the light turns white: this resets the counter.

Old filters go into the household waste.
""",
        ("filter",),
    ),
    ArticleText(
        "clean",
        "Filters and care",
        "Cleaning your Breeze",
        """\
Vacuum the grille once a month with a soft brush. Wipe the housing with a damp cloth. Never wash the filter: water
destroys its layers. The sensor on the right side likes a dry cotton swab every two months.
""",
        ("care",),
    ),
    ArticleText(
        "filter-types",
        "Filters and care",
        "The difference between F1, F3 and F3 Carbon",
        """\
- **F1** fits the Breeze 100. It holds back dust and pollen.
- **F3** fits the Breeze 300. It also holds back 99.95 % of fine particles.
- **F3 Carbon** fits the Breeze 300 and 300 Pro. Its carbon layer binds smells and solvents as well.

Filters of other makers fit loosely and let air pass at the sides.
""",
        ("filter", "models"),
    ),
    ArticleText(
        "old-filter-club",
        "Filters and care",
        "Filter Club 2023",
        "The Filter Club ended in March 2024. Members were moved to the filter subscription at the same price.\n",
        state="archived",
    ),
    ArticleText(
        "lights",
        "Troubleshooting",
        "What the lights mean",
        """\
| Light | Meaning | What to do |
|---|---|---|
| steady white | all is well | nothing |
| blinking blue | ready to connect | open the app |
| blinking orange | no connection to the Wi-Fi | restart the router, then hold the Wi-Fi button for three seconds |
| steady red | the filter is used up | replace the filter |
| blinking red | the motor is blocked | unplug it and look for objects in the grille |
""",
        ("lights",),
    ),
    ArticleText(
        "offline",
        "Troubleshooting",
        "The app shows my purifier as offline",
        """\
Go through these in order:

1. Is the light blinking orange? Then the Breeze has lost your Wi-Fi. Restart the router and wait two minutes.
2. Did you change the Wi-Fi password? Remove the device in the app and add it again.
3. Does your router combine 2.4 and 5 GHz under one name? Give the 2.4 GHz network a name of its own.

Still offline? Send us the diagnosis: *Device > Help > Send report*.
""",
        ("wifi", "app"),
    ),
    ArticleText(
        "noise",
        "Troubleshooting",
        "My purifier is loud or rattles",
        """\
A rattle nearly always means that the filter is not seated: take it out and push it in until it clicks. A whistle means
that something covers the grille. At full speed 52 dB are normal for the Breeze 300.
""",
        ("noise",),
    ),
    ArticleText(
        "smell",
        "Troubleshooting",
        "A new device smells",
        """\
A light smell of plastic during the first two days is harmless. Run the purifier at full speed for a day with a window
open. If the smell is sour, the filter has become damp and must be replaced.
""",
    ),
    ArticleText(
        "firmware",
        "Troubleshooting",
        "Firmware 4.2: release notes",
        """\
Version 4.2 will bring a timer and quieter night mode. It is planned for the new year; this page is not ready yet.
""",
        ("firmware",),
        state="draft",
    ),
)

ARTICLES = (*SETUP, *ACCOUNT, *ORDERS, *MONEY, *CARE)
