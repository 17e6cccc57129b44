"""The address that was checked is the address that is called, whatever its name means a moment later."""

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.confluence.transport import AtlassianTransport
from connectors.google_docs.sdk import GoogleTransport
from connectors.http.auth import Anonymous
from connectors.http.client import HttpClient
from connectors.http.transport import HttpxTransport, Request, Response, Transport
from connectors.slack.sdk import SlackTransport
from sync.errors import Misconfigured, Retryable

NAME = "files.acme.test"  # no resolver knows it
CHECKED = "93.184.215.14"


class Names:
    """A resolver whose answer changes once it was asked."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str, port: int) -> tuple[str, ...]:
        del host, port
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def asked(url: str, names: Names) -> list[Request]:
    """What is sent for a download at the vendor that leads there."""
    seen: list[Request] = []

    def send(request: Request) -> Response:
        seen.append(request)
        moved = request.url.startswith("https://vendor.example")
        return Response(302, {"location": url}, b"") if moved else Response(200, {}, b"file")

    vendor = HttpClient("vendor", "https://vendor.example", Anonymous(), send, "url", resolver=names)
    assert vendor.download("/file").body == b"file"
    return seen


def test_a_name_that_changes_its_meaning_after_the_check_is_called_where_it_was_checked() -> None:
    names = Names((CHECKED,), ("127.0.0.1",))

    vendor, elsewhere = asked(f"https://{NAME}/file", names)

    assert (vendor.addresses, elsewhere.addresses) == ((), (CHECKED,))
    assert elsewhere.url == f"https://{NAME}/file"


@pytest.mark.parametrize("addresses", [("10.0.0.1",), (CHECKED, "169.254.169.254"), ("::1", CHECKED), ()])
def test_a_name_that_means_this_network_too_is_not_called_at_all(addresses: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured, match="private network"):
        asked(f"https://{NAME}/file", Names(addresses))


@pytest.mark.parametrize("location", ["https://[::1", "https://h:99999/", "https://h:abc/", "//[", "https:///x"])
def test_a_redirect_to_what_is_no_address_is_named(location: str) -> None:
    with pytest.raises(Misconfigured):
        asked(location, Names((CHECKED,)))


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def plain() -> Iterator[int]:
    yield from _serving(ThreadingHTTPServer(("127.0.0.1", 0), _Echo))


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server with a certificate for NAME, and what trusts it."""
    file = tmp_path / "certificate.pem"
    file.write_bytes(_certificate(NAME))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    for port in _serving(server):
        yield port, ssl.create_default_context(cafile=str(file))


TRANSPORTS: dict[str, Callable[[], Transport]] = {
    "httpx": HttpxTransport,
    "atlassian": AtlassianTransport,
    "slack": lambda: SlackTransport("http://127.0.0.1:9/api/", 60.0),
    "google": lambda: GoogleTransport(HttpxTransport()),
}


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_every_transport_calls_what_was_checked_by_the_hosts_own_name(kind: str, plain: int) -> None:
    asked = Request("GET", f"http://{NAME}:{plain}/file", addresses=("127.0.0.1",))

    assert TRANSPORTS[kind]()(asked).body == f"{NAME}:{plain}".encode()


def test_the_next_address_is_called_where_the_first_is_out_of_reach(plain: int) -> None:
    asked = Request("GET", f"http://{NAME}:{plain}/file", addresses=("127.0.0.2", "::1", "127.0.0.1"))

    assert HttpxTransport()(asked).status == 200


def test_the_certificate_is_checked_for_the_name_and_not_the_address(encrypted: tuple[int, ssl.SSLContext]) -> None:
    port, trusting = encrypted
    transport = HttpxTransport(ssl_context=trusting)

    found = transport(Request("GET", f"https://{NAME}:{port}/", addresses=("127.0.0.1",)))
    with pytest.raises(Retryable):
        transport(Request("GET", f"https://other.test:{port}/", addresses=("127.0.0.1",)))

    assert found.body == f"{NAME}:{port}".encode()


def _serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(name: str) -> bytes:
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM) + private
