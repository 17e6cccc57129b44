"""What was removed is neither shown nor found, whatever the store still finds."""

import json
from collections.abc import Mapping
from typing import Any

from sync.state import queries
from tests import loopback
from tests.session_api.kit import Shop

OLD = "Refunds arrive within ninety-nine days."


def linger(acme: Shop, attributes: Mapping[str, Any], text: str = OLD) -> str:
    """Put a file into the live store behind the state's back: there it looks like any of ours."""
    base, key = f"{acme.company.openai_url}/v1", {"Authorization": "Bearer sk-sandbox"}
    live = queries.active(acme.engine.state, "public")
    assert live is not None
    sent = {"file": ("old.md", text.encode(), "text/markdown")}
    made = loopback.http.post(f"{base}/files", headers=key, files=sent, data={"purpose": "assistants"})
    file = str(made.raise_for_status().json()["id"])
    attached = {"file_id": file, "attributes": dict(attributes)}
    loopback.http.post(f"{base}/vector_stores/{live.store}/files", headers=key, json=attached).raise_for_status()
    return file


def ours(acme: Shop) -> dict[str, Any]:
    """The attributes of a file that this installation uploaded."""
    return next(dict(attributes) for held in acme.company.openai.stores().values() for attributes in held.values())


def test_a_file_of_ours_that_the_state_does_not_know_is_never_shown(acme: Shop) -> None:
    linger(acme, ours(acme) | {"title": "Old refunds", "document": "s:old"})

    answered = acme.widget().ask("When do refunds arrive?")

    assert "ninety-nine" not in json.dumps(answered.events)
    assert "Old refunds" not in answered.text
    assert all(OLD not in hit.text for hit in acme.engine.search("public", "refunds ninety-nine days"))
