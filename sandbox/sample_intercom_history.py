"""The sample company's three hundred solved conversations, as Intercom would hold them."""

import html
from collections.abc import Sequence
from dataclasses import replace

from sandbox.intercom import IntercomSandbox
from sandbox.intercom.records import Author, Message, MessageFile
from sandbox.sample_conversations import SampleConversation, SampleMessage, conversations

BOT = Author("bot", "5221", "Operator", "operator+acme12@intercom.io")
PIXEL = b"\x89PNG"
RATINGS = {"good": 5, "bad": 1, "": None}
GONE = "<p><i>This message was deleted</i></p>"


def with_history(account: IntercomSandbox, samples: Sequence[SampleConversation] = ()) -> dict[str, int]:
    """Put these, or all of them, into the workspace, closed as long ago as they say; returns their ids by key."""
    told = samples or conversations()
    for name in sorted({one.group for one in told} - {*account.world.teams.values()}):
        account.world.teams[account.world.new_id()] = name
    teams = {name: number for number, name in account.world.teams.items()}
    return {one.key: _put(account, one, teams[one.group]) for one in told}


def _put(account: IntercomSandbox, one: SampleConversation, team: int) -> int:
    world = account.world
    began, solved = world.now() - one.began * 60, world.now() - one.solved * 60
    customer = Author("user", f"u-{one.mail}", one.customer, one.mail)
    first, *others = [_message(account, said, customer, began) for said in one.messages]
    number = account.put_conversation(
        first.body or "",
        author=customer,
        subject=f"<p>{html.escape(one.subject)}</p>",
        tags=one.tags,
        state="closed",
        team=team,
        rating=RATINGS[one.satisfaction],
        at=began,
    )
    closed = Message(world.new_id(), "close", None, Author("admin", "991010", "Dana Kim", ""), solved)
    ending = [Message(world.new_id(), "merged", None, closed.author, solved)] if one.special == "merged" else []
    parts = (*others, *ending, closed)
    held = replace(world.conversations[number], source=replace(first, part_type="source"), parts=parts)
    world.conversations[number] = replace(held, updated_at=solved, closed_at=solved)
    return number


def _message(account: IntercomSandbox, said: SampleMessage, customer: Author, began: int) -> Message:
    agent = Author("admin", f"a-{said.by}", said.by, f"{said.by.lower().replace(' ', '.')}@acme.test")
    author = {"customer": customer, "bot": BOT}.get(said.author, agent)
    new_id = account.world.new_id
    files = [MessageFile(new_id(), f"picture-{place}.png", PIXEL, "image/png") for place in range(said.pictures)]
    paragraphs = [html.escape(words).replace("\n", "<br>") for words in said.text.split("\n\n") if words]
    body = GONE if said.redacted else "".join(f"<p>{words}</p>" for words in paragraphs)
    kind = "note" if said.author == "note" else "comment"
    return Message(new_id(), kind, body, author, began + said.after * 60, tuple(files), said.redacted)
