"""Addresses in a configuration: each that cannot be meant is a mistake of its key, before anything is connected to."""

import json
from pathlib import Path

import pytest

from cli import config
from connectors import CONNECTORS
from sync.errors import Misconfigured
from workers.broker import broker

ENVIRON = {"OPENAI_API_KEY": "sk-test"}
NOT_HTTP = (
    "https://h:99999",
    "https://h:0",
    "https://h:abc",
    "https://h:-1",
    "https://h:４４３",
    "https://",
    "https:///path",
    "https://:443",
    "https://[::1",
    "https://h h",
    "https://a..b",
    f"https://{'a' * 64}.com",
    "https://h\u202e.com",
    "https://h\x07",
    "https://h\x1b[31m/path",
    "https://h/\ufeff",
    "ftp://h",
    "//h",
    "https://user:p@ss@h",
)
HTTP_KEYS = {
    "[openai] base_url": "[openai]\nbase_url = {}",
    "[server] public_url": "[server]\npublic_url = {}",
    "[widget] contact_url": "[widget]\ncontact_url = {}",
    "[widget] origins[0]": "[widget]\norigins = [{}]",
    '[[source]] "a" url': '[[source]]\nname = "a"\nkind = "zendesk"\nemail = "a@b.c"\napi_token = "x"\nurl = {}',
}
NOT_REDIS = (
    "redis://h:99999/0",
    "redis://h:abc/0",
    "redis://h:0",
    "redis://h:６３７９",
    "redis://h:-1",
    "redis://:6379/0",
    "redis://:secret@/0",
    "redis://[::1",
    "redis://h/abc",
    "redis://h/0/1",
    "redis://h/99999999999999",
    "redis://:very/secret@h:6379",
    "redis://:very#secret@h:6379",
    "redis://h h",
    "redis://h\x00:1",
    "redis://:p\u202e@h",
    "rediss://h:99999",
    "sentinel://h:99999/main",
    "sentinel://h:1,g:x/main",
    "sentinel://:26379/main",
    "sentinel://h:２６/main",
    "sentinel://[::1/main",
    "sentinel://h/main/abc",
    "sentinel://h",
    "unix:///srv/a.sock?db=abc",
    "unix://",
    "valkey://h",
)
NOT_DATABASES = (
    "postgresql://h:99999/x",
    "postgresql://h:abc/x",
    "postgresql+psycopg://u:secret@h:0/x",
    "postgresql://u:sec/ret@h:port/x",
    "postgresql://[::1/x",
    "postgresql://h\x00/x",
    "mysql://h/x",
)


def complaint(folder: Path, text: str) -> str:
    file = folder / "answerwell.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as refused:
        config.load(file, ENVIRON, CONNECTORS)
    return str(refused.value).removeprefix(f"{file}: ")


@pytest.mark.parametrize("url", NOT_HTTP)
def test_an_address_that_cannot_be_called_is_a_mistake_of_its_key(tmp_path: Path, url: str) -> None:
    for key, text in HTTP_KEYS.items():
        said = complaint(tmp_path, text.format(json.dumps(url)))

        assert said.startswith(key), said
        assert said.isprintable()


@pytest.mark.parametrize("url", NOT_REDIS)
def test_a_broker_that_cannot_be_reached_by_its_address_is_a_mistake_of_redis_url(tmp_path: Path, url: str) -> None:
    said = complaint(tmp_path, f"redis_url = {json.dumps(url)}")

    assert said.startswith("redis_url ")
    assert ";" in said
    assert "secret" not in said
    with pytest.raises(Misconfigured, match="redis_url"):
        broker(url)


@pytest.mark.parametrize("url", NOT_DATABASES)
def test_a_database_that_cannot_be_reached_by_its_address_is_a_mistake_of_database_url(
    tmp_path: Path, url: str
) -> None:
    said = complaint(tmp_path, f"database_url = {json.dumps(url)}")

    assert said.startswith("database_url ")
    assert "secret" not in said


@pytest.mark.parametrize(
    "line",
    [
        'redis_url = "redis://user:p%40ss%2F@[::1]:6379/15"',
        'redis_url = "rediss://h:6380?ssl_ca_certs=/etc/ca.pem"',
        'redis_url = "unix://:pw@/srv/a%20b.sock?db=3"',
        'redis_url = "sentinel://:pw@h,g:26380,[::1]:26379/main/2"',
        'database_url = "postgresql://user:p%40ss@[::1]:5432/x?sslmode=require"',
        'database_url = "postgresql:///x?host=/var/run/postgresql"',
        '[openai]\nbase_url = "http://[::1]:8500/v1"',
        '[server]\npublic_url = "https://hilfe.müller.example"',
    ],
)
def test_addresses_as_they_are_written_in_earnest_are_taken(tmp_path: Path, line: str) -> None:
    file = tmp_path / "answerwell.toml"
    file.write_text(line, "utf-8")

    found = config.load(file, ENVIRON, CONNECTORS)

    if found.general.redis_url:
        broker(found.general.redis_url.get_secret_value())
