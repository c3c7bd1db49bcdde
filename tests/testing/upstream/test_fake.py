"""The fake server itself: it says byte for byte what it was told, and sees what its client does."""

from __future__ import annotations

import anyio
import httpcore
import pytest
import trio

from chatd.testing.upstream import (
    OLLAMA,
    WIRES,
    Close,
    Drip,
    FakeUpstream,
    Gate,
    Hold,
    Reset,
    Send,
    WaitForClose,
    Wire,
    chunk,
    json_reply,
    streamed,
)
from chatd.testing.upstream.network import open_network
from tests.adapters.upstream.world import simulated

QUESTION = b"POST /api/chat HTTP/1.1\r\nHost: x\r\nX-Odd:  a b \r\nContent-Length: 7\r\n\r\n"


@simulated
async def test_a_request_is_recorded_however_it_is_cut() -> None:
    fake = FakeUpstream().reply(Send(b"HTTP/1.1 200 OK\r\n\r\nwhatever"), Close())
    async with fake.network() as network:
        stream = await network.connect_tcp("x", 80)
        for byte in QUESTION + b'{"a":1}':
            await stream.write(bytes([byte]))
        said = b""
        while data := await stream.read(5):
            said += data
        assert said == b"HTTP/1.1 200 OK\r\n\r\nwhatever"
        request = fake.requests[0]
        assert (request.method, request.path, request.json) == ("POST", "/api/chat", {"a": 1})
        assert request.headers["x-odd"] == "a b"
        assert request.closed_at is None, "it was the server that closed"


@simulated
async def test_steps_take_their_time_on_the_virtual_clock() -> None:
    gate = Gate()
    fake = FakeUpstream().reply(Drip(b"abc", every=2.0), Hold(gate), Send(b"d"), Reset())
    async with fake.network() as network:
        stream = await network.connect_tcp("x", 80)
        await stream.write(QUESTION + b"1234567")
        times = []
        for letter in (b"a", b"b", b"c"):
            assert await stream.read(9) == letter
            times.append(trio.current_time())
        assert times == [0, 2, 4]
        with anyio.move_on_after(100) as scope:
            await stream.read(9)
        assert scope.cancelled_caught
        gate.open()
        assert await stream.read(9) == b"d"
        with pytest.raises(httpcore.ReadError):
            await stream.read(9)
        await stream.aclose()


@simulated
async def test_the_clients_leaving_is_seen_at_once() -> None:
    fake = FakeUpstream().reply(WaitForClose())
    async with fake.network() as network:
        stream = await network.connect_tcp("x", 80)
        await stream.write(QUESTION + b"1234567")
        request = await fake.asked()
        await anyio.sleep(7)
        assert (fake.open_connections, network.open_streams, request.closed_at) == (1, 1, None)
        await stream.aclose()
        await fake.left_alone()
        assert (request.closed_at, network.open_streams) == (7, 0)


@simulated
async def test_replies_are_given_in_turn_the_last_one_for_ever_and_routes_always() -> None:
    fake = FakeUpstream().reply(*json_reply(1)).reply(*json_reply(2)).route("GET", "/r", *json_reply("r"))
    async with fake.network() as network:
        stream = await network.connect_tcp("x", 80)
        said = []
        for line in (b"GET /a", b"GET /r", b"GET /a", b"GET /a"):
            await stream.write(line + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            said.append((await stream.read(1000)).rpartition(b"\n")[2])
        assert said == [b"1", b'"r"', b"2", b"2"]
        assert {request.connection for request in fake.requests} == {1}
        await stream.aclose()


@simulated
async def test_a_network_of_several_servers() -> None:
    one, two = FakeUpstream().reply(*json_reply(1)), FakeUpstream().reply(*json_reply(2))
    async with open_network() as network:
        network.attach("one:80", one.handle)
        network.attach("two:80", two.handle)
        for host, fake in (("one", one), ("two", two), ("two", two)):
            stream = await network.connect_tcp(host, 80)
            await stream.write(b"GET / HTTP/1.1\r\n\r\n")
            await stream.read(1000)
            await stream.aclose()
            assert fake.requests
        with pytest.raises(httpcore.ConnectError, match="refused"):
            await network.connect_tcp("three", 80)
        assert (len(one.requests), len(two.requests)) == (1, 2)


@simulated
async def test_a_client_that_does_not_read_holds_the_server_back() -> None:
    fake = FakeUpstream().reply(Send(bytes(200_000)), Reset())
    async with fake.network() as network:
        stream = await network.connect_tcp("x", 80)
        await stream.write(QUESTION + b"1234567")
        await anyio.sleep(10)
        assert fake.open_connections == 1, "it is still sending"
        got = 0
        while got < 200_000:
            got += len(await stream.read(65536))
        await fake.left_alone()
        await stream.aclose()


@pytest.mark.parametrize("wire", WIRES)
def test_a_stream_is_chunked_and_ended(wire: Wire) -> None:
    steps = streamed(wire, b"ab", b"", WaitForClose())
    assert steps[1:] == (Send(chunk(b"ab")), WaitForClose(), Send(b"0\r\n\r\n"))
    assert streamed(wire, ended=False)[1:] == ()
    assert b"".join(OLLAMA.answer("x")).count(b"\n") == 2
