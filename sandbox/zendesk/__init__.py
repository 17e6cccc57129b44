"""A Zendesk account at the wire: strict about what it is asked, true to the vendor's traps.

sandbox = ZendeskSandbox(clock=clock)
article = sandbox.put_article(title="Refunds", body="<p>Within 30 days.</p>")
wire = Wire(sandbox.app)
with serve(wire) as url: ...
"""

import time
from collections.abc import Callable

from starlette.types import ASGIApp

from sandbox.zendesk.app import BrandHost
from sandbox.zendesk.articles import Articles
from sandbox.zendesk.limits import Buckets
from sandbox.zendesk.oauth import Credentials
from sandbox.zendesk.records import MAIN, Account
from sandbox.zendesk.structure import Structure
from sandbox.zendesk.tickets import Tickets


class ZendeskSandbox:
    """An account with one brand or several, and every edit a person could make in it.

    Edits stamp records by the clock, as the vendor would. `world` holds the knobs, `limits` the rate limits,
    `credentials` the tokens. Serve `app` for the account's host, and `brand_app(name)` for each other brand's.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        client_id: str = "answerwell",
        client_secret: str = "zendesk-secret",  # noqa: S107  # opens nothing but the fake
        email: str = "bot@acme.test",
        api_token: str = "zendesk-token",  # noqa: S107  # likewise
    ) -> None:
        self.world = Account(clock=clock)
        self.limits = Buckets()
        self.credentials = Credentials(self.world, client_id, client_secret, email, api_token)
        self.article_of: dict[str, int] = {}
        structure = Structure(self.world)
        self.add_brand = structure.add_brand
        self.close_to_public = structure.close_to_public
        self.disable_help_center = structure.disable_help_center
        self.put_segment = structure.put_segment
        self.put_content_tag = structure.put_content_tag
        self.put_category = structure.put_category
        self.put_section = structure.put_section
        self.delete_section = structure.delete_section
        self.delete_category = structure.delete_category
        self.add_brand(MAIN)
        self.signed_in = self.put_segment("Signed-in users", "signed_in_users", built_in=True)
        self.staff = self.put_segment("Agents and managers", "staff", built_in=True)
        articles = Articles(self.world, structure, self.world.person("Alex Writer", "agent").id)
        self.put_article = articles.put_article
        self.archive_article = articles.archive_article
        self.restore_article = articles.restore_article
        self.set_draft = articles.set_draft
        self.segment = articles.segment
        self.vote = articles.vote
        self.translate = articles.translate
        self.remove_translation = articles.remove_translation
        tickets = Tickets(self.world)
        self.put_ticket = tickets.put_ticket
        self.comment = tickets.comment
        self.set_status = tickets.set_status
        self.delete_ticket = tickets.delete_ticket
        self.restore_ticket = tickets.restore_ticket
        self.redact = tickets.redact
        self.make_private = tickets.make_private
        self.system_update = tickets.system_update
        self.app: ASGIApp = self.brand_app(MAIN)

    def brand_app(self, name: str) -> ASGIApp:
        """Return the app to serve at the brand's own origin."""
        return BrandHost(self.world, self.world.brands[name], self.credentials, self.limits).app
