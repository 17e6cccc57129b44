"""`[widget]` decides how the widget looks; what it may not say is refused with the fix."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from session_api.widget.settings import WidgetSettings
from tests.cli.test_config import SOURCE, complaints, load

EVERYTHING = """
[widget]
title = "Ask Acme"
accent = "#146c43"
greeting = "Good day"
intro = "Ask away."
starters = ["One?", "Two?"]
disclaimer = "By a machine."
label = "Help"
logo = "https://www.acme.com/logo.svg"
radius = 12
position = "left"
offset = [10, 60]
theme = "dark"
language = "de"
texts = { de = { placeholder = "Frag uns!" } }
contact_text = "We are here."
contact_email = "help@acme.com"
contact_url = "https://www.acme.com/contact?about={transcript}"
contact_form = "https://www.acme.com/tickets"
domain_key = "domain_pk_1"
"""


def test_all_that_a_page_can_be_told_is_told(tmp_path: Path) -> None:
    look = load(tmp_path, EVERYTHING + SOURCE).widget

    assert look == WidgetSettings(
        title="Ask Acme",
        accent="#146c43",
        greeting="Good day",
        intro="Ask away.",
        starters=["One?", "Two?"],
        disclaimer="By a machine.",
        label="Help",
        logo="https://www.acme.com/logo.svg",
        radius=12,
        position="left",
        offset=(10, 60),
        theme="dark",
        language="de",
        texts={"de": {"placeholder": "Frag uns!"}},
        contact_text="We are here.",
        contact_email="help@acme.com",
        contact_url="https://www.acme.com/contact?about={transcript}",
        contact_form="https://www.acme.com/tickets",
        domain_key=SecretStr("domain_pk_1"),
    )
    assert set(look.settings(hosted=True)) | set(look.launcher()) >= {"texts", "contactForm", "offsetY", "mode"}


def test_without_a_table_the_widget_has_its_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, SOURCE).widget == WidgetSettings()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('language = "it"', "[widget] language is no language of the widget; write one of: en, de, fr, es, ar"),
        ('texts = { de = { palceholder = "x" } }', "is no text of the widget; known are: again, back,"),
        ('contact_email = "help@acme.com?bcc=all@acme.com"', "[widget] contact_email is not an e-mail address"),
        ('contact_form = "javascript:alert(1)"', "[widget] contact_form is not an address"),
        ('contact_url = "http://www.acme.com"', "[widget] contact_url is plain http to another machine"),
        ('logo = "logo.svg"', "[widget] logo is not an address"),
        ('theme = "sepia"', "[widget] theme"),
        ("offset = [5000, 0]", "[widget] offset"),
    ],
)
def test_what_the_widget_may_not_say_is_refused_with_the_fix(tmp_path: Path, line: str, complaint: str) -> None:
    [found, *_] = complaints(tmp_path, f"[widget]\n{line}\n{SOURCE}")

    assert complaint in found
