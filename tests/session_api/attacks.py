"""Forty attacks on the endpoints, each with what must be answered."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import jwt

from tests.session_api.kit import SHOP, Shop, Widget, message

Answer = httpx2.Response
EVIL = "https://evil.example"


@dataclass(frozen=True)
class Attack:
    """What is tried, and the answer that makes it fail."""

    name: str
    tried: Callable[[Shop], Answer]
    status: int
    code: str


def _open(origin: str | None) -> Callable[[Shop], Answer]:
    return lambda shop: shop.widget(origin).open()


def _with(**headers: str) -> Callable[[Shop], Answer]:
    def tried(shop: Shop) -> Answer:
        return shop.http.post("/chatkit", json={"type": "threads.list", "params": {}}, headers=headers)

    return tried


def _as(change: Callable[[Widget], None]) -> Callable[[Shop], Answer]:
    def tried(shop: Shop) -> Answer:
        widget = shop.widget()
        widget.open()
        change(widget)
        return widget.call("threads.list")

    return tried


def _call(kind: str, **params: Any) -> Callable[[Shop], Answer]:
    def tried(shop: Shop) -> Answer:
        widget = shop.widget()
        widget.open()
        return widget.call(kind, **params)

    return tried


def _body(body: bytes) -> Callable[[Shop], Answer]:
    def tried(shop: Shop) -> Answer:
        widget = shop.widget()
        widget.open()
        return widget.post(body)

    return tried


def _on_foreign(kind: str, **more: Any) -> Callable[[Shop], Answer]:
    def tried(shop: Shop) -> Answer:
        victim, thief = shop.widget(), shop.widget()
        thread = victim.ask("Who pays for the parcel?").thread
        thief.open()
        return thief.call(kind, thread_id=thread, **more)

    return tried


def _ask(**more: Any) -> Callable[[Shop], Answer]:
    return _call("threads.create", input=message("Who pays?", **more))


def _claims(token: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")))


def _unsigned(widget: Widget) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"1"}').decode().rstrip("=")
    widget.secret = f"{header}.{widget.secret.split('.')[1]}."


def _resigned(widget: Widget) -> None:
    kid = jwt.get_unverified_header(widget.secret)["kid"]
    claims = {**_claims(widget.secret), "sub": "v_somebody_else"}
    widget.secret = jwt.encode(claims, "a guess that is long enough for HS256 keys", headers={"kid": kid})


def _changed(widget: Widget) -> None:
    head, _, signature = widget.secret.split(".")
    claims = {**_claims(widget.secret), "exp": 2**33}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    widget.secret = f"{head}.{body}.{signature}"


def _elsewhere(widget: Widget) -> None:
    widget.origin = "https://shop.acme.org"


def _swapped(widget: Widget) -> None:
    widget.secret = str(widget.visitor_token)


def _preflight(shop: Shop) -> Answer:
    asked = {"origin": EVIL, "access-control-request-method": "POST"}
    return shop.http.options("/chatkit", headers=asked)


def _rebound(shop: Shop) -> Answer:
    port = shop.url.rpartition(":")[2]
    headers = {"host": f"evil.example:{port}", "origin": f"http://evil.example:{port}"}
    return shop.http.post("/api/chatkit/session", headers=headers)


def _huge(shop: Shop) -> Answer:
    widget = shop.widget()
    widget.open()
    return widget.post(b"x" * 70_000)


def _ended(shop: Shop) -> Answer:
    widget = shop.widget()
    widget.open()
    shop.http.delete("/api/chatkit/session", headers={"origin": SHOP, "authorization": f"Bearer {widget.secret}"})
    return widget.call("threads.list")


THREAD = "thr_" + "0" * 32
ATTACKS = (
    Attack("session from a page that is not listed", _open(EVIL), 403, "origin_not_allowed"),
    Attack("session without an Origin", _open(None), 403, "origin_not_allowed"),
    Attack("session from a sandboxed frame", _open("null"), 403, "origin_null"),
    Attack("session over http", _open("http://www.acme.com"), 403, "origin_http"),
    Attack("session from a look-alike domain", _open("https://www.acme.com.evil.example"), 403, "origin_not_allowed"),
    Attack("session with a user in the origin", _open("https://www.acme.com@evil.example"), 403, "origin_not_allowed"),
    Attack("session from the bare wildcard domain", _open("https://acme.org"), 403, "origin_not_allowed"),
    Attack("session from a suffix of the wildcard domain", _open("https://evilacme.org"), 403, "origin_not_allowed"),
    Attack("session from another port", _open("https://www.acme.com:8443"), 403, "origin_port"),
    Attack("DNS rebinding to the server's own port", _rebound, 403, "origin_not_allowed"),
    Attack("preflight from a page that is not listed", _preflight, 403, "origin_not_allowed"),
    Attack("call without a token", _with(origin=SHOP), 401, "token_missing"),
    Attack("call with basic authentication", _with(origin=SHOP, authorization="Basic eDp5"), 401, "token_missing"),
    Attack("call with noise as a token", _with(origin=SHOP, authorization="Bearer x"), 401, "token_invalid"),
    Attack("unsigned token (alg none)", _as(_unsigned), 401, "token_invalid"),
    Attack("token signed with a guess for another visitor", _as(_resigned), 401, "token_invalid"),
    Attack("token with a later expiry", _as(_changed), 401, "token_invalid"),
    Attack("visitor token as a session", _as(_swapped), 401, "token_invalid"),
    Attack("token used on another page", _as(_elsewhere), 403, "origin_mismatch"),
    Attack("token after its session was ended", _ended, 401, "token_invalid"),
    Attack("identity token where none is configured", lambda s: s.widget().open(identity_token="a.b.c"), 401,
           "identity_not_configured"),
    Attack("reading another visitor's thread", _on_foreign("threads.get_by_id"), 404, "not_found"),
    Attack("listing another visitor's messages", _on_foreign("items.list"), 404, "not_found"),
    Attack("writing into another visitor's thread", _on_foreign("threads.add_user_message", input=message("hi")), 404,
           "not_found"),
    Attack("renaming another visitor's thread", _on_foreign("threads.update", title="mine"), 404, "not_found"),
    Attack("deleting another visitor's thread", _on_foreign("threads.delete"), 404, "not_found"),
    Attack("a thread id with SQL in it", _call("threads.get_by_id", thread_id="' OR 1=1 --"), 404, "not_found"),
    Attack("a thread id with NUL in it", _call("threads.get_by_id", thread_id="thr_\x00"), 404, "not_found"),
    Attack("a page cursor with SQL in it", _call("threads.list", after="x' UNION SELECT * FROM chat_threads"), 404,
           "not_found"),
    Attack("choosing a dearer model", _ask(inference_options={"model": "gpt-6-sol"}), 400, "not_offered"),
    Attack("choosing a tool", _ask(inference_options={"tool_choice": {"id": "shell"}}), 400, "not_offered"),
    Attack("attaching a file by a guessed id", _ask(attachments=["atc_1"]), 400, "not_offered"),
    Attack("registering an upload", _call("attachments.create", name="x", size=1, mime_type="a/b"), 400, "not_offered"),
    Attack("forging a tool's result", _call("threads.add_client_tool_output", thread_id=THREAD, result=1), 400,
           "not_offered"),
    Attack("forging an action", _call("threads.custom_action", thread_id=THREAD,
                                      action={"type": "refund", "payload": {}}), 400, "not_offered"),
    Attack("a question of 100,000 letters", _call("threads.create", input=message("x" * 60_000)), 400,
           "message_too_long"),
    Attack("a body beyond 64 KB", _huge, 413, "body_too_large"),
    Attack("nesting of 60,000 levels", _body(b"[" * 60_000), 400, "invalid_request"),
    Attack("half a surrogate pair", _body(b'{"type":"threads.list","params":{"after":"\\ud800"}}'), 400,
           "invalid_request"),
    Attack("an operation that does not exist", _body(b'{"type":"threads.export","params":{}}'), 400, "invalid_request"),
)  # fmt: skip
