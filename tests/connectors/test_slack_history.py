"""What is Slack's own about messages: completeness, threads and days, edits and deletions, and what they cost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.slack.connector import Slack
from sandbox.wire import Fault
from sync.errors import Gone, Retryable
from sync.model import Change, Cursor, Document
from tests.connectors.slack_world import DAY, SlackWorld, slack_world
from tests.contract.connector import drain, is_gone, listing

HOUR = 3600
ODD = 3571  # seconds: no thread crosses an age at which it is read again while a test runs


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    with slack_world(page=None) as world:
        world.kind = "fresh"  # the default settings
        yield world


def texts(connector: Slack) -> dict[str, str]:
    """Every document's body, as listing and fetch agree on it."""
    found = {}
    for external_id, change in listing(connector).items():
        document = connector.fetch(external_id)
        assert (document.version, change.document) in ((change.version, document), (change.version, None))
        found[external_id] = document.body
    return found


def written(document: Document | None) -> str:
    assert document is not None
    return document.body


def busy(world: SlackWorld, messages: int, threads: int, step: float) -> None:
    """A channel in which every so many messages one is answered."""
    start = world.clock.now - messages * step - DAY
    for number in range(messages):
        ts = world.sandbox.post(world.help, f"message {number}.", at=start + number * step)
        if number % (messages // threads) == 0:
            world.sandbox.post(world.help, f"answer to {number}.", thread=ts, at=start + number * step + 1)


class TestCompleteness:
    @pytest.mark.parametrize(("clamp", "short"), [(None, False), (15, False), (7, True)])
    def test_every_message_is_in_one_document_whatever_the_pages(
        self, world: SlackWorld, clamp: int | None, short: bool
    ) -> None:
        busy(world, 300, 30, step=HOUR)
        world.sandbox.world.clamp, world.sandbox.world.short_pages = clamp, short

        bodies = "\n".join(texts(world.connect()).values())

        for number in range(300):
            assert bodies.count(f"message {number}.") == 1
        for number in range(0, 300, 10):
            assert bodies.count(f"answer to {number}.") == 1

    def test_a_thread_is_read_to_its_end_and_shows_its_parent_once(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "the question.")
        for number in range(2100):
            world.sandbox.post(world.help, f"answer {number}.", thread=ts)

        body = world.connect().fetch(f"{world.help}:{ts}").body

        assert body.count("the question.") == 1
        assert all(f"answer {number}." in body for number in range(2100))

    def test_an_expired_cursor_goes_on_from_the_oldest_message_seen(self, world: SlackWorld) -> None:
        busy(world, 300, 30, step=HOUR)
        first = world.connect().snapshot(None)
        world.sandbox.world.expired_cursors = True

        page = world.connect().snapshot(first.cursor)

        seen = {change.external_id for change in first.changes}
        assert {change.external_id for change in page.changes} | seen >= set(listing_of_days(world))

    def test_a_message_is_identified_to_the_microsecond(self, world: SlackWorld) -> None:
        twins = [world.sandbox.post(world.help, f"twin {number}", at=world.clock.now) for number in range(2)]
        for ts in twins:
            world.sandbox.post(world.help, "answer", thread=ts)

        listed = listing(world.connect())

        assert {f"{world.help}:{ts}" for ts in twins} == set(listed)
        assert twins[0][:-1] == twins[1][:-1]


def listing_of_days(world: SlackWorld) -> set[str]:
    world.sandbox.world.expired_cursors = False
    return set(listing(world.connect()))


class TestCalls:
    @pytest.mark.parametrize("step", [61, ODD])
    def test_two_hundred_threads_among_two_thousand_messages(self, world: SlackWorld, step: int) -> None:
        busy(world, 2000, 200, step)
        connector = world.connect()
        cursor = connector.head()
        listed = listing(connector)
        threads = [external_id for external_id in listed if ":day:" not in external_id]
        for external_id, change in listed.items():
            if change.document is None:
                connector.fetch(external_id)

        assert len(threads) == 200
        assert world.wire.count("conversations.history") == 10
        assert world.wire.count("conversations.replies") == 200
        assert world.wire.count() <= 10 + 200 + 4  # whose token it is, people, and channels twice
        assert_nothing_changed_costs_little(world, connector, cursor)

    def test_later_only_changed_threads_are_read(self, world: SlackWorld) -> None:
        busy(world, 2000, 200, ODD)
        connector = world.connect()
        before = {external_id: change.version for external_id, change in listing(connector).items()}
        thread = next(external_id for external_id in before if ":day:" not in external_id)
        world.clock.now += 60
        world.sandbox.post(world.help, "late.", thread=thread.partition(":")[2])
        world.wire.forget()

        after = listing(world.connect())

        changed = {external_id for external_id, change in after.items() if change.version != before[external_id]}
        assert changed == {thread}
        assert "late." in written(after[thread].document)
        assert world.wire.count("conversations.history") == 10
        assert world.wire.count("conversations.replies") == 1

    def test_people_are_listed_once_however_many_documents_name_them(self, world: SlackWorld) -> None:
        for number in range(450):
            world.sandbox.put_user(f"Person {number}")
        busy(world, 50, 25, HOUR)

        texts(world.connect())

        assert world.wire.count("users.list") == 3
        assert world.wire.count("users.info") == 0


def assert_nothing_changed_costs_little(world: SlackWorld, connector: Slack, cursor: Cursor) -> None:
    """A pass asks for the channels now and then, and for one page of each."""
    _, cursor = drain(connector, cursor)
    world.clock.now += 900
    for reader, most in ((connector, 2), (world.connect(), 3)):  # a new process asks whose token it is
        world.wire.forget()
        changed, _ = drain(reader, cursor)
        assert changed == {}
        assert world.wire.count("conversations.history") == 1
        assert world.wire.count("conversations.replies") == 0
        assert world.wire.count() <= most


class TestThreadsAndDays:
    def test_messages_nobody_replied_to_are_gathered_by_day_in_utc(self, world: SlackWorld) -> None:
        midnight = int(world.clock.now // DAY) * DAY
        for at, text in ((midnight - 1, "late evening"), (midnight, "midnight"), (midnight + 1, "early morning")):
            world.sandbox.post(world.help, text, at=at)

        yesterday, today = sorted(texts(world.connect()).items())

        assert yesterday[0].endswith(":day:2026-09-20")
        assert "late evening" in yesterday[1]
        assert today[0].endswith(":day:2026-09-21")
        assert today[1].index("midnight") < today[1].index("early morning")

    def test_a_message_moves_to_its_own_thread_with_its_first_reply_and_back(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "a question")
        world.sandbox.post(world.help, "something else")
        connector = world.connect()
        (day,) = listing(connector)
        thread = f"{world.help}:{ts}"
        cursor = connector.head()

        reply = world.sandbox.post(world.help, "an answer", thread=ts)
        world.later()
        changed, cursor = drain(connector, cursor)
        assert set(changed) == {day, thread}
        assert "question" not in connector.fetch(day).body
        assert "question" in connector.fetch(thread).body

        world.sandbox.delete(world.help, reply)
        world.later()
        changed, cursor = drain(connector, cursor)
        assert changed[thread].version is None
        assert "a question" in written(changed[day].document)
        assert is_gone(connector, thread)

    def test_a_reply_sent_to_the_channel_too_is_shown_once(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "a question")
        world.sandbox.post(world.help, "for everybody", thread=ts, subtype="thread_broadcast")

        bodies = texts(world.connect())

        assert list(bodies) == [f"{world.help}:{ts}"]
        assert "\n".join(bodies.values()).count("for everybody") == 1

    def test_a_reply_sent_to_the_channel_outlives_a_thread_too_old_to_be_read(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "long ago", at=world.clock.now - 400 * DAY)
        world.sandbox.post(world.help, "for everybody", thread=ts, subtype="thread_broadcast")

        (body,) = texts(world.connect()).values()

        assert "for everybody" in body
        assert "long ago" not in body

    def test_housekeeping_is_nobodys_words(self, world: SlackWorld) -> None:
        for subtype in ("channel_join", "channel_topic", "group_name", "pinned_item", "bot_add", "tombstone"):
            world.sandbox.post(world.help, f"noise of {subtype}", subtype=subtype)
        for kept in ("me_message", "file_share", None):
            world.sandbox.post(world.help, f"words of {kept}", subtype=kept)

        (body,) = texts(world.connect()).values()

        assert "noise" not in body
        assert body.count("words of") == 3

    def test_a_title_is_the_first_words_and_a_url_leads_to_them(self, world: SlackWorld) -> None:
        long = "How do I *reset* <https://acme.test/x|the purifier> :thinking_face: " + "when it blinks " * 20
        ts = world.sandbox.post(world.help, long)
        world.sandbox.post(world.help, "Hold the button.", thread=ts, user="U0SAM00001")

        document = world.connect().fetch(f"{world.help}:{ts}")

        assert document.title.startswith("How do I reset the purifier :thinking_face: when it blinks")
        assert document.title.endswith("…")
        assert len(document.title) <= 101
        assert document.url == f"{world.url}/archives/{world.help}/p{ts.replace('.', '')}"
        assert document.body.startswith("**Dana** (2026-09-21):\n\nHow do I **reset** [the purifier]")
        assert "**Sam** (2026-09-21):\n\nHold the button." in document.body
        assert document.breadcrumb == ("#help-billing",)


class TestEditsAndDeletions:
    def changed(self, world: SlackWorld, connector: Slack, cursor: Cursor) -> dict[str, Change]:
        world.later()
        return drain(connector, cursor)[0]

    def test_an_edit_of_an_old_message_is_found_by_the_next_pass(self, world: SlackWorld) -> None:
        busy(world, 100, 10, ODD)
        connector = world.connect()
        cursor = connector.head()
        old = next(iter(world.sandbox.world.channels[world.help].messages))
        lone = list(world.sandbox.world.channels[world.help].messages)[2]
        world.sandbox.edit(world.help, old, "edited parent")
        world.sandbox.edit(world.help, lone, "edited alone")

        changed = self.changed(world, connector, cursor)

        assert len(changed) == 2
        assert "edited parent" in connector.fetch(f"{world.help}:{old}").body
        (day,) = (change for external_id, change in changed.items() if ":day:" in external_id)
        assert "edited alone" in written(day.document)

    def test_a_late_reply_to_an_old_thread_is_found_by_the_next_pass(self, world: SlackWorld) -> None:
        busy(world, 100, 10, ODD)
        connector = world.connect()
        cursor = connector.head()
        old = next(iter(world.sandbox.world.channels[world.help].messages))
        world.sandbox.post(world.help, "years later.", thread=old)

        changed = self.changed(world, connector, cursor)

        assert set(changed) == {f"{world.help}:{old}"}
        assert "years later." in written(changed[f"{world.help}:{old}"].document)

    def test_what_is_older_than_a_pass_looks_at_is_found_by_the_snapshot(self, world: SlackWorld) -> None:
        busy(world, 600, 60, ODD)
        connector = world.connect()
        cursor = connector.head()
        before = {external_id: change.version for external_id, change in listing(connector).items()}
        old = next(iter(world.sandbox.world.channels[world.help].messages))
        world.sandbox.post(world.help, "late.", thread=old)
        world.later()

        assert drain(connector, cursor)[0] == {}
        after = {external_id: change.version for external_id, change in listing(connector).items()}
        assert {external_id for external_id in after if after[external_id] != before[external_id]} == {
            f"{world.help}:{old}"
        }

    def test_a_deleted_message_leaves_its_day_and_the_last_one_takes_it_along(self, world: SlackWorld) -> None:
        first = world.sandbox.post(world.help, "first")
        second = world.sandbox.post(world.help, "second")
        connector = world.connect()
        (day,) = listing(connector)
        cursor = connector.head()

        world.sandbox.delete(world.help, first)
        changed = self.changed(world, connector, cursor)
        assert "first" not in written(changed[day].document)
        world.sandbox.delete(world.help, second)
        changed = self.changed(world, connector, cursor)

        assert changed[day].version is None
        assert is_gone(connector, day)

    def test_a_deleted_reply_changes_its_thread(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "question")
        keep = world.sandbox.post(world.help, "right", thread=ts)
        wrong = world.sandbox.post(world.help, "wrong", thread=ts)
        connector = world.connect()
        cursor = connector.head()
        world.sandbox.delete(world.help, wrong)

        changed = self.changed(world, connector, cursor)

        body = written(changed[f"{world.help}:{ts}"].document)
        assert "right" in body
        assert "wrong" not in body
        assert keep in world.sandbox.world.channels[world.help].messages

    def test_a_deleted_parent_leaves_its_replies(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "the question")
        world.sandbox.post(world.help, "the answer", thread=ts)
        connector = world.connect()
        cursor = connector.head()
        world.sandbox.delete(world.help, ts)

        changed = self.changed(world, connector, cursor)

        document = changed[f"{world.help}:{ts}"].document
        assert document is not None
        assert document.title == "the answer"
        assert "deleted" not in document.body
        assert "the question" not in document.body

    def test_a_deleted_thread_is_gone(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "question")
        world.sandbox.post(world.help, "answer", thread=ts)
        connector = world.connect()
        cursor = connector.head()
        world.sandbox.delete_thread(world.help, ts)

        changed = self.changed(world, connector, cursor)

        assert changed[f"{world.help}:{ts}"].version is None
        assert is_gone(connector, f"{world.help}:{ts}")

    def test_a_reply_edited_while_people_are_at_it_is_found_by_pass_and_snapshot(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "question")
        reply = world.sandbox.post(world.help, "wrnog", thread=ts)
        connector = world.connect()
        _, cursor = drain(connector, connector.head())
        world.sandbox.edit(world.help, reply, "corrected")

        changed = self.changed(world, connector, cursor)

        assert "corrected" in written(changed[f"{world.help}:{ts}"].document)
        assert "corrected" in written(listing(connector)[f"{world.help}:{ts}"].document)
        assert self.changed(world, connector, drain(connector, cursor)[1]) == {}

    def test_a_reply_edited_later_is_found_when_its_thread_is_four_times_as_old(self, world: SlackWorld) -> None:
        ts = world.sandbox.post(world.help, "question")
        reply = world.sandbox.post(world.help, "outdated", thread=ts)
        connector = world.connect()
        thread, ages = f"{world.help}:{ts}", []
        cursor = connector.head()
        for hours in range(1, 40 * 24):
            world.clock.now += HOUR
            changed, cursor = drain(connector, cursor)
            if changed:
                ages.append(hours)
            if hours == 100:
                world.sandbox.edit(world.help, reply, "up to date")

        assert ages == [1, 4, 16, 64, 256]
        assert "up to date" in connector.fetch(thread).body

    def test_what_leaves_the_window_is_gone(self, world: SlackWorld) -> None:
        alone = world.sandbox.post(world.help, "alone")
        ts = world.sandbox.post(world.help, "question")
        world.sandbox.post(world.help, "answer", thread=ts)
        connector = world.connect(history="30d")
        before = listing(connector)
        assert len(before) == 2

        world.clock.now += 31 * DAY

        assert listing(connector) == {}
        for external_id in before:
            with pytest.raises(Gone):
                connector.fetch(external_id)
        assert alone

    def test_a_new_channel_is_read_to_its_end_by_the_next_pass_and_its_cursor_stays_small(
        self, world: SlackWorld
    ) -> None:
        connector = world.connect()
        cursor = connector.head()
        world.help = world.sandbox.put_channel("help-new")
        busy(world, 900, 450, 61)

        world.later()

        changed, cursor = drain(connector, cursor)

        threads = [id_ for id_, change in changed.items() if ":day:" not in id_ and change.version is not None]
        assert len(threads) == 450
        assert set(listing(connector)) <= set(changed)
        assert len(cursor) < 20_000
        assert drain(connector, cursor)[0] == {}

    def test_weeks_without_a_pass_leave_no_gap(self, world: SlackWorld) -> None:
        busy(world, 100, 10, ODD)
        connector = world.connect()
        _, cursor = drain(connector, connector.head())
        gone = list(world.sandbox.world.channels[world.help].messages)[-5]
        before = set(listing(connector))
        world.clock.now += 40 * DAY
        busy(world, 700, 70, ODD)
        world.sandbox.delete(world.help, gone)

        changed, _ = drain(connector, cursor)

        assert set(listing(connector)) - before <= set(changed)


class TestDoubt:
    def test_a_thread_that_history_shows_is_not_gone(self, world: SlackWorld) -> None:
        put = world.put("Title", "text")
        world.wire.fail(Fault("conversations.replies", status=200, body='{"ok":false,"error":"thread_not_found"}'))

        with pytest.raises(Retryable, match="history shows"):
            world.connect().fetch(put)

    def test_what_history_withholds_is_retried_not_cut(self, world: SlackWorld) -> None:
        world.put("Title", "text")
        for body in (
            '{"ok":true,"has_more":true,"messages":[]}',
            '{"ok":true}',
            '{"ok":true,"messages":[{"text":"no ts"}]}',
            '{"ok":false}',
        ):
            world.wire.heal()
            world.wire.fail(Fault("conversations.history", status=200, body=body, times=None))
            with pytest.raises(Retryable):
                listing(world.connect())


class TestSlowTier:
    def test_once_a_minute_fifteen_at_a_time_is_slow_and_complete(self, world: SlackWorld) -> None:
        busy(world, 120, 6, step=900)
        thread = world.sandbox.post(world.help, "long one")
        for number in range(40):
            world.sandbox.post(world.help, f"reply {number}.", thread=thread)
        world.sandbox.world.clamp = 15
        world.sandbox.limits.enforce(throttled=True)
        connector = world.connect()
        bodies, cursor, waits = "", None, 0
        pending: list[str] = []
        more = True
        while more or pending:
            try:
                if more:
                    page = connector.snapshot(cursor)
                    cursor, more = page.cursor, page.more
                    bodies += "".join(change.document.body for change in page.changes if change.document)
                    pending += [change.external_id for change in page.changes if not change.document]
                else:
                    bodies += connector.fetch(pending[0]).body
                    pending.pop(0)
            except Retryable as error:
                world.clock.now += ((error.after or timedelta(0)) + timedelta(seconds=1)).total_seconds()
                waits += 1
                assert waits < 200

        assert all(bodies.count(f"message {number}.") == 1 for number in range(120))
        assert all(f"reply {number}." in bodies for number in range(40))
        assert world.sandbox.limits.refused <= 4


class TestLessThanUsual:
    """What Slack may leave out of an answer without taking anything from us."""

    @pytest.mark.parametrize("left_out", [("reply_count", "latest_reply", "reply_users", "reply_users_count"), ()])
    def test_a_parent_that_does_not_count_its_replies_is_read_all_the_same(
        self, world: SlackWorld, left_out: tuple[str, ...]
    ) -> None:
        ts = world.sandbox.post(world.help, "question")
        world.sandbox.post(world.help, "answer", thread=ts)
        world.sandbox.world.bare_parents = not left_out  # only where the whole thread is asked for
        for name in left_out:
            del world.sandbox.world.channels[world.help].messages[ts][name]
        connector = world.connect()

        (listed,) = listing(connector).values()

        assert connector.fetch(f"{world.help}:{ts}").version == listed.version or left_out
        assert "answer" in connector.fetch(f"{world.help}:{ts}").body
