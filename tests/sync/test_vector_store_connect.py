"""Settings that can never work are said at once; the key does not travel in the clear, nor into an error."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sandbox.wire import Fault
from sync.errors import Misconfigured, Retryable
from sync.rate_limit import Unlimited
from sync.vector_store.client import connect
from sync.vector_store.index import OpenAIIndex
from tests.contract.fake_time import FakeTime
from tests.contract.openai_world import KEY, OpenAIWorld, openai_world


@pytest.fixture
def world() -> Iterator[OpenAIWorld]:
    with openai_world() as world:
        yield world


@pytest.mark.parametrize(
    "address",
    ["http://api.openai.com/v1", "http://10.0.0.7/v1", "http://localhost.example.com/v1", "http://0.0.0.0/v1"],
)
def test_http_is_refused_past_loopback(address: str) -> None:
    with pytest.raises(Misconfigured, match=r"openai\.base_url.*https://"):
        connect(KEY, base_url=address)


@pytest.mark.parametrize(
    "address",
    [
        "https://gateway.test/v1",
        "http://127.0.0.1:8400/v1",
        "http://127.3.2.1/v1",
        "http://[::1]:9/v1",
        "http://localhost/v1",
    ],
)
def test_https_anywhere_and_http_on_loopback_are_taken(address: str) -> None:
    with connect(KEY, base_url=address) as client:
        assert str(client.base_url) == f"{address}/"


@pytest.mark.parametrize(
    "address", ["api.openai.com/v1", "ftp://api.test/v1", "https://", "https://[::1/v1", "https://a:b/"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match=r"openai\.base_url"):
        connect(KEY, base_url=address)


@pytest.mark.parametrize("address", ["https://user:hunter2@api.test/v1", "https://api.test/v1?key=hunter2"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(Misconfigured, match=r"openai\.base_url") as caught:
        connect(KEY, base_url=address)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", f"{KEY}\n", f"{KEY} ", "sk-tést"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(Misconfigured, match=r"openai\.api_key") as caught:
        connect(key)

    assert KEY not in str(caught.value)


def test_organization_and_project_are_checked_and_sent() -> None:
    with pytest.raises(Misconfigured, match=r"openai\.project"):
        connect(KEY, project="proj 1")
    with connect(KEY, organization="org-1", project="proj_1") as client:
        assert client.default_headers["OpenAI-Organization"] == "org-1"
        assert client.default_headers["OpenAI-Project"] == "proj_1"


def test_the_address_comes_from_the_settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.test/v1")

    with connect(KEY) as client:
        assert str(client.base_url) == "https://api.openai.com/v1/"


def test_a_server_that_does_not_answer_is_given_up(world: OpenAIWorld) -> None:
    time = FakeTime()
    world.wire.fail(Fault(times=None, manner="hang", seconds=0.5))

    with connect(KEY, base_url=f"{world.url}/v1", http_timeout=timedelta(seconds=0.1)) as client:
        index = OpenAIIndex(client, installation="test1", uploads=Unlimited(), attaches=Unlimited(), sleep=time.sleep)
        with pytest.raises(Retryable, match="no answer in time"):
            list(index.uploads())


def test_a_server_that_is_not_there_is_retryable() -> None:
    time = FakeTime()
    with connect(KEY, base_url="http://127.0.0.1:1/v1") as client:
        index = OpenAIIndex(client, installation="test1", uploads=Unlimited(), attaches=Unlimited(), sleep=time.sleep)
        with pytest.raises(Retryable, match="connection failed"):
            index.create("public")
