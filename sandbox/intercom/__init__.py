"""An Intercom workspace at the wire: strict about what it is asked, true to the vendor's traps.

sandbox = IntercomSandbox(clock=clock)
help = sandbox.put_help_center()
article = sandbox.put_article("Refunds", "<p>Within 30 days.</p>", parents=(sandbox.put_collection("Orders"),))
wire = Wire(sandbox.app)
with serve(wire) as url: ...
"""

import time
from collections.abc import Callable

from starlette.types import ASGIApp

from sandbox.intercom.app import Api
from sandbox.intercom.articles import ArticleEdits
from sandbox.intercom.limits import Windows
from sandbox.intercom.records import IntercomWorkspace
from sandbox.intercom.talks import Talks


class IntercomSandbox:
    """A workspace, and every edit a person could make in it. `world` holds the knobs, `limits` the rate limit."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.world = IntercomWorkspace(clock=clock)
        self.limits = Windows()
        articles = ArticleEdits(self.world)
        self.put_help_center = articles.put_help_center
        self.turn_website = articles.turn_website
        self.put_collection = articles.put_collection
        self.rename_collection = articles.rename_collection
        self.delete_collection = articles.delete_collection
        self.put_article = articles.put_article
        self.edit = articles.edit
        self.set_state = articles.set_state
        self.arrange = articles.arrange
        self.delete_article = articles.delete_article
        self.put_internal = articles.put_internal
        self.edit_internal = articles.edit_internal
        self.delete_internal = articles.delete_internal
        talks = Talks(self.world)
        self.put_conversation = talks.put_conversation
        self.say = talks.say
        self.redact = talks.redact
        self.change = talks.change
        self.close = talks.close
        self.mark_read = talks.mark_read
        self.delete_conversation = talks.delete_conversation
        self.app: ASGIApp = Api(self.world, self.limits).app
