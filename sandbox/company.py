"""Acme on this machine: help centers, wiki, Drive and Slack, and a server that speaks OpenAI's API, each at an address.

with company(folder) as acme:
    acme.configuration()          # an answerwell.toml for all of it
    acme.notify("http://127.0.0.1:8400")   # from here on, what changes in Zendesk and Slack is told there
"""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from sandbox import sample_confluence, sample_google, sample_intercom, sample_slack, samples
from sandbox.confluence import ConfluenceSandbox
from sandbox.google import GoogleSandbox
from sandbox.intercom import IntercomSandbox
from sandbox.load import fill, load_folder
from sandbox.openai import OpenAISandbox
from sandbox.openai.encoder import Encoder, KeptVectors
from sandbox.slack import SlackSandbox
from sandbox.slack.events import deliver, post_to
from sandbox.wire import Wire, serve
from sandbox.zendesk import ZendeskSandbox
from sandbox.zendesk.webhooks import article_event

API_KEY = "sk-sandbox"
KEY_FILE = "service-account.json"
ANY_PORTS: Mapping[str, int] = {}


@dataclass
class Company:
    """Every vendor's account with its address. `wires` count the calls and fail them on demand, by vendor."""

    zendesk: ZendeskSandbox
    intercom: IntercomSandbox
    confluence: ConfluenceSandbox
    google: GoogleSandbox
    slack: SlackSandbox
    openai: OpenAISandbox
    key_file: Path
    loaded: bool = False
    solved: bool = False
    urls: dict[str, str] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    listener: str = ""

    def apps(self) -> dict[str, ASGIApp]:
        """What is served, by vendor."""
        vendors: dict[str, ASGIApp] = {"zendesk": self.zendesk.app, "openai": self.openai.app}
        if not self.loaded:
            vendors |= {
                "intercom": self.intercom.app,
                "confluence": self.confluence.app,
                "google": self.google.app,
                "slack": self.slack.app,
            }
        return vendors

    def configuration(self) -> str:
        """An answerwell.toml that syncs every account into the OpenAI-compatible server."""
        others = [] if self.loaded else [self._wiki(), self._docs(), self._chat(), self._business_desk()]
        sources = [*others, self._help_center()]
        return _HEAD.format(key=API_KEY, openai=self.urls["openai"]) + "".join(sources)

    def edit_article(self, key: str, body: str) -> None:
        """Edit a sample article; Zendesk sends its webhook event where `notify` named a listener."""
        number = self.zendesk.article_of[key]
        self.zendesk.put_article(id=number, body=body)
        if self.listener:
            brand = self.zendesk.world.brands["main"]
            event = article_event(
                self.zendesk.world, brand, brand.articles[number], "article.published", WEBHOOK_SECRET
            )
            _post(f"{self.listener}/webhooks/help-center", event.headers, event.body)

    def notify(self, listener: str) -> None:
        """Send events of Zendesk and Slack to the webhooks of a service at this address."""
        self.listener = listener
        send = post_to(f"{listener}/webhooks/support-slack")
        self.slack.events.listeners.append(
            lambda delivery: threading.Thread(target=deliver, args=(delivery, send), daemon=True).start()
        )

    def _help_center(self) -> str:
        include = '["articles"]' if self.loaded or self.solved else '["articles", "tickets"]'
        desk = _HISTORY if self.solved else ""
        return _HELP_CENTER.format(url=self.urls["zendesk"], secret=WEBHOOK_SECRET, include=include) + desk

    def _business_desk(self) -> str:
        return _BUSINESS_DESK.format(url=self.urls["intercom"])

    def _wiki(self) -> str:
        return _WIKI.format(url=self.urls["confluence"])

    def _docs(self) -> str:
        folders = self.google.folder_of
        return _DOCS.format(
            url=self.urls["google"], key_file=self.key_file, folder=folders["knowledge"], public=folders["guides"]
        )

    def _chat(self) -> str:
        return _CHAT.format(url=self.urls["slack"])


