"""The same on real sockets, under trio and under asyncio: what memory and a virtual clock might have made too easy."""

from __future__ import annotations

import random
import re

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from chatd.adapters.upstream import Endpoint, list_models
from chatd.core.question import Question
from chatd.core.stream import Token
from chatd.errors import LimitFailure, NetworkFailure
from chatd.testing.upstream import (
    OLLAMA,
    WIRES,
    Close,
    FakeUpstream,
    Reset,
    Step,
    Wait,
    WaitForClose,
    Wire,
    json_reply,
    refusal,
    streamed,
)
from chatd.wire.models.protocols import PROTOCOLS
from tests.adapters.upstream.faults import BODIES, ENDINGS, REFUSALS, Scenario, begun, ok
from tests.adapters.upstream.world import POOL, ask, endpoint_of, model_of, really

pytestmark = [pytest.mark.real, pytest.mark.timeout(20)]

both = pytest.mark.parametrize("backend", ["trio", "asyncio"])

_SLOW = {"F20 a reason whose end never comes", "F21 busy, then not"}
_QUICK = [s for s in (*ENDINGS, *BODIES, *REFUSALS) if s.name not in _SLOW]


@both
@pytest.mark.parametrize("wire", WIRES)
def test_the_table_of_faults_on_sockets(wire: Wire, backend: str) -> None:
    """Every scenario that does not wait, one after the other on one endpoint."""

    async def one(scenario: Scenario) -> None:
        fake = FakeUpstream()
        for script in scenario.replies(wire):
            fake.reply(*script)
        async with fake.listening() as url, endpoint_of(wire, url=url) as endpoint:
            heard = await ask(model_of(endpoint, retry_delay=0.001))
            if scenario.failure is None:
                assert (heard.text, heard.failure) == (scenario.text, None)
            else:
                assert isinstance(heard.failure, scenario.failure), heard.reason
                sentence = scenario.sentence.replace(r"models\.test:11434", r"127\.0\.0\.1:\d+")
                assert re.search(sentence, heard.reason), heard.reason
                assert heard.failure.cut == scenario.cut
                assert heard.text.startswith(scenario.text)
            fake.reply(*ok(wire))
            assert (await ask(model_of(endpoint))).text == "hello"

    async def story() -> None:
        for scenario in _QUICK:
            await one(scenario)

    really(story, backend)


@both
def test_the_server_sees_a_cancel_at_once(backend: str) -> None:
    async def story() -> None:
        for script in ((WaitForClose(),), streamed(OLLAMA, *begun(OLLAMA), WaitForClose())):
            fake = FakeUpstream().reply(*script)
            async with fake.listening() as url, endpoint_of(OLLAMA, url=url) as endpoint:
                model = model_of(endpoint)
                with anyio.move_on_after(0.05) as scope:
                    await ask(model)
                assert scope.cancelled_caught
                left = anyio.current_time()
                await fake.left_alone()
                assert anyio.current_time() - left < 1  # a busy machine
                fake.reply(*ok(OLLAMA))
                assert (await ask(model)).text == "hello"

    really(story, backend)


@both
def test_leaving_the_block_in_the_middle(backend: str) -> None:
    async def story() -> None:
        fake = FakeUpstream().reply(*streamed(OLLAMA, *begun(OLLAMA), WaitForClose()))
        async with fake.listening() as url, endpoint_of(OLLAMA, url=url) as endpoint:
            async with model_of(endpoint).stream(Question("hi")) as events:
                async for event in events:
                    if isinstance(event, Token):
                        break
            await fake.left_alone()
            assert fake.requests[0].closed_at is not None

    really(story, backend)


@both
def test_nobody_listens_there(backend: str) -> None:
    async def story() -> None:
        async with FakeUpstream().listening() as url:
            pass
        async with endpoint_of(OLLAMA, url=url) as endpoint:
            heard = await ask(model_of(endpoint))
            assert isinstance(heard.failure, NetworkFailure)
            assert re.search(r"127\.0\.0\.1:\d+ refuses the connection: is the model server running\?", heard.reason)
        async with endpoint_of(OLLAMA, url=url.replace("127.0.0.1", "localhost")) as endpoint:
            heard = await ask(model_of(endpoint))
            assert re.search(r"localhost:\d+ refuses the connection", heard.reason), "over every address it has"

    really(story, backend)


@both
def test_https_on_a_port_that_speaks_http(backend: str) -> None:
    async def greet(stream: SocketStream) -> None:
        async with stream:
            await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def story() -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, greet)
            port = listener.extra(SocketAttribute.local_port)
            async with endpoint_of(OLLAMA, url=f"https://127.0.0.1:{port}") as endpoint:
                heard = await ask(model_of(endpoint))
            assert isinstance(heard.failure, NetworkFailure)
            assert "does not speak TLS as it should: is it http and not https?" in heard.reason
            tasks.cancel_scope.cancel()

    really(story, backend)


