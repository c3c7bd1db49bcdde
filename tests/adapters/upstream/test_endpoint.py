"""Endpoints: where they are, what they send with every request, and the connections they keep."""

from __future__ import annotations

import logging
from base64 import b64encode
from dataclasses import replace
from typing import Any

import anyio
import pytest
import trio.testing

from chatd.adapters.upstream import Endpoint, is_local
from chatd.adapters.upstream.address import parse
from chatd.errors import BadConfig, NetworkFailure
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    Close,
    FakeUpstream,
    Gate,
    Hold,
    Reset,
    Wait,
    Wire,
    refusal,
    streamed,
)
from chatd.wire.models.protocols import PROTOCOLS
from tests.adapters.upstream.faults import ok
from tests.adapters.upstream.world import POOL, Heard, ask, endpoint_of, model_of, simulated


@pytest.mark.parametrize(
    ("provider", "written", "asked"),
    [
        ("ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/api/chat"),
        ("ollama", "http://box/ollama/", "http://box/ollama/api/chat"),
        ("ollama", "box:11434", "http://box:11434/api/chat"),
        ("openai", "https://box/openai/v1?api-version=1", "https://box/openai/v1/chat/completions?api-version=1"),
        ("ollama", "", "http://127.0.0.1:11434/api/chat"),
        ("openai", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
        ("openai", "http://[::1]:8080/v1/", "http://[::1]:8080/v1/chat/completions"),
        ("openai", "", "https://api.openai.com/v1/chat/completions"),
        ("anthropic", "", "https://api.anthropic.com/v1/messages"),
        ("anthropic", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/messages"),
        ("anthropic", "https://box/v1/", "https://box/v1/messages"),
    ],
)
def test_where_questions_go(provider: str, written: str, asked: str) -> None:
    assert str(parse(PROTOCOLS[provider], written).ask) == asked


@pytest.mark.parametrize("written", ["ftp://box", "http://", "http://box:99999", "http://[", f"http://{'x' * 64}.test"])
def test_an_endpoint_that_is_none_is_refused_by_name(written: str) -> None:
    with pytest.raises(BadConfig, match="endpoint"):
        parse(PROTOCOLS["ollama"], written)


def test_servers_are_named_as_people_know_them() -> None:
    assert parse(PROTOCOLS["ollama"], "http://[::1]:11434").host_port == "[::1]:11434"
    assert parse(PROTOCOLS["ollama"], "http://user:pass@box:1").host_port == "box:1"
    assert parse(PROTOCOLS["anthropic"], "").host_port == "api.anthropic.com"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("localhost", True), ("::1", True), ("192.168.1.5", True), ("10.0.0.1", True),
        ("fd00::1", True), ("8.8.8.8", False), ("api.openai.com", False), ("localhost.evil.test", False),
    ],
)  # fmt: skip
def test_what_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local


@pytest.mark.parametrize("key", ["sk-ünicode", "two\nlines", "nul\0"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(BadConfig) as refused:
        Endpoint(PROTOCOLS["openai"], "", key, pool=POOL)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (OLLAMA, {"authorization": "Bearer tr0ub4dor"}),
        (OPENAI, {"authorization": "Bearer tr0ub4dor"}),
        (ANTHROPIC, {"x-api-key": "tr0ub4dor", "anthropic-version": "2023-06-01"}),
    ],
)
@simulated
async def test_what_is_said_with_every_request(wire: Wire, said: dict[str, str]) -> None:
    fake = FakeUpstream().reply(*ok(wire))
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        await ask(model_of(endpoint))
    headers = fake.requests[0].headers
    assert said.items() <= headers.items()
    assert headers["accept-encoding"] == "identity"
    assert headers["content-type"] == "application/json"
    assert headers["host"] == "models.test:11434"
    assert ("authorization" in headers) + ("x-api-key" in headers) == 1
    assert fake.requests[0].path == ("/v1" + wire.path if wire is OPENAI else wire.path)
    assert fake.requests[0].json["model"] == "m"


@simulated
async def test_a_name_and_password_in_the_url_are_sent_and_never_shown() -> None:
    fake = FakeUpstream().reply(*ok(OLLAMA)).reply(*refusal(OLLAMA, 418, "hunter2 is a bad password"))
    url = "http://me:hunter2@box"
    async with fake.network() as network, Endpoint(PROTOCOLS["ollama"], url, pool=POOL, network=network) as endpoint:
        await ask(model_of(endpoint))
        assert fake.requests[0].headers["authorization"] == "Basic " + b64encode(b"me:hunter2").decode()
        heard = await ask(model_of(endpoint))
        assert "bad password" in heard.reason
        assert "hunter2" not in f"{heard.reason} {endpoint.address} {endpoint.address.base}"
    with pytest.raises(BadConfig) as refused:
        parse(PROTOCOLS["ollama"], "ftp://me:hunter2@box")
    assert "hunter2" not in str(refused.value)


@simulated
async def test_a_proxy_that_cannot_be_used_is_named() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
        patch.setenv("SSL_CERT_FILE", "/dev/null/none")
        async with Endpoint(PROTOCOLS["openai"], "https://models.test/v1", pool=POOL) as endpoint:
            heard = await ask(model_of(endpoint))
    assert isinstance(heard.failure, NetworkFailure)
    assert "of the environment cannot be used" in heard.reason


