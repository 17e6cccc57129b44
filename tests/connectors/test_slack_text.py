"""Slack's markup in the corners that no reviewed message shows, and text that must not break anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.slack import blocks, messages
from connectors.slack.documents import name_of, title_of
from connectors.slack.mrkdwn import Ids, to_markdown
from connectors.slack.timestamps import day_of, is_ts, order

IDS = Ids()
TS = "1790000000.000100"


@pytest.mark.parametrize(
    ("mrkdwn", "markdown"),
    [
        ("", ""),
        ("*", "*"),
        ("**", "**"),
        ("``` ```", "```\n \n```"),
        ("`` `a` ``", "`` `a` ``"),
        ("<>", "<>"),
        ("<|>", ""),
        ("<@>", "@someone"),
        ("<!>", "@"),
        ("<!date^soon^{date}>", ""),
        ("<!date^99999999999999^{date}|later>", "later"),
        ("&amp;lt; is written &lt;", "&lt; is written <"),
        ("&amp;lt;@U1&amp;gt;", "&lt;@U1&gt;"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script>alert(1)&lt;/script>"),
        ("<https://acme.test|&lt;b&gt;>", "[&lt;b>](https://acme.test)"),
        ("<http://[::1|broken>", "broken"),
        ("a\x00b\ue0001\ue001c\ud800", "ab1c"),
        ("2*3*4 and a*b", "2*3*4 and a*b"),
        ("*a* *b*", "**a** **b**"),
        ("*over\nlines*", "*over\nlines*"),
        (":wave::skin-tone-3:", ":wave:"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("```\nbroken fence start", "\\```\nbroken fence start"),
        ("> ```\nquoted", "> \\```\n\nquoted"),
        ("~~~\nno code", "\\~~~\nno code"),
        ("```done``` and ```open", "```\ndone\n```\n and ```open"),
        ("a ` and ```` b", "a ` and ```` b"),
    ],
)
def test_markup_at_its_edges(mrkdwn: str, markdown: str) -> None:
    assert to_markdown(mrkdwn, IDS) == markdown


@given(st.text(alphabet=st.sampled_from(list("*_~`<>@#!|&;:^ \nab1\ue000\ue001•-")), max_size=60))
def test_no_text_breaks_the_conversion_or_loses_a_letter(mrkdwn: str) -> None:
    shown = to_markdown(mrkdwn, IDS)

    assert "\ue000" not in shown
    if "<" not in mrkdwn:
        assert shown.count("a") == mrkdwn.count("a")


class Marked:
    """Names that hold our own marks, a lone surrogate, or a number too long to read."""

    def __init__(self, name: str) -> None:
        self._name = name

    def user(self, user: str, /) -> str:
        return self._name

    channel = group = user


MARKS = ["\ue0000\ue001", "\ue0009\ue001 x", f"\ue000{'9' * 5000}\ue001", "\ud800\ue000", "a\u202eb"]
MENTIONS = ["hello <@U1>", "<#C1> and <!subteam^S1>", "<https://acme.test|to <@U1>>", "`<@U1>`"]


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("mrkdwn", MENTIONS)
def test_no_name_is_taken_for_a_mark_of_ours(mrkdwn: str, name: str) -> None:
    shown = to_markdown(mrkdwn, Marked(name))

    assert not set(shown) & set("\ue000\ue001\ud800\u202e")
    shown.encode()


OPEN_FENCES = [
    {"text": "```\nbroken fence start"},
    {"text": "look:\n```js\nlet a = 1"},
    {"text": "", "blocks": [{"type": "markdown", "text": "~~~\nopen"}]},
    {"text": "", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "```\nopen"}}]},
    {"text": "", "attachments": [{"text": "````\nopen"}]},
]


@pytest.mark.parametrize("message", OPEN_FENCES)
def test_a_fence_that_is_left_open_makes_no_code_of_the_next_message(message: dict[str, object]) -> None:
    said = [messages.said({"ts": TS, **row}, IDS) for row in (message, {"text": "not code"})]
    rendered = MarkdownIt("commonmark").render("\n\n".join(said))

    assert "<p>not code</p>" in rendered


def button(text: str, url: str = "") -> dict[str, object]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, **({"url": url} if url else {})}


def actions(*elements: dict[str, object]) -> dict[str, object]:
    return {"blocks": [{"type": "actions", "elements": list(elements)}]}


DEPLOY = {
    "type": "section",
    "text": {"type": "mrkdwn", "text": "Deploy"},
    "accessory": button("Log", "https://r.test/8"),
}
MENU: dict[str, object] = {"type": "overflow", "options": [button("Terms", "https://r.test/9"), button("Mute")]}
STATUS = {"text": "down", "actions": [{"text": "Status", "url": "https://s.test"}, {"text": "Acknowledge"}]}
BUILD = {"author_name": "Build bot", "author_link": "https://ci.test", "text": "failed", "footer": "job 7"}
SHARE = {"author_name": "Ada", "text": "x", "footer": "Slack", "is_share": True}


@pytest.mark.parametrize(
    ("message", "markdown"),
    [
        (actions(button("Open runbook", "https://r.test/7"), button("Done")), "[Open runbook](https://r.test/7)"),
        ({"blocks": [DEPLOY]}, "Deploy\n\n[Log](https://r.test/8)"),
        (actions(MENU), "[Terms](https://r.test/9)"),
        ({"attachments": [STATUS]}, "down\n\n[Status](https://s.test)"),
        ({"attachments": [BUILD]}, "[Build bot](https://ci.test)\n\nfailed\n\njob 7"),
        ({"attachments": [SHARE]}, "> Ada: x"),
        (actions(button("x", "javascript:y")), "x"),
    ],
    ids=["button", "beside a section", "menu", "attachment", "author and footer", "share", "unsafe"],
)
def test_buttons_authors_and_footers_are_kept(message: dict[str, object], markdown: str) -> None:
    assert messages.said({"ts": TS, "text": "", **message}, IDS) == markdown


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("type", "text", "elements", "fields", "rows", "style", "indent", "url", "unicode", "title")
            ),
            inner
            | st.sampled_from(("rich_text", "rich_text_list", "section", "table", "link", "emoji", "mrkdwn", "date")),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(_JSON, max_size=3), _JSON)
def test_no_block_and_no_attachment_breaks_a_message(parts: list[object], attachment: object) -> None:
    message = {"ts": TS, "user": "U1", "text": "words", "blocks": parts, "attachments": [attachment]}

    assert "words" in messages.said(message, IDS)
    assert messages.fingerprint(message) == messages.fingerprint(dict(message))
    assert isinstance(blocks.to_markdown(parts, IDS), str)


def test_a_fingerprint_changes_with_the_words_and_with_nothing_else() -> None:
    message: dict[str, object] = {"ts": TS, "user": "U1", "text": "words"}
    same: list[dict[str, object]] = [
        {"reactions": [{"name": "x"}]},
        {"client_msg_id": "2"},
        {"subscribed": True},
        {"reply_count": 3},
    ]
    other: list[dict[str, object]] = [
        {"text": "other"},
        {"user": "U2"},
        {"edited": {"ts": TS}},
        {"files": [{"id": "F1"}]},
    ]
    other += [{"attachments": [{"text": "more"}]}, {"blocks": [{"type": "header", "text": {"text": "Head"}}]}]

    assert {messages.fingerprint(message | more) for more in same} == {messages.fingerprint(message)}
    assert len({messages.fingerprint(message | more) for more in [{}, *other]}) == len(other) + 1


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        ("", ""),
        ("```\ncode only\n```", ""),
        ("> quoted **words**", "quoted words"),
        ("- [a link](https://x.test) &lt;b>", "a link <b>"),
        (":tada:\n\nsecond line", ":tada:"),
        ("!!!\nwords", "words"),
        ("\\# of filters", "# of filters"),
        ("word " * 40, "word " * 19 + "word…"),
        ("x" * 300, "x" * 100 + "…"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(markdown: str, title: str) -> None:
    assert title_of(markdown) == title


@pytest.mark.parametrize(
    "external_id",
    [
        "C1:",
        "C1:day:",
        "C1:day:2026-13-01",
        "C1:day:1.2",
        "C1:1790000000",
        "C1:1790000000.",
        "c1:1790000000.000100",
    ],
)
def test_an_id_that_we_did_not_make_is_none(external_id: str) -> None:
    assert name_of(external_id) is None


def test_an_id_says_its_channel_and_its_day_or_thread() -> None:
    thread, day = name_of(f"C1:{TS}"), name_of("C1:day:2026-09-21")

    assert thread is not None
    assert (thread.channel, thread.ts, thread.day) == ("C1", TS, "")
    assert day is not None
    assert (day.channel, day.ts, day.day) == ("C1", "", "2026-09-21")


def test_a_ts_is_text_to_the_last_digit() -> None:
    assert order("1512085950.000216") < order("1512085950.000217") < order("1512085951.000000")
    assert day_of("1790035199.999999") == "2026-09-21"
    assert day_of("1790035200.000000") == "2026-09-22"
    assert order("1790000000.1") == order("1790000000.100000")
    assert not any(is_ts(text) for text in (None, 1.5, "", "1790000000", "1790000000.", "soon"))