@both
def test_leaving_during_a_tls_handshake_closes_the_connection(backend: str) -> None:
    async def story() -> None:
        fake = FakeUpstream()  # waits for a request's end, which a greeting of TLS never has
        async with fake.listening() as url, endpoint_of(OLLAMA, url=url.replace("http:", "https:")) as endpoint:
            heard = await ask(model_of(endpoint, connect_timeout=0.05, retry_attempts=1))
            assert isinstance(heard.failure, LimitFailure)
            assert "accepted no connection" in heard.reason
            await fake.left_alone()

    really(story, backend)


@both
def test_a_dead_pooled_connection_on_sockets(backend: str) -> None:
    async def story() -> None:
        for end in (Reset(), Close()):
            fake = FakeUpstream().reply(*ok(OLLAMA)).reply(end).reply(*ok(OLLAMA))
            async with fake.listening() as url, endpoint_of(OLLAMA, url=url) as endpoint:
                model = model_of(endpoint, retry_attempts=1)
                assert (await ask(model)).text == "hello"
                assert (await ask(model)).text == "hello"
                assert [request.connection for request in fake.requests] == [1, 1, 2]

    really(story, backend)


@both
def test_times_are_kept_on_real_clocks(backend: str) -> None:
    async def story() -> None:
        pings: list[bytes | Step] = [OLLAMA.ping(), Wait(0.02)] * 50
        fake = FakeUpstream().reply(*streamed(OLLAMA, *begun(OLLAMA), *pings))
        async with fake.listening() as url, endpoint_of(OLLAMA, url=url) as endpoint:
            heard = await ask(model_of(endpoint, timeout=0.1))
            assert heard.text == "hello"
            assert isinstance(heard.failure, LimitFailure)
            assert 0.09 < heard.ended < 5

    really(story, backend)


@both
def test_a_proxy_is_for_public_servers_only(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        proxy = FakeUpstream().reply(*ok(OLLAMA))
        fake = FakeUpstream().reply(*ok(OLLAMA))
        async with proxy.listening() as proxy_url, fake.listening() as url:
            for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy_url)
            protocol = PROTOCOLS["ollama"]
            async with (
                Endpoint(protocol, url, pool=POOL) as ours,
                Endpoint(protocol, "http://models.test", pool=POOL) as public,
            ):
                assert (await ask(model_of(ours))).text == "hello"
                assert (len(fake.requests), len(proxy.requests)) == (1, 0)
                assert (await ask(model_of(public))).text == "hello"
                assert proxy.requests[0].path == "http://models.test/api/chat"

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    really(story, backend)


@both
def test_models_are_listed(backend: str) -> None:
    async def story() -> None:
        fake = FakeUpstream().route("GET", "/api/tags", *json_reply({"models": [{"name": "a", "digest": "1"}]}))
        fake.reply(*refusal(OLLAMA, 500, "no"))
        async with fake.listening() as url, endpoint_of(OLLAMA, url=url) as endpoint:
            assert [model.name for model in await list_models(endpoint)] == ["a"]

    really(story, backend)


@both
def test_random_cancels_leave_no_socket_open(backend: str) -> None:
    """480 answers, five at a time, most of them left at some moment within 15 ms."""

    async def story() -> None:
        chance = random.Random(3)
        parts: list[bytes | Step] = [part for piece in "abc" for part in (OLLAMA.token(piece), Wait(0.001))]
        fake = FakeUpstream().reply(*streamed(OLLAMA, *parts, OLLAMA.done()))
        async with fake.listening() as url, endpoint_of(OLLAMA, url=url) as endpoint:
            model = model_of(endpoint)
            left = 0

            async def some() -> None:
                nonlocal left
                for number in range(96):
                    # Every eighth is heard to its end, however slow the machine is.
                    patience = None if number % 8 == 0 else chance.uniform(0, 0.015)
                    with anyio.move_on_after(patience) as scope:
                        heard = await ask(model)
                        assert (heard.text, heard.failure) == ("abc", None)
                    left += scope.cancelled_caught

            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(some)
            assert 0 < left < 480
            await fake.until(lambda: fake.open_connections <= 5)
            assert (await ask(model)).text == "abc"
        # Outside, the server is gone; inside, closing the endpoint closed what it had kept.

        fake = FakeUpstream().reply(*ok(OLLAMA))
        async with fake.listening() as url:
            async with endpoint_of(OLLAMA, url=url) as endpoint:
                await ask(model_of(endpoint))
            await fake.left_alone()

    really(story, backend)