@simulated
async def test_without_a_key_nothing_is_said_of_one() -> None:
    fake = FakeUpstream().reply(*ok(OLLAMA))
    async with (
        fake.network() as network,
        Endpoint(PROTOCOLS["ollama"], "http://box", pool=POOL, network=network) as endpoint,
    ):
        await ask(model_of(endpoint))
    assert "authorization" not in fake.requests[0].headers


@simulated
async def test_answers_one_after_the_other_use_one_connection_and_a_refusal_does_not_cost_it() -> None:
    fake = FakeUpstream().reply(*ok(OLLAMA)).reply(*refusal(OLLAMA, 401, "no")).reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        for _ in range(3):
            await ask(model_of(endpoint))
        assert (network.connects, len(fake.requests)) == (1, 3)
    await trio.testing.wait_all_tasks_blocked()
    assert (network.open_streams, fake.open_connections) == (0, 0)


@simulated
async def test_many_answers_at_once_never_wait_for_each_other() -> None:
    gate = Gate()
    fake = FakeUpstream().reply(*streamed(OLLAMA, OLLAMA.token("hi"), Hold(gate), OLLAMA.done()))
    async with (
        fake.network() as network,
        endpoint_of(OLLAMA, network) as endpoint,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(150):
            tasks.start_soon(ask, model_of(endpoint))
        await fake.asked(150)
        assert network.open_streams == 150
        gate.open()


@simulated
async def test_a_pool_that_is_full_is_waited_for_and_then_told() -> None:
    """As long as a connection may take; who comes to one in time is answered."""
    gate, pool = Gate(), replace(POOL, connections=1)
    fake = FakeUpstream().reply(*streamed(OLLAMA, OLLAMA.token("hi"), Wait(5), OLLAMA.done()))
    fake.reply(*streamed(OLLAMA, OLLAMA.token("hi"), Hold(gate), OLLAMA.done()))
    heard: dict[int, Heard] = {}

    async def question(number: int, endpoint: Endpoint) -> None:
        heard[number] = await ask(model_of(endpoint, pool=pool, retry_attempts=1))

    async with fake.network() as network, endpoint_of(OLLAMA, network, pool=pool) as endpoint:
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(question, number, endpoint)
            await fake.asked(2)
            await anyio.sleep(20)
            gate.open()
        assert network.connects == 1
    answered = sorted(one.text for one in heard.values())
    assert answered == ["", "hi", "hi"]
    (failure,) = [one.failure for one in heard.values() if one.failure is not None]
    assert str(failure).endswith("within 10 s, or all 1 that there may be (pool_connections) are in use")


@pytest.mark.parametrize(("changes", "connections"), [({"idle": 0}, 3), ({"idle_s": 1000.0}, 1), ({}, 1)])
@simulated
async def test_idle_connections_are_kept_as_many_as_there_may_be(changes: dict[str, Any], connections: int) -> None:
    fake, pool = FakeUpstream().reply(*ok(OLLAMA)), replace(POOL, **changes)
    async with fake.network() as network, endpoint_of(OLLAMA, network, pool=pool) as endpoint:
        for _ in range(3):
            await ask(model_of(endpoint, pool=pool))
        assert network.connects == connections


@pytest.mark.parametrize("end", [Reset(), Close()])
@simulated
async def test_a_dead_pooled_connection_is_replaced_without_a_word(end: Reset | Close) -> None:
    """F23: the server closed an idle connection in the moment in which a request was sent on it."""
    fake = FakeUpstream().reply(*ok(OLLAMA)).reply(end).reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        model = model_of(endpoint, retry_attempts=1)
        await ask(model)
        heard = await ask(model)
    assert (heard.text, heard.failure, heard.retries) == ("hello", None, [])
    assert [request.connection for request in fake.requests] == [1, 1, 2]


@simulated
async def test_a_new_connection_that_dies_is_a_failure_that_counts() -> None:
    fake = FakeUpstream().reply(Reset()).reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        heard = await ask(model_of(endpoint, retry_attempts=1))
    assert heard.failure is not None
    assert len(fake.requests) == 1


@simulated
async def test_a_server_that_answers_and_then_dies_again_and_again_is_not_asked_for_ever() -> None:
    fake = FakeUpstream().reply(*ok(OLLAMA)).reply(Reset())
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        await ask(model_of(endpoint))
        heard = await ask(model_of(endpoint))
    assert heard.failure is not None
    assert len(heard.retries) == 2
    assert len(fake.requests) == 1 + 1 + 3


@simulated
async def test_what_comes_after_the_end_is_logged_once() -> None:
    records: list[str] = []
    log = logging.Logger("test", logging.INFO)
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    fake = FakeUpstream().reply(*streamed(OLLAMA, *OLLAMA.answer("hi"), OLLAMA.token("more"), OLLAMA.done()))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        heard = await ask(model_of(endpoint, log))
    assert heard.text == "hi"
    assert records == ["models.test:11434 sent more after its answer's end: ignored"]
