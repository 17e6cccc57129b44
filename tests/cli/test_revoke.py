"""`answerwell revoke`: a customer's sessions end, at the command line."""

from cli import config, wiring
from connectors import CONNECTORS
from session_api.state import visitors
from tests.cli.kit import Company, Run


def test_a_customer_is_named_as_the_host_site_does(acme: Company, run: Run) -> None:
    with wiring.opened(config.load(acme.config, acme.environ, CONNECTORS)) as state:
        ids = [visitors.customer(state, who) for who in ("42", "--yes")]

    by_subject = run("revoke", "--user", "42")
    by_id = run("revoke", "--user", ids[0], "--json")
    like_an_option = run("revoke", "--user=--yes", "--json")

    assert (by_subject.status, by_id.status) == (0, 0)
    assert f"sessions of {ids[0]}: refused from the next call on" in by_subject.out
    assert by_id.json == {"visitors": [ids[0]], "at_openai": 0}
    assert like_an_option.json["visitors"] == [ids[1]]


def test_a_customer_whom_nobody_knows_is_an_error_with_what_to_write(run: Run) -> None:
    done = run("revoke", "--user", "43")

    assert done.status == 1
    assert "sub" in done.err
