"""Traces and logs: sent where the environment says, one JSON object a line, and no content in either."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.kit import Company
from tests.workers.kit import eventually, started, up

pytestmark = pytest.mark.processes


class Collector(BaseHTTPRequestHandler):
    """Takes what is sent to /v1/traces."""

    taken: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            self.taken.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        del format, args


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    taken: list[bytes] = []
    server = HTTPServer(("127.0.0.1", 0), type("Taking", (Collector,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_turns_and_their_stages_are_traced_without_content(acme: Company, collector: tuple[str, list[bytes]]) -> None:
    url, taken = collector
    acme.write({"Refunds of a secret kind": "Nobody may read this in a trace."})

    with up(acme, OTEL_EXPORTER_OTLP_ENDPOINT=url):
        eventually(lambda: all(any(name in body for body in taken) for name in (b"turn", b"observe", b"publish")))

    everything = b"".join(taken)
    assert b"help-center" in everything
    assert b"secret kind" not in everything
    assert b"Nobody may read" not in everything
    assert b"sk-sandbox" not in everything


def test_every_log_line_is_json_where_nobody_watches_also_those_of_libraries(acme: Company) -> None:
    text = acme.config.read_text("utf-8")
    acme.config.write_text(f'redis_url = "redis://:s3cret@127.0.0.1:1/0"\n{text}', "utf-8")

    with started(acme, "worker") as worker:
        eventually(lambda: any("celery" in line or "kombu" in line for line in worker.said), lambda: str(worker.said))

    lines = [json.loads(line) for line in worker.said]
    assert lines
    assert not any("s3cret" in line for line in worker.said)
