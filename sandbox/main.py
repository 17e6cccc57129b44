"""Serves Acme's accounts and an OpenAI-compatible server on loopback, until interrupted."""

import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from sandbox.company import company
from sandbox.openai.encoder import local_encoder

NAMES = {
    "zendesk": "Zendesk",
    "intercom": "Intercom",
    "confluence": "Confluence",
    "google": "Google",
    "slack": "Slack",
    "openai": "OpenAI",
}


def run(load: Path | None, ports: Mapping[str, int], data: Path) -> None:
    """Serve the samples, or the texts of the folder `load`; print where, and a configuration that uses it.

    Port 0 takes a free one. What is uploaded stays in `data`, and its vectors. Returns on SIGINT or SIGTERM. Raises
    ValueError where `load` holds no text and OSError where a port is taken.
    """
    stopped = _stopped_by_signal()
    with company(data, load=load, ports=ports, encoder=local_encoder(), solved=True) as acme:
        for vendor, url in acme.urls.items():
            _say(f"{NAMES[vendor] + ':':<12}{url}{'/v1' if vendor == 'openai' else ''}")
        _say("\nanswerwell.toml for all of it:\n")
        _say(acme.configuration())
        stopped.wait()


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
