"""The staff's widget on a page of the intranet: who is in an allowed group gets internal answers there."""

from pathlib import Path

import pytest

from tests.session_api.kit import CHAT, shop
from tests.session_api.test_staff import INTRANET, QUESTION, STAFF, signed
from tests.widget.kit import Chromium, Site, page_with, visiting

pytestmark = pytest.mark.browser

IDENTIFY = "(window.Answerwell = window.Answerwell || []).push(['identify', () => '{token}']);"


def test_a_colleague_of_an_allowed_group_is_answered_from_internal_documents(
    tmp_path: Path, chromium: Chromium, site: Site, words: dict[str, str]
) -> None:
    with shop(tmp_path, CHAT + STAFF.replace(INTRANET, site.url)) as acme:
        goodwill = "<p>Agents may refund up to 40 euros without asking.</p>"
        acme.company.zendesk.put_article(title="Goodwill", body=goodwill, user_segment_id=7)
        acme.sync(full=True)
        head = f"<script>{IDENTIFY.format(token=signed())}</script>"
        address = site.put("/", page_with(f"{acme.url}/staff", head=head))
        stranger = site.put("/other", page_with(f"{acme.url}/staff"))

        with visiting(chromium, address, words) as chat:
            chat.open().ask(QUESTION)
            assert "40 euros" in chat.last.inner_text()
            assert chat.panel.get_by_role("heading", name="Ask (staff)").is_visible()
        with visiting(chromium, stranger, words) as chat:
            chat.open().error("signin").wait_for()
