"""An answer links to pages that were found and to listed hosts; what a document says is not enough."""

import pytest

from answering.grounding import Evidence
from answering.links import host_of, link_host, links_to
from answering.stream_sanitizer import StreamSanitizer

HOSTS = ("www.acme.com", "help.acme.com", "*.acme.org")
FOREIGN = (
    "https://evil.example/login",
    "http://evil.example",
    "www.evil.example/login",
    "https://acme.com.evil.example/",
    "https://www.acme.com@evil.example/",
    "https://www.acme.com%40evil.example/",
    "https://evil.example\\@www.acme.com/",
    "https://www.acme.com\\.evil.example/",
    "https://evilacme.org/",
    "//evil.example/x",
    "javascript:alert(1)",
    "data:text/html,hello",
)


@pytest.mark.parametrize("address", FOREIGN)
def test_a_foreign_link_that_a_document_states_is_not_shown(address: str) -> None:
    evidence = Evidence([f"You can pay the bill at {address} within a day."], "Where do I pay?")

    def allows(found: str) -> bool:
        return evidence.says(found) and links_to(found, HOSTS)

    for text in (f"Pay [here]({address}) now.", f"Pay at {address} now.", f"Pay ![x]({address}) now."):
        for size in (1, 3, 1000):
            sanitizer = StreamSanitizer(allows)
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            shown = "".join(sanitizer.feed(piece) for piece in pieces) + sanitizer.close()

            assert "](" not in shown
            assert "https://" not in shown
            assert "www.evil" not in shown


@pytest.mark.parametrize(
    "address",
    [
        "https://www.acme.com/pay",
        "http://WWW.ACME.COM/pay?x=1#top",
        "www.acme.com",
        "https://help.acme.com:8443/",
        "https://shop.eu.acme.org/",
        "https://www.acme.com./x",
    ],
)
def test_a_link_on_a_listed_host_stays(address: str) -> None:
    assert links_to(address, HOSTS)


def test_nothing_is_listed_by_default_and_a_domain_is_not_its_own_pattern() -> None:
    assert not links_to("https://www.acme.com/", ())
    assert not links_to("https://acme.org/", HOSTS)
    assert host_of("https://[::1") == ""


@pytest.mark.parametrize("text", ["https://www.acme.com", "acme.com/path", "*", "*.", "a b", ""])
def test_what_is_no_host_is_refused_in_the_configuration(text: str) -> None:
    with pytest.raises(ValueError, match="not a host"):
        link_host(text)
