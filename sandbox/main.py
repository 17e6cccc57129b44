"""Serves a Zendesk account and an OpenAI-compatible server on loopback, until interrupted."""

import signal
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import FrameType

from sandbox import samples
from sandbox.load import fill, load_folder
from sandbox.openai import OpenAISandbox
from sandbox.wire import Wire, serve
from sandbox.zendesk import ZendeskSandbox

API_KEY = "sk-sandbox"


def run(load: Path | None, port_zendesk: int, port_openai: int, data: Path) -> None:
    """Serve the samples, or the texts of the folder `load`; print where, and a configuration that uses it.

    Port 0 takes a free one. What is uploaded stays in `data`. Returns on SIGINT or SIGTERM. Raises ValueError where
    `load` holds no text and OSError where a port is taken.
    """
    account = samples.acme() if load is None else loaded(load)
    data.mkdir(parents=True, exist_ok=True)
    stopped = _stopped_by_signal()
    with (
        closing(OpenAISandbox(data / "openai.db", api_key=API_KEY)) as store,
        serve(Wire(account.app), port_zendesk) as zendesk,
        serve(Wire(store.app), port_openai) as openai,
    ):
        _say(f"Zendesk: {zendesk}")
        _say(f"OpenAI:  {openai}/v1\n")
        _say("answerwell.toml for both:\n")
        _say(configuration(zendesk, openai, tickets=load is None))
        stopped.wait()


def loaded(folder: Path) -> ZendeskSandbox:
    """An account that holds the folder's texts as articles."""
    account = ZendeskSandbox()
    fill(account, load_folder(folder))
    return account


def configuration(zendesk: str, openai: str, *, tickets: bool) -> str:
    """An answerwell.toml that syncs from the one address into the other."""
    include = '["articles", "tickets"]' if tickets else '["articles"]'
    return f"""\
data_dir = "./data"

[openai]
api_key = "{API_KEY}"
base_url = "{openai}/v1"
uploads_per_minute = 100000  # OpenAI's is 1000; this machine has no limit

[[index]]
name = "public"
audiences = ["public"]

[[index]]
name = "internal"
audiences = ["public", "internal"]

[[source]]
name = "help-center"
kind = "zendesk"
url = "{zendesk}"
client_id = "answerwell"
client_secret = "zendesk-secret"
include = {include}
"""


def _stopped_by_signal() -> threading.Event:
    """An event that the first SIGINT or SIGTERM sets."""
    stopped = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
