"""Staff ask on an endpoint of their own, from internal documents; no customer does, whatever they send."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from answering import scope
from answering.scope import CustomerIndex
from answering.state import verified
from answering.state.verified import VerifiedDraft
from cli import config as configuration
from connectors import CONNECTORS
from session_api.access.tokens import Tokens
from session_api.admin import question_report
from session_api.chat import erasure
from session_api.chat.wiring import ChatServices
from session_api.state.question_log import QuestionFilter
from sync.errors import Misconfigured
from sync.model import Audience
from tests.session_api.kit import CHAT, Shop, Widget, shop

CUSTOMERS_KEY = "customers: the host site and this server share these words, and nobody else"
STAFF_KEY = "staff: the intranet and this server share these words, and nobody else does"
INTRANET = "https://intranet.acme.com"
STAFF = f"""
identity_keys = {{ "www" = "{CUSTOMERS_KEY}" }}
[staff]
groups = ["support", "second line"]
origins = ["{INTRANET}"]
identity_keys = {{ "intranet" = "{STAFF_KEY}" }}
"""
QUESTION = "How much may agents refund without asking?"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("acme"), CHAT + STAFF) as opened:
        goodwill = "<p>Agents may refund up to 40 euros without asking.</p>"
        opened.company.zendesk.put_article(title="Goodwill", body=goodwill, user_segment_id=7)
        opened.sync(full=True)
        yield opened


def staffs(acme: Shop, origin: str = INTRANET) -> Widget:
    return Widget(acme.http, origin, below="/staff")


def signed(subject: str = "ann", key: str = STAFF_KEY, kid: str = "intranet", **claims: Any) -> str:
    now = int(datetime.now(UTC).timestamp())
    told = {"sub": subject, "aud": "answerwell-staff", "iat": now, "exp": now + 600, "groups": ["support"], **claims}
    kept = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(kept, key, algorithm="HS256", headers={"kid": kid})


def customer(subject: str) -> str:
    return signed(subject, CUSTOMERS_KEY, "www", aud="answerwell", groups=["support"])


def test_staff_are_answered_from_internal_documents_and_customers_never_are(acme: Shop) -> None:
    staff, known, anybody = staffs(acme), acme.widget(), acme.widget()
    assert staff.open(identity_token=signed()).status_code == 200
    assert known.open(identity_token=customer("ann")).status_code == 200

    answered = staff.ask(QUESTION)

    assert "40 euros" in answered.text
    assert [source["title"] for source in answered.sources] == ["Goodwill"]
    assert staff.granted["api_url"] == f"{acme.url}/staff/chatkit"
    for widget in (known, anybody):
        told = widget.ask(QUESTION)
        assert "40" not in told.text
        assert "Goodwill" not in told.text
        assert told.sources == []
    assert "We pay" in staff.ask("Who pays for the parcel?").text


def test_an_answer_verified_for_staff_is_told_to_no_customer(acme: Shop) -> None:
    asked = "Who approves a refund of 500 euros?"
    draft = VerifiedDraft(asked, "The head of support, Ms Bell.", "Ann", audience=Audience.INTERNAL)
    verified.add(acme.engine.state, draft)
    staff, anybody = staffs(acme), acme.widget()
    staff.open(identity_token=signed())

    assert staff.ask(asked).text == "The head of support, Ms Bell."
    assert "Bell" not in anybody.ask(asked).text


@pytest.mark.parametrize(
    "audiences",
    [{Audience.PUBLIC, Audience.INTERNAL}, {Audience.INTERNAL}, set()],
)
def test_no_customer_can_be_given_an_index_with_anything_internal(audiences: set[Audience]) -> None:
    with pytest.raises(Misconfigured, match='"internal": customers must not see it'):
        CustomerIndex("internal", frozenset(audiences))

    assert {field.name: field.type for field in fields(ChatServices)}["index"] is CustomerIndex
    with pytest.raises(Misconfigured):
        replace(CustomerIndex("public", scope.CUSTOMERS), audiences=frozenset(audiences))


def test_what_a_customers_index_holds_all_the_same_is_not_found(acme: Shop) -> None:
    """The name is right and the store is the internal one: the filter and the citations still are for customers."""
    live = CustomerIndex("internal", scope.CUSTOMERS).live(acme.engine.state)

    assert live is not None
    assert live.filters["audience"] == "public"
    assert live.audiences == {Audience.PUBLIC}


@pytest.mark.parametrize(
    ("token", "refusal"),
    [
        (None, (401, "identity_required")),
        (signed(groups=None), (403, "group_not_allowed")),
        (signed(groups=[]), (403, "group_not_allowed")),
        (signed(groups=["sales", "Support", "support "]), (403, "group_not_allowed")),
        (signed(groups="support"), (401, "identity_invalid")),
        (signed(groups=["support", 7]), (401, "identity_invalid")),
        (signed(groups={"support": True}), (401, "identity_invalid")),
        (signed(aud="answerwell"), (401, "identity_wrong_audience")),
        (customer("ann"), (401, "identity_unknown_key")),
        (signed(key=CUSTOMERS_KEY), (401, "identity_invalid")),
        (signed("ann\x1fboss"), (401, "identity_invalid")),
    ],
)
def test_who_is_in_no_allowed_group_gets_no_session(acme: Shop, token: str | None, refusal: tuple[int, str]) -> None:
    widget = staffs(acme)

    answer = widget.open(**({"identity_token": token} if token else {}))

    assert (answer.status_code, answer.json()["error"]["code"]) == refusal
    assert answer.json()["error"]["fix"]


@pytest.mark.parametrize("groups", [["support"], ["sales", "second line"]])
def test_any_of_the_groups_is_enough(acme: Shop, groups: list[str]) -> None:
    assert staffs(acme).open(identity_token=signed(groups=groups)).status_code == 200


def test_a_session_of_one_endpoint_opens_nothing_on_the_other(acme: Shop) -> None:
    staff, known = staffs(acme, origin=acme.url), acme.widget(origin=acme.url)
    staff.open(identity_token=signed())
    known.open(identity_token=customer("ann"))
    staff.secret, known.secret = known.secret, staff.secret

    for widget in (staff, known):
        refused = widget.call("threads.list")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_invalid")
    forged, _ = Tokens(["another secret"], acme.engine.state.installation, acme.engine.state.clock).session(
        "s_boss", acme.url, "internal", known=True
    )
    staff.secret = forged
    assert staff.call("threads.list").status_code == 401


def test_the_pages_of_one_endpoint_are_not_those_of_the_other(acme: Shop) -> None:
    asked = {"origin": INTRANET, "access-control-request-method": "POST"}

    allowed = acme.http.options("/staff/chatkit", headers=asked)
    refused = acme.http.options("/chatkit", headers=asked)
    shop_page = staffs(acme, origin="https://www.acme.com").open(identity_token=signed())

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, INTRANET)
    assert refused.status_code == 403
    assert (shop_page.status_code, shop_page.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert "under [staff]" in shop_page.json()["error"]["fix"]


def test_records_are_apart_also_for_one_who_is_a_customer_too(acme: Shop) -> None:
    staff, known = staffs(acme), acme.widget()
    staff.open(identity_token=signed("bob"))
    known.open(identity_token=customer("bob"))
    internal, public = staff.ask(QUESTION).thread, known.ask("Who pays for the parcel?").thread
    state = acme.engine.state

    assert [one["id"] for one in known.call("threads.list").json()["data"]] == [public]
    assert [one["id"] for one in staff.call("threads.list").json()["data"]] == [internal]
    assert known.call("threads.get_by_id", thread_id=internal).status_code == 404
    of_customers = question_report.report(state, QuestionFilter(), limit=200)
    of_staff = question_report.report(state, QuestionFilter(staff=True), limit=200)
    assert internal not in {one["thread"] for one in of_customers["questions"]}
    assert internal in {one["thread"] for one in of_staff["questions"]}
    for told in (of_customers, of_staff):
        assert told["totals"]["asked"] == len(told["questions"])

    erased = erasure.erase(state, "staff:bob")

    assert erased.threads == 1
    assert [one["id"] for one in known.call("threads.list").json()["data"]] == [public]
    assert staff.call("threads.list").status_code == 401


def test_the_staffs_widget_is_served_beside_the_customers(acme: Shop) -> None:
    script = acme.http.get("/staff/embed.js")

    assert script.status_code == 200
    release = script.text.split('"release":"')[1].split('"')[0]
    assert "Ask (staff)" in acme.http.get(f"/staff/widget/{release}/panel-en.js").text
    assert "Ask (staff)" not in acme.http.get("/embed.js").text
    assert acme.http.get("/staff/api/admin/status").status_code == 404
    assert acme.http.get("/staff/demo").status_code == 404


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (f'groups = ["a"]\nidentity_keys = {{ k = "{STAFF_KEY}" }}\nindex = "secret"', "which is no [[index]]"),
        (f'groups = []\nidentity_keys = {{ k = "{STAFF_KEY}" }}', "groups"),
        (f'identity_keys = {{ k = "{STAFF_KEY}" }}', "groups"),
        ('groups = ["a"]', "identity_keys"),
        ('groups = ["a"]\nidentity_keys = {}', "identity_keys"),
        (f'groups = ["a"]\nidentity_keys = {{ k = "{CUSTOMERS_KEY}" }}', "who signs for customers could sign for"),
    ],
)
def test_a_staff_table_that_would_let_in_the_wrong_people_is_refused(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "answerwell.toml"
    keys = f'[widget]\nidentity_keys = {{ "www" = "{CUSTOMERS_KEY}" }}\n'
    path.write_text(f'[openai]\napi_key = "sk-x"\n{keys}[staff]\n{table}\n', encoding="utf-8")

    with pytest.raises(Misconfigured, match=r"\[staff\]") as refused:
        configuration.load(path, {}, CONNECTORS)

    assert said in str(refused.value)
    assert STAFF_KEY not in str(refused.value)
