"""Intercom's conversations: what is said in them, and a feed that is a search with a lag and a list of deletions."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.intercom.talks import AGENT, BOT, CUSTOMER
from sandbox.wire import Fault
from sync.errors import CursorExpired, Gone
from sync.model import Audience, Change, Cursor
from tests.connectors.intercom_world import ConversationWorld, IntercomWorld, intercom_world, number_of
from tests.contract.connector import drain, listing, pages


@pytest.fixture
def world() -> Iterator[IntercomWorld]:
    with intercom_world(ConversationWorld) as world:
        yield world


# What it costs


def test_300_conversations_take_at_most_5_calls_and_one_for_each_that_changed(world: IntercomWorld) -> None:
    put = [world.put(f"Title {number}", "<p>It leaks.</p>") for number in range(300)]
    world.later()
    world.put("Newest", "<p>a</p>")
    world.wire.forget()
    connector = world.connect()

    listed = pages(connector)
    fetched = [connector.fetch(change.external_id) for page in listed for change in page.changes]

    assert len(fetched) == 301
    assert world.wire.count() == 5 + 301
    world.later()
    world.edit(put[7], "<p>Still.</p>")
    world.wire.forget()
    changed, _ = drain(world.connect(), connector.changes_after(listed[-1].cursor))
    assert changed.keys() == {put[7]}
    assert world.wire.count() == 2


# What is said


def test_it_says_what_was_said_in_public_and_who_by_their_part_in_it(world: IntercomWorld) -> None:
    number = world.sandbox.put_conversation(
        "<p>My parcel is <b>lost</b>. Write to ann.o@mail.test.</p>",
        ((BOT, "<p>Have a look at our pages.</p>"), (AGENT, "<p>I send another.</p>")),
        title="Lost parcel",
        tags=("shipping",),
    )
    world.later()
    world.sandbox.say(number, "<p>Her third this year!</p>", AGENT, "note")
    world.sandbox.say(number, None, AGENT, "assignment")
    world.sandbox.say(number, "<p>Closed, thank you.</p>", AGENT, "close")
    world.sandbox.say(number, "<p>from tomorrow's product</p>", AGENT, "a_type_of_tomorrow")

    document = world.connect().fetch(f"conversation:{number}")

    assert (document.title, document.audience, document.labels) == ("Lost parcel", Audience.INTERNAL, ("shipping",))
    said = [line for line in document.body.split("\n\n") if not line.startswith("**")]
    assert said == [
        "My parcel is lost. Write to [email].",
        "Have a look at our pages.",
        "I send another.",
        "Closed, thank you.",
    ]
    assert [line.split("**")[1] for line in document.body.split("\n\n") if line.startswith("**")] == [
        "Customer",
        "Bot",
        "Agent",
        "Agent",
    ]
    for secret in ("Ann Olsen", "Dana", "third", "tomorrow"):
        assert secret not in document.body
    assert document.url == f"https://app.intercom.com/a/inbox/acme12/inbox/conversation/{number}"


def test_more_than_500_messages_are_said_to_be_missing(world: IntercomWorld) -> None:
    number = world.sandbox.put_conversation("<p>First</p>", [(CUSTOMER, f"<p>Message {n}</p>") for n in range(530)])

    document = world.connect().fetch(f"conversation:{number}")

    assert "30 older ones are missing" in document.problem
    assert "Message 529" in document.body
    assert "Message 29\n" not in document.body


def test_500_messages_are_whole(world: IntercomWorld) -> None:
    number = world.sandbox.put_conversation("<p>First</p>", [(CUSTOMER, f"<p>Message {n}</p>") for n in range(500)])

    assert world.connect().fetch(f"conversation:{number}").problem == ""


@pytest.mark.parametrize("which", ["first", "reply"])
def test_what_is_redacted_disappears(world: IntercomWorld, which: str) -> None:
    number = world.sandbox.put_conversation("<p>My card is 4111</p>", ((CUSTOMER, "<p>PIN 1234</p>"),))
    part = world.sandbox.world.conversations[number].parts[0].id
    world.later()
    cursor = world.connect().head()
    world.sandbox.redact(number, None if which == "first" else part)
    world.later()

    changed, _ = drain(world.connect(), cursor)
    document = world.connect().fetch(f"conversation:{number}")

    assert changed[f"conversation:{number}"].version == document.version
    assert ("4111" in document.body, "1234" in document.body) == (which != "first", which == "first")
    assert "deleted" not in document.body


def test_a_redaction_of_the_first_message_is_seen_even_where_no_time_moves(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>My card is 4111</p>")
    before = listing(world.connect())[put].version
    held = world.sandbox.world.conversations[number_of(put)]
    redacted = replace(held, source=replace(held.source, redacted=True, body="<p>gone</p>"))
    world.sandbox.world.conversations[number_of(put)] = redacted

    assert listing(world.connect())[put].version != before


def test_an_empty_first_message_and_a_picture_alone_are_no_words(world: IntercomWorld) -> None:
    empty = world.sandbox.put_conversation("", ((AGENT, "<p>How can I help?</p>"),))
    picture = world.sandbox.put_conversation("", files=[("leak.png", b"png", "image/png")])
    nothing = world.sandbox.put_conversation("")
    connector = world.connect()

    assert connector.fetch(f"conversation:{empty}").body.endswith("How can I help?")
    assert connector.fetch(f"conversation:{picture}").body.startswith("**Customer**")
    assert connector.fetch(f"conversation:{nothing}").problem == "nothing in it is public"


def test_text_that_comes_as_markup_all_the_same_is_read_as_such(world: IntercomWorld) -> None:
    from connectors.intercom.conversation_document import words_of

    assert words_of({"body": "<p>It <b>leaks</b></p>"}) == "It **leaks**"
    assert words_of({"body": "a < b, and <Enter>"}) == "a < b, and &lt;Enter>"


def test_files_of_public_messages_are_read_and_their_addresses_are_not_kept(world: IntercomWorld) -> None:
    number = world.sandbox.put_conversation("<p>See file</p>", files=[("log.txt", b"Error 17 in pump", "text/plain")])
    part = [("secret.txt", b"internal words", "text/plain")]
    world.sandbox.say(number, "<p>for us</p>", AGENT, "note", part)
    world.later()
    connector = world.connect()
    listed = listing(connector)[f"conversation:{number}"].version

    document = connector.fetch(f"conversation:{number}")

    assert "Error 17 in pump" in document.body
    assert "internal words" not in document.body
    assert "signature" not in document.body
    assert document.version == listed
    assert "Error 17" not in world.connect(attachments=False).fetch(f"conversation:{number}").body


def test_a_file_whose_address_expired_is_a_problem_and_no_failure(world: IntercomWorld) -> None:
    number = world.sandbox.put_conversation("<p>See file</p>", files=[("log.txt", b"Error 17", "text/plain")])
    world.wire.fail(Fault(path="/i/o/", status=403, body="expired", times=None))

    assert "log.txt" in world.connect().fetch(f"conversation:{number}").problem


# The feed


def test_an_edit_that_the_search_learns_of_late_is_not_missed(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>a</p>")
    world.later()
    connector = world.connect()
    cursor = connector.head()
    world.sandbox.world.lag = 500
    world.edit(put, "<p>late</p>")
    later = world.put("Other", "<p>b</p>")
    world.clock.now += 100

    early, cursor = drain(connector, cursor)
    world.clock.now += 450
    late, cursor = drain(connector, cursor)

    assert early == {}
    assert late.keys() == {put, later}
    assert drain(connector, cursor)[0] == {}


def test_two_edits_in_one_second_are_both_seen(world: IntercomWorld) -> None:
    first, second = world.put("A", "<p>a</p>"), world.put("B", "<p>b</p>")
    world.later()
    connector = world.connect()
    cursor = connector.head()
    world.sandbox.say(number_of(first), "<p>x</p>")
    changed, cursor = drain(connector, cursor)
    world.sandbox.say(number_of(second), "<p>y</p>")  # the same second: `>` alone would miss it

    assert changed.keys() == {first}
    assert drain(connector, cursor)[0].keys() == {second}


def test_many_deletions_are_read_to_their_end_and_told_once(world: IntercomWorld) -> None:
    put = [world.put(f"Title {number}", "<p>a</p>") for number in range(80)]
    world.later()
    connector = world.connect()
    cursor = connector.head()
    for name in put:
        world.clock.now += 1
        world.delete(name)

    changed, cursor = drain(connector, cursor)

    assert changed == {name: Change(name, None) for name in put}
    assert drain(connector, cursor)[0] == {}
    with pytest.raises(Gone):
        connector.fetch(put[0])


def test_a_cursor_that_the_search_does_not_know_is_expired(world: IntercomWorld) -> None:
    connector = world.connect()
    cursor = connector.head()

    with pytest.raises(CursorExpired):
        connector.changes(Cursor(cursor.replace('"after":null', '"after":"nonsense"')))


@pytest.mark.parametrize("wrong", [-10_000_000, 0, 10_000_000])
def test_a_desk_whose_clock_is_wrong_is_followed_by_its_own_stamps(world: IntercomWorld, wrong: int) -> None:
    world.put("Before", "<p>a</p>")
    world.sandbox.world.clock = lambda: world.clock.now + wrong
    world.later()
    connector = world.connect()
    cursor = connector.head()
    put = world.put("After", "<p>b</p>")

    changed, cursor = drain(connector, cursor)

    assert put in changed or wrong < 0  # a stamp from before all others: the daily listing finds it
    assert drain(connector, cursor)[0] == {}
