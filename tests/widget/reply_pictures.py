"""Conversations with the real service on the sample help center, to be looked at: its replies, and not ours."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from answering.state import verified
from answering.state.verified import VerifiedDraft
from sandbox import sample_articles
from session_api.widget import bundle
from tests.session_api.kit import CHAT, shop
from tests.widget import kit
from tests.widget.kit import Chat, Chromium, visiting

LOOK = 'title = "Ask Acme Air"\ncontact_email = "help@acme.com"\ncontact_url = "https://acme.com/contact"\n'
SETTINGS = CHAT.replace('hand_off = "Write to help@acme.com."\n', "") + LOOK
ARTICLES = {one.title: one.body for one in sample_articles.ARTICLES if one.state == "public" and not one.html}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DARK = {"color_scheme": "dark"}
TALKS = {
    "small-talk": ["hello!", "are you a bot?", "thanks"],
    "person": ["it still does not work", "I want to talk to a human"],
    "question-back": ["it doesn't work", "the app shows my purifier as offline"],
    "verified": ["Can I return a Breeze that was a gift?"],
    "abstained": ["Can I return a gift without the receipt to a shop in Norway?"],
}
VERIFIED: dict[str, Any] = {
    "question": "Can I return a Breeze that was a gift?",
    "answer": "Yes. Whoever got it sends it back within 60 days, and gets a voucher in place of the money.",
    "owner": "Ann",
}
CONVERSATIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    f"widget-{look}{name}": (said, context)
    for name, said in TALKS.items()
    for look, context in {"": {}, "dark-": DARK, "phone-": PHONE}.items()
}


@contextmanager
def service() -> Iterator[str]:
    """The address of a service that answers from the sample help center."""
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder), SETTINGS, ARTICLES) as opened:
        [returns] = [row for row in opened.rows("documents") if row.title == "Sending a product back"]
        draft = VerifiedDraft(**VERIFIED, documents=[f"{returns.source}:{returns.external_id}"])
        verified.add(opened.engine.state, draft)
        yield opened.url


@contextmanager
def talked(browser: Chromium, url: str, said: list[str], **context: Any) -> Iterator[Chat]:
    """The demo page after that was said in the chat."""
    with visiting(browser, f"{url}/demo", bundle.texts("en"), init=kit.OPENED, **context) as chat:
        chat.open()
        for text in said:
            chat.ask(text)
        chat.page.wait_for_load_state("networkidle")
        chat.panel.locator(".log").evaluate("node => node.scrollTo(0, 0)")
        yield chat
