"""Which pages may use the widget, and what everybody else is told."""

from typing import Any

import pytest
from pydantic import ValidationError

from session_api.access.origins import Origins
from session_api.access.settings import EmbeddingSettings, ServerSettings
from tests.session_api.kit import SHOP, Shop

LISTED = ["https://www.acme.com", "https://*.acme.org", "http://localhost:3000", "https://shop.acme.com:8443"]


@pytest.fixture
def origins() -> Origins:
    return Origins(
        EmbeddingSettings(origins=LISTED), ServerSettings(port=9000, public_url="https://help.acme.com/chat")
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.acme.com",
        "https://a.acme.org",
        "https://a.b.acme.org",
        "http://localhost:3000",
        "https://shop.acme.com:8443",
        "https://help.acme.com",
    ],
)
def test_a_listed_page_may(origins: Origins, origin: str) -> None:
    assert origins.allows(origin)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "https://acme.org",
        "https://xacme.org",
        "https://acme.org.evil.com",
        "https://a.acme.org:444",
        "http://a.acme.org",
        "https://www.acme.com.evil.com",
        "https://www.acme.com@evil.com",
        "https://evil.com#https://www.acme.com",
        "https://evil.com/https://www.acme.com",
        "https://www.acme.com/",
        "https://www.acme.com.",
        "https://WWW.ACME.COM",
        "https://www.acme.com:443",
        "https://www.acme.com, https://evil.com",
        "https://www.acme.com https://evil.com",
        "https://www.acme.com\\.evil.com",
        "https://*.acme.org",
        "https://.acme.org",
        "https://wwww.acme.com",
        "ftp://www.acme.com",
        "file://",
        "https://[::1",
        "https://www.acme.com:99999",
        "https://ẘww.acme.com",
        "x" * 10_000,
    ],
)
def test_no_other_page_may(origins: Origins, origin: str | None) -> None:
    assert not origins.allows(origin)
    refusal = origins.refusal(origin)
    assert refusal.status == 403
    assert refusal.fix
    assert len(refusal.message) < 400


def test_the_server_itself_is_known_by_its_socket_and_not_by_what_a_page_calls_it(origins: Origins) -> None:
    """A page whose name was made to point here (DNS rebinding) sends its own name as Host, and as Origin."""
    assert origins.allows("http://127.0.0.1:8400", ("127.0.0.1", 8400))
    assert origins.allows("http://localhost:8400", ("127.0.0.1", 8400))
    assert not origins.allows("http://evil.com:8400", ("127.0.0.1", 8400))
    assert not origins.allows("http://127.0.0.1:8400", ("127.0.0.1", 9999))
    assert not origins.allows("http://127.0.0.1:8400", ("10.0.0.5", 8400))


@pytest.mark.parametrize(
    ("origin", "code", "fix"),
    [
        ("https://evil.com", "origin_not_allowed", 'Add "https://evil.com" to origins under [widget]'),
        ("http://www.acme.com", "origin_http", "serve the page from https://www.acme.com"),
        ("https://acme.com", "origin_www", 'Add "https://acme.com" to origins under [widget]'),
        ("https://www.acme.com:8443", "origin_port", 'Add "https://www.acme.com:8443" to origins under [widget]'),
        ("null", "origin_null", "allow_null_origin = true"),
        (None, "origin_not_allowed", "Call from a web page"),
    ],
)
def test_each_near_miss_has_its_own_code_and_the_line_to_change(
    acme: Shop, origin: str | None, code: str, fix: str
) -> None:
    refused = acme.widget(origin).open()

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == code
    assert fix in refused.json()["error"]["fix"]


APPS = ["capacitor://localhost", "ionic://localhost", "tauri://localhost", "http://tauri.localhost", "app://acme",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop"]  # fmt: skip


@pytest.mark.parametrize("origin", APPS)
def test_the_page_of_an_app_may_where_it_is_listed_and_no_other(origin: str) -> None:
    listed = Origins(EmbeddingSettings(origins=[origin]), ServerSettings(port=80))
    others = Origins(EmbeddingSettings(origins=[one for one in APPS if one != origin]), ServerSettings(port=80))

    assert listed.allows(origin, ("127.0.0.1", 80))
    assert origin in listed.frame_ancestors()
    assert not listed.allows(f"{origin}:0")
    assert not listed.allows(f"{origin}.evil.com")
    assert not others.allows(origin, ("127.0.0.1", 80))
    assert f'Add "{origin}" to origins' in others.refusal(origin).fix


@pytest.mark.parametrize(
    "wrong",
    [
        "capacitor://",
        "ionic://*.acme.com",
        "tauri://localhost/app",
        "capacitor://localhost:8100",
        "file://x",
        "http://tauri.localhost.evil.com",
        "http://acme.com",
    ],
)
def test_what_no_app_sends_cannot_be_listed(wrong: str) -> None:
    with pytest.raises(ValidationError):
        EmbeddingSettings(origins=[wrong])


def test_the_null_origin_is_let_in_where_apps_embed_the_widget() -> None:
    assert Origins(EmbeddingSettings(allow_null_origin=True), ServerSettings()).allows("null")


def test_an_empty_list_lets_in_nobody_but_the_server_itself() -> None:
    empty = Origins(EmbeddingSettings(), ServerSettings(port=8400))

    assert not empty.allows("https://www.acme.com")
    assert empty.allows("http://127.0.0.1:8400")


@pytest.mark.parametrize("path", ["/api/chatkit/session", "/chatkit"])
def test_a_browser_is_told_that_the_page_may_call(acme: Shop, path: str) -> None:
    asked = {
        "origin": SHOP,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }

    preflight = acme.http.options(path, headers=asked)

    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == SHOP
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight.headers
    assert preflight.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["/api/chatkit/session", "/chatkit"])
