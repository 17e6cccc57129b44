"""Every edit that a person could make in a site. Only an edit of text or title counts as one to the vendor."""

from dataclasses import replace

from sandbox.confluence.records import BOT, Content, Kind, Site, Space, Status


class Edits:
    """Edits stamp what the vendor would stamp: text and titles get a version, everything else leaves no trace."""

    def __init__(self, world: Site) -> None:
        self._world = world

    def add_space(self, key: str, name: str = "", *, anonymous: bool = True, type: str = "global") -> int:  # noqa: A002
        world = self._world
        space = Space(world.new_id(), key, name or key.title(), type, anonymous=anonymous, created_at=world.clock())
        world.spaces[space.id] = space
        return space.id

    def put_page(
        self,
        title: str,
        storage: str = "",
        *,
        space: str = "",
        parent: int | None = None,
        kind: Kind = "page",
        labels: tuple[str, ...] = (),
        status: Status = "current",
        at: float | None = None,
    ) -> int:
        """Add a page, a blog post, or what only holds pages. `space`: the first one where it is not said."""
        world = self._world
        home = world.space_of(space) if space else next(iter(world.spaces.values()))
        if home is None:
            raise LookupError(space)
        moment = world.clock() if at is None else at
        number = world.new_id()
        world.put(
            Content(number, kind, home.id, title, parent, status, storage, 1, moment, moment, author=BOT, labels=labels)
        )
        return number

    def edit(self, number: int, storage: str | None = None, *, title: str | None = None) -> None:
        old = self._world.contents[number]
        self._world.change(
            number,
            storage=old.storage if storage is None else storage,
            title=title or old.title,
            number=old.number + 1,
            modified_at=self._world.clock(),
        )

    def label(self, number: int, labels: tuple[str, ...]) -> None:
        self._world.change(number, labels=labels)

    def move(self, number: int, parent: int | None) -> None:
        self._world.change(number, parent=parent)

    def move_to_space(self, number: int, key: str) -> None:
        found = self._world.space_of(key)
        if found is None:
            raise LookupError(key)
        self._world.change(number, space=found.id, parent=None)

    def restrict(self, number: int, readers: tuple[str, ...] = (BOT, "group:staff")) -> None:
        """Let only these read it; by default the account of the sync is among them."""
        self._world.change(number, readers=frozenset(readers))

    def unrestrict(self, number: int) -> None:
        self._world.change(number, readers=None)

    def set_status(self, number: int, status: Status) -> None:
        """Archive, trash, purge or restore: none of it counts as an edit."""
        self._world.change(number, status=status)

    def attach(self, above: int, name: str, content: bytes, media_type: str) -> int:
        """Attach a file, or upload a new version of it."""
        world = self._world
        for old in world.of("attachment"):
            if (old.parent, old.title) == (above, name):
                world.change(old.id, file=content, number=old.number + 1, modified_at=world.clock(), status="current")
                return old.id
        number = world.new_id()
        moment, space = world.clock(), world.contents[above].space
        world.put(
            Content(
                number,
                "attachment",
                space,
                name,
                above,
                created_at=moment,
                modified_at=moment,
                media_type=media_type,
                file=content,
            )
        )
        return number

    def comment(self, above: int, storage: str, *, inline: bool = False, reply_to: int | None = None) -> int:
        world = self._world
        moment, number = world.clock(), world.new_id()
        page = world.contents[above]
        world.put(
            Content(
                number,
                "comment",
                page.space,
                page.title,
                above,
                storage=storage,
                created_at=moment,
                modified_at=moment,
                reply_to=reply_to,
                location="inline" if inline else "footer",
            )
        )
        return number

    def open_to_public(self, key: str, *, anonymous: bool) -> None:
        self._alter(key, anonymous=anonymous)

    def archive_space(self, key: str) -> None:
        self._alter(key, status="archived")

    def hide_space(self, key: str) -> None:
        """Take the space away from the account of the sync: deleted or forbidden looks the same."""
        self._alter(key, hidden=True)

    def _alter(self, key: str, **fields: object) -> None:
        found = self._world.space_of(key)
        if found is None:
            raise LookupError(key)
        self._world.spaces[found.id] = replace(found, **fields)  # type: ignore[arg-type]  # the callers name the fields
