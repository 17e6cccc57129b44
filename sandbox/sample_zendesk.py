"""The sample company's solved conversations, as Zendesk holds them."""

from collections.abc import Iterable
from dataclasses import replace

from sandbox.sample_conversation_texts import MACROS
from sandbox.sample_conversations import LEFT_AGENT, SampleConversation, SampleMessage
from sandbox.zendesk import ZendeskSandbox
from sandbox.zendesk.articles import NewAttachment

MACHINE = "Acme Autoresponder"
PICTURE = NewAttachment("photo.png", b"\x89PNG", "image/png", inline=True)


def put_conversations(account: ZendeskSandbox, conversations: Iterable[SampleConversation]) -> dict[str, int]:
    """Put them into the account, macros included; returns the ticket of each."""
    for language, text in MACROS.items():
        account.world.macros[account.world.new_id()] = (f"First steps ({language})", text)
    tickets = {one.key: _put(account, one) for one in conversations}
    left = account.world.person(LEFT_AGENT, "agent")
    account.world.users[left.id] = replace(left, role="end-user")
    return tickets


def _put(account: ZendeskSandbox, one: SampleConversation) -> int:
    began = account.world.now() - one.began * 60
    first = one.messages[0]
    ticket = account.put_ticket(
        one.subject,
        first.text,
        requester=one.customer,
        email=one.mail,
        tags=(*one.tags, *(("closed_by_merge",) if one.special == "merged" else ())),
        relation="follow_up" if one.special == "follow_up" else None,
        group=one.group,
        score=one.satisfaction or "unoffered",
        at=began,
        attachments=[PICTURE] * first.pictures,
    )
    for message in one.messages[1:]:
        _say(account, ticket, one, message, began)
    if first.redacted:
        account.redact(account.world.tickets[ticket].comments[0].id, at=began + one.messages[-1].after * 60)
    account.set_status(ticket, "solved", at=account.world.now() - one.solved * 60)
    return ticket


def _say(account: ZendeskSandbox, ticket: int, one: SampleConversation, message: SampleMessage, began: float) -> None:
    machine = message.author == "bot"
    account.comment(
        ticket,
        message.text,
        message.public,
        author=MACHINE if machine else message.by or one.customer,
        at=began + message.after * 60,
        channel="rule" if machine else "email",
        relation="merge" if one.special == "merged" and message.author == "agent" else None,
    )
