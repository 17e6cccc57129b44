"""What travels: small, cached as long as it may be, usable on any page, and nothing that is nobody's business."""

import gzip
import json
import re
from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from session_api.widget import build, bundle
from session_api.widget import routes as widget
from session_api.widget.appearance import Appearance
from session_api.widget.bundle import LANGUAGES
from tests import loopback

FULL = Appearance(
    title="Ask Acme </script><script>alert(1)</script>",
    greeting="What can we do for you today?",
    starters=["How long do returns take?", "Where is my order?", "How do I reset my password?"],
    contact_email="help@acme.com",
    domain_key=SecretStr("domain_pk_123"),
)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    app = FastAPI()
    app.include_router(widget.router(FULL))
    with loopback.serve(app) as url, loopback.client(base_url=url) as client:
        yield client


def release(http: httpx2.Client) -> str:
    [found] = re.findall(r'"release":"(\w+)"', http.get("/embed.js").text)
    return str(found)


def zipped(http: httpx2.Client, path: str) -> int:
    with http.stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        return len(b"".join(answer.iter_raw()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_launcher_costs_less_than_four_kilobytes_and_the_whole_less_than_25(language: str) -> None:
    app = FastAPI()
    app.include_router(widget.router(Appearance(title="Ask Acme")))
    with loopback.serve(app) as url, loopback.client(base_url=url) as http:
        launcher, chat = zipped(http, "/embed.js"), zipped(http, f"/widget/{release(http)}/panel-{language}.js")

    assert launcher < 4000
    assert launcher + chat < 25 * 1024


def test_files_of_a_release_are_kept_for_ever_and_the_script_tag_for_minutes(http: httpx2.Client) -> None:
    named = release(http)

    part, script = http.get(f"/widget/{named}/panel-en.js"), http.get("/embed.js")

    assert "immutable" in part.headers["cache-control"]
    assert script.headers["cache-control"].startswith("public, max-age=300")


def test_a_page_that_still_holds_another_release_gets_what_there_is_but_must_not_keep_it(http: httpx2.Client) -> None:
    part = http.get("/widget/0123456789ab/panel-en.js")

    assert part.status_code == 200
    assert part.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/embed.js", "/demo", "/widget/x/panel-en.js"])
def test_what_did_not_change_is_not_sent_again(http: httpx2.Client, path: str) -> None:
    tag = http.get(path).headers["etag"]

    again = http.get(path, headers={"if-none-match": f'"other", W/{tag}'})
    changed = http.get(path, headers={"if-none-match": '"other"'})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_a_changed_setting_changes_the_release() -> None:
    named = {
        bundle.release(bundle.loaded(Appearance(title=title).settings(hosted=False))) for title in ("One", "Two", "One")
    }

    assert len(named) == 2


@pytest.mark.parametrize(
    ("accepted", "coding"), [("gzip, br", "gzip"), ("br", None), ("gzip;q=0", None), ("", None), ("GZIP;q=0.5", "gzip")]
)
def test_only_who_takes_gzip_gets_it(http: httpx2.Client, accepted: str, coding: str | None) -> None:
    answer = http.get("/embed.js", headers={"accept-encoding": accepted})

    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text.startswith("customElements.get(")


@pytest.mark.parametrize("path", ["/embed.js", "/widget/x/panel-en.js", "/widget/x/panel-ar.js"])
def test_scripts_work_on_pages_of_any_origin_isolated_ones_too(http: httpx2.Client, path: str) -> None:
    headers = http.get(path, headers={"origin": "https://www.acme.com"}).headers

    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["panel.css", "%2e%2e/app.py", "embed.js", "panel-xx.js", "demo.html"])
def test_nothing_else_is_served(http: httpx2.Client, path: str) -> None:
    assert http.get(f"/widget/x/{path}").status_code == 404


def test_head_answers_like_get(http: httpx2.Client) -> None:
    asked, told = http.head("/embed.js"), http.get("/embed.js")

    assert (asked.status_code, asked.headers["etag"]) == (200, told.headers["etag"])


def test_the_demo_page_allows_itself_nothing_that_the_widget_must_do_without(http: httpx2.Client) -> None:
    policy = http.get("/demo").headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_a_title_cannot_leave_its_string(http: httpx2.Client) -> None:
    script = http.get(f"/widget/{release(http)}/panel-en.js").text

    written = script.partition("const SETTINGS=")[2]
    told, _ = json.JSONDecoder().raw_decode(written)

    assert told["title"] == FULL.title


def test_a_name_at_the_top_of_a_module_is_used_in_no_other() -> None:
    declared = re.compile(r"^(?:export )?(?:async )?(?:const|let|function\*?|class) (\w+)", re.MULTILINE)
    names = [
        name
        for module in build.MODULES
        for name in declared.findall((build.STATIC / f"{module}.js").read_text(encoding="utf-8"))
    ]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    english, other = bundle.texts("en"), bundle.texts(language)

    assert list(other) == list(english)
    for key, text in other.items():
        assert text.strip(), key
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", english[key]), key
    if language != "en":
        same = {key for key in english if english[key] == other[key]}
        assert same <= {"dir", "source", "sources", "code", "conversation", "untitled"}


def test_every_text_is_used_and_every_used_text_exists() -> None:
    code = "\n".join(
        (build.STATIC / f"{module}.js").read_text(encoding="utf-8") for module in (*build.MODULES, "embed", "chatkit")
    )
    used = set(re.findall(r"(?:texts|words)\.(\w+)", code)) | set(re.findall(r'code: "(\w+)"', code))
    used |= set(re.findall(r'ChatError\((?:.*?\? )?"(\w+)"', code)) | set(
        re.findall(r': "(\w+)", (?:message|error)', code)
    )
    known = set(bundle.texts("en")) - {"load_failed"}

    assert known - used <= {"send", "stop", "offline", "down", "long"}  # chosen by the name of a state
    assert used - known <= {"load_failed", "dir"} | {"find", "join", "load", "said"}


def test_the_served_script_is_what_was_written() -> None:
    compressed = bundle.asset(bundle.JAVASCRIPT, "export const one = 1;\n")

    assert gzip.decompress(compressed.compressed) == compressed.body