WEBHOOK_SECRET = "zendesk-webhook-secret"  # noqa: S105  # opens nothing but the fake


@contextmanager
def company(
    folder: Path,
    *,
    load: Path | None = None,
    ports: Mapping[str, int] = ANY_PORTS,
    encoder: Encoder | None = None,
    solved: bool = False,
) -> Iterator[Company]:
    """Serve all accounts until the block ends; vector stores and a key file are kept in the folder.

    `load`: a folder whose texts are the help center's articles, instead of the samples and the other vendors. `ports`:
    by vendor; any free one where none is given. `encoder`: what the OpenAI-compatible server compares texts with; its
    vectors are kept in the folder, too. `solved`: with three hundred solved conversations; they are kept as
    history, and tickets are no documents then. Raises ValueError where `load` holds no text, OSError for a port taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        kept = stack.enter_context(closing(KeptVectors(encoder, folder / "vectors.db"))) if encoder else None
        acme = Company(
            zendesk=samples.acme(solved=solved) if load is None else loaded(load),
            intercom=sample_intercom.acme_intercom(),
            confluence=sample_confluence.acme(),
            google=sample_google.acme(),
            slack=sample_slack.acme_slack(),
            openai=OpenAISandbox(folder / "openai.db", api_key=API_KEY, encoder=kept),
            key_file=(folder / KEY_FILE).resolve(),
            loaded=load is not None,
            solved=solved and load is None,
        )
        stack.callback(acme.openai.close)
        for vendor, app in acme.apps().items():
            acme.wires[vendor] = Wire(app)
            acme.urls[vendor] = stack.enter_context(serve(acme.wires[vendor], ports.get(vendor, 0)))
        if not acme.loaded:
            acme.key_file.write_text(acme.google.credentials.key_file(f"{acme.urls['google']}/token"), encoding="utf-8")
        yield acme


def loaded(folder: Path) -> ZendeskSandbox:
    """An account that holds the folder's texts as articles."""
    account = ZendeskSandbox()
    fill(account, load_folder(folder))
    return account


def _post(url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Post once, without a retry: a listener that is down misses it."""
    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310  # loopback
    try:
        urllib.request.urlopen(request, timeout=3).close()  # noqa: S310
    except urllib.error.URLError:
        return


_HEAD = """\
data_dir = "./data"

[openai]
api_key = "{key}"
base_url = "{openai}/v1"
uploads_per_minute = 100000  # OpenAI's is 1000; this machine has no limit

[[index]]
name = "public"
audiences = ["public"]

[[index]]
name = "internal"
audiences = ["public", "internal"]
"""
_HELP_CENTER = """
[[source]]
name = "help-center"
kind = "zendesk"
url = "{url}"
client_id = "answerwell"
client_secret = "zendesk-secret"
webhook_secret = "{secret}"
include = {include}
"""
_BUSINESS_DESK = """
[[source]]
name = "business-desk"
kind = "intercom"
url = "{url}"
token = "intercom-token"
include = ["articles", "internal_articles", "conversations"]
"""
_HISTORY = """
[helpdesk]
source = "help-center"
order_numbers = ["AC-#####"]
"""
_WIKI = """
[[source]]
name = "wiki"
kind = "confluence"
url = "{url}"
email = "bot@acme.test"
api_token = "confluence-token"
spaces = ["HELP", "OPS"]
public_spaces = ["HELP"]
"""
_DOCS = """
[[source]]
name = "docs"
kind = "google_docs"
credentials_file = "{key_file}"
drive_url = "{url}"
docs_url = "{url}"
folders = ["{folder}"]
public_folders = ["{public}"]
"""
_CHAT = """
[[source]]
name = "support-slack"
kind = "slack"
url = "{url}/api/"
bot_token = "xoxb-slack-token"
signing_secret = "slack-signing-secret"
channels = ["help-*"]
"""
