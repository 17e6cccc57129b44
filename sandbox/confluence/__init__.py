"""A Confluence site at the wire, Cloud and Data Center: strict about what it is asked, true to the vendor's traps.

sandbox = ConfluenceSandbox(clock=clock)
page = sandbox.put_page("Refunds", "<p>Within 30 days.</p>")
wire = Wire(sandbox.app)
with serve(wire) as url: ...
"""

import time
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from sandbox.confluence import app
from sandbox.confluence.edits import Edits
from sandbox.confluence.records import Site

CLOUD_ID = "11111111-2222-3333-4444-555555555555"


class ConfluenceSandbox:
    """One site with one space, HELP, and every edit a person could make in it. `world` holds the knobs.

    Serve `app` for Cloud: the site below /wiki, and the gateway for scoped tokens below /ex/confluence. Serve
    `data_center` for a Data Center below `context`.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        email: str = "bot@acme.test",
        api_token: str = "confluence-token",  # noqa: S107  # opens nothing but the fake
        scoped_token: str = "confluence-scoped",  # noqa: S107  # likewise
        token: str = "confluence-pat",  # noqa: S107  # likewise
        context: str = "",
    ) -> None:
        self.world = Site(clock=clock)
        edits = Edits(self.world)
        self.add_space = edits.add_space
        self.put_page = edits.put_page
        self.edit = edits.edit
        self.label = edits.label
        self.move = edits.move
        self.move_to_space = edits.move_to_space
        self.restrict = edits.restrict
        self.unrestrict = edits.unrestrict
        self.set_status = edits.set_status
        self.attach = edits.attach
        self.comment = edits.comment
        self.open_to_public = edits.open_to_public
        self.archive_space = edits.archive_space
        self.hide_space = edits.hide_space
        self.page_of: dict[str, int] = {}
        self.add_space("HELP", "Help")
        self._site = app.cloud(self.world, "/wiki", email, api_token, visitors=True)
        gateway = f"/ex/confluence/{CLOUD_ID}/wiki"
        self._gateway = app.cloud(self.world, gateway, email, scoped_token, visitors=False)
        self.data_center = app.data_center(self.world, context, token, email, api_token)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole Cloud site: each base takes its own kind of token."""
        served = self._gateway if scope.get("path", "").startswith("/ex/") else self._site
        await served(scope, receive, send)
