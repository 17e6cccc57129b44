"""Edits of tickets, as customers, agents and the system itself make them."""

from collections.abc import Sequence
from dataclasses import replace

from sandbox.zendesk.articles import NewAttachment
from sandbox.zendesk.records import Account, Attachment, Comment, Event, Ticket

REDACTED = "▇▇▇▇▇"


class Tickets:
    """Every edit of a ticket; each moves `generated_at`, and all but the system's own move `updated_at`."""

    def __init__(self, world: Account) -> None:
        self.world = world

    def put_ticket(
        self,
        subject: str,
        description: str,
        comments: Sequence[tuple[str, str, bool]] = (),
        *,
        status: str = "open",
        requester: str = "Chris Customer",
        tags: Sequence[str] = (),
        at: float | None = None,
        email: str = "",
        relation: str | None = None,
        group: str = "",
        score: str = "unoffered",
        attachments: Sequence[NewAttachment] = (),
    ) -> int:
        """Create a ticket; `comments` are (author, body, public); an author other than the requester is an agent.

        The description is the first comment, as the vendor has it. `at`: when all this was, now where left out.
        """
        now, number = self._moment(at), self.world.new_id()
        customer = self.world.person(requester, email=email).id
        agent = self.world.person("Sam Agent", "agent").id
        self.world.tickets[number] = Ticket(
            number, subject, description, status, customer, agent, (), tuple(tags), now, now, now,
            relation=relation, group_id=self._group(group), score=score,
        )  # fmt: skip
        self.comment(number, description, True, author=requester, at=at, attachments=attachments)
        for author, body, public in comments:
            self.comment(number, body, public, author=author, at=at)
        return number

    def comment(
        self,
        ticket: int,
        body: str,
        public: bool = True,
        *,
        author: str = "Sam Agent",
        at: float | None = None,
        attachments: Sequence[NewAttachment] = (),
        channel: str = "email",
        relation: str | None = None,
    ) -> int:
        """Add a comment and return its id. `channel` and `relation`: how it came."""
        person = self.world.person(author, "agent")
        now = self._moment(at)
        files = tuple(
            Attachment(self.world.new_id(), new.file_name, new.content, new.content_type, new.inline, None, now)
            for new in attachments
        )
        added = Comment(
            self.world.new_id(), self.world.new_id(), person.id, body, public, now, files, channel, relation
        )
        old = self.world.tickets[ticket]
        self._put(replace(old, comments=(*old.comments, added), updated_at=now), now)
        self.world.events.append(Event(added.audit_id, ticket, person.id, now, "Comment", added.id, public))
        return added.id

    def set_status(self, ticket: int, status: str, at: float | None = None) -> None:
        now = self._moment(at)
        self._put(replace(self.world.tickets[ticket], status=status, updated_at=now), now)
        agent = self.world.person("Sam Agent", "agent").id
        self.world.events.append(Event(self.world.new_id(), ticket, agent, now, "Change", changed={"status": status}))

    def delete_ticket(self, ticket: int) -> None:
        """Delete it softly: the export still brings it, with that status; thirty days later it is scrubbed."""
        now = self.world.now()
        self._put(replace(self.world.tickets[ticket], status="deleted", updated_at=now, deleted_at=now))
        self._record(ticket, "Change")

    def restore_ticket(self, ticket: int) -> None:
        self._put(replace(self.world.tickets[ticket], status="open", updated_at=self.world.now(), deleted_at=None))
        self._record(ticket, "Change")

    def redact(self, comment: int, at: float | None = None) -> None:
        """Black the comment out in place; its ticket changes, the comment has no time of change."""
        old = next(
            ticket for ticket in self.world.tickets.values() if any(held.id == comment for held in ticket.comments)
        )
        comments = tuple(replace(held, body=REDACTED) if held.id == comment else held for held in old.comments)
        now = self._moment(at)
        self._put(replace(old, comments=comments, description=comments[0].body, updated_at=now), now)
        self._record(old.id, "CommentRedactionEvent", comment, now)

    def make_private(self, comment: int) -> None:
        """Turn a public comment into an internal note: the event of its making still says that it is public."""
        old = next(
            ticket for ticket in self.world.tickets.values() if any(held.id == comment for held in ticket.comments)
        )
        comments = tuple(replace(held, public=False) if held.id == comment else held for held in old.comments)
        self._put(replace(old, comments=comments, updated_at=self.world.now()))
        self._record(old.id, "CommentPrivacyChange", comment)

    def system_update(self, ticket: int) -> None:
        """Change the ticket as the system does: the export brings it again, `updated_at` stays."""
        self._put(self.world.tickets[ticket])

    def _put(self, ticket: Ticket, at: int | None = None) -> None:
        self.world.tickets[ticket.id] = replace(ticket, generated_at=self._moment(at))

    def _group(self, name: str) -> int | None:
        if not name:
            return None
        number = next((known for known, called in self.world.groups.items() if called == name), None)
        if number is None:
            number = self.world.new_id()
            self.world.groups[number] = name
        return number

    def _moment(self, at: float | None) -> int:
        return self.world.now() if at is None else int(at)

    def _record(self, ticket: int, event_type: str, about: int | None = None, at: int | None = None) -> None:
        agent = self.world.person("Sam Agent", "agent").id
        now = self._moment(at)
        self.world.events.append(Event(self.world.new_id(), ticket, agent, now, event_type, about=about))
