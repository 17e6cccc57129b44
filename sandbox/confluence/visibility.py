"""Who sees what: a space's openness, and the read restrictions of a content and of everything above it."""

from sandbox.confluence.records import Content, Site, Space

VISITOR = ""
"""The account id of a visitor who is not signed in."""


def sees_space(space: Space | None, account: str) -> bool:
    return space is not None and (space.anonymous if account == VISITOR else not space.hidden)


def sees(world: Site, content: Content, account: str) -> bool:
    """Whether the account may read the content; drafts and the trash are for those who are signed in."""
    if not sees_space(world.spaces.get(content.space), account):
        return False
    chain = [content, *world.above(content)]
    if account == VISITOR and any(c.status in ("draft", "trashed", "deleted") for c in chain):
        return False
    return all(c.readers is None or account in c.readers for c in chain) and all(
        c.status != "draft" or c.author == account for c in chain[:1]
    )