def test_a_browser_on_another_page_is_told_nothing_but_why(acme: Shop, path: str) -> None:
    asked = {"origin": "https://evil.com", "access-control-request-method": "POST"}

    preflight = acme.http.options(path, headers=asked)

    assert preflight.status_code == 403
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert preflight.json()["error"]["code"] == "origin_not_allowed"


def test_answers_and_errors_can_be_read_by_the_page_and_by_no_other(acme: Shop) -> None:
    widget = acme.widget()
    granted, refused = widget.open(), widget.post(b"{")
    foreign = acme.widget("https://evil.com").open()

    assert granted.headers["access-control-allow-origin"] == SHOP
    assert refused.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-origin" not in foreign.headers
    assert {"Origin"} == {answer.headers["vary"] for answer in (granted, refused, foreign)}


def test_what_is_not_for_widgets_is_not_shared_with_pages(acme: Shop) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json"):
        answer = acme.http.get(path, headers={"origin": SHOP})
        assert "access-control-allow-origin" not in answer.headers


def test_pages_that_we_serve_are_framed_by_allowed_pages_only(acme: Shop) -> None:
    page = acme.http.get("/docs")

    assert page.headers["content-security-policy"].endswith(
        "; frame-ancestors 'self' https://www.acme.com https://*.acme.org"
    )
    assert page.headers["x-content-type-options"] == "nosniff"


def _diagnosed(acme: Shop, **asked: Any) -> list[dict[str, str]]:
    answer = acme.http.get("/widget/diagnose", params={"origin": SHOP, **asked}, headers={"origin": "https://x.com"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    body = answer.json()
    assert body["ok"] is (not body["findings"])
    return list(body["findings"])


def test_a_page_that_works_has_no_findings(acme: Shop) -> None:
    policy = f"default-src 'none'; script-src {acme.url}; connect-src {acme.url}"

    assert _diagnosed(acme, now=acme.engine.state.now(), csp=policy) == []


OPENAI = "https://cdn.platform.openai.com"


@pytest.mark.parametrize(
    ("asked", "code", "fix"),
    [
        ({"origin": "https://evil.com"}, "origin_not_allowed", 'Add "https://evil.com"'),
        ({"origin": "http://www.acme.com"}, "origin_http", "https://www.acme.com"),
        ({"origin": "https://acme.com"}, "origin_www", 'Add "https://acme.com"'),
        ({"origin": "https://www.acme.com:1"}, "origin_port", 'Add "https://www.acme.com:1"'),
        ({"element": True}, "domain_key_missing", "domain_key under [widget]"),
        ({"csp": "connect-src 'self'"}, "csp_blocked", "to connect-src"),
        ({"csp": "default-src 'none'; connect-src *"}, "csp_blocked", "to script-src"),
        ({"csp": "script-src https://cdn.evil.com; connect-src *"}, "csp_blocked", "to script-src"),
        ({"blocked": "connect-src"}, "csp_blocked", "to connect-src"),
        ({"now": 1000.0}, "clock_skew", "NTP"),
    ],
)
def test_each_wrong_set_up_is_found_with_its_own_code_and_fix(
    acme: Shop, asked: dict[str, Any], code: str, fix: str
) -> None:
    [finding] = _diagnosed(acme, **asked)

    assert finding["code"] == code
    assert fix in finding["fix"]


def test_the_element_of_openai_needs_more_in_the_policy(acme: Shop) -> None:
    policy = f"script-src {OPENAI}; connect-src {acme.url}; frame-src 'none'"

    codes = {(f["code"], f["fix"].partition(" in ")[0]) for f in _diagnosed(acme, element=True, csp=policy)}

    assert ("csp_blocked", f"Add {OPENAI} to frame-src") in codes
    assert ("csp_blocked", f"Add {OPENAI} to script-src") not in codes


@pytest.mark.parametrize(
    "asked", [{}, {"origin": "x" * 400}, {"origin": SHOP, "now": "soon"}, {"origin": SHOP, "blocked": "x"}]
)
def test_a_diagnosis_that_cannot_be_made_is_refused(acme: Shop, asked: dict[str, str]) -> None:
    refused = acme.http.get("/widget/diagnose", params=asked)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")
