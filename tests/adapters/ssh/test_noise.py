"""The internet: scans, browsers, junk. One line each at most, no traceback, no slot lost."""

from __future__ import annotations

import random

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.testing.ssh import connect
from tests.adapters.ssh.world import World, greet, on_virtual_clock, serving

BANNER = b"SSH-2.0-OpenSSH_9.2\r\n"
NOISE = {
    "scan": b"",
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "tls": bytes.fromhex("16030100c8010000c40303") + bytes(190),
    "binary": random.Random(1).randbytes(5000),
    "old": b"SSH-1.5-OpenSSH_3\r\n",
    "banner": b"x" * 20_000,
    "long version": b"SSH-2.0-" + b"x" * 400 + b"\r\n",
    "control characters": b"SSH-2.0-\x1b[31m\x07\xff\r\n",
    "huge packet": BANNER + b"\xff\xff\xff\xff" + bytes(100),
    "junk kex": BANNER + b"\0\0\1\x0c\4\x14" + random.Random(2).randbytes(300),
    "early login": BANNER + b"\0\0\0\x0c\4\x32" + bytes(30),
    "half a packet": BANNER + b"\0\0\1\x0c\4\x14",
}


async def bother(world: World, data: bytes, stay: bool) -> None:
    stranger = await world.knock()
    try:
        await stranger.send_all(data)
        if stay:
            await trio.sleep(25)
    except trio.BrokenResourceError:
        pass
    await stranger.aclose()
    await trio.sleep(2)
    assert world.server.counts == (0, 0)


@pytest.mark.parametrize("stay", [False, True])
@pytest.mark.parametrize("what", NOISE)
@on_virtual_clock
async def test_noise(what: str, stay: bool) -> None:
    async with serving(greet) as world:
        await bother(world, NOISE[what], stay)
        async with connect(world.server) as client:
            channel = await client.open("x")
            await channel.wait_closed()
        noise = [line for line in world.records.lines if "192.0.2.9" in line]
        assert len(noise) == 1
        assert noise[0].isprintable()
    assert not world.records.tracebacks


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=4), st.booleans())
def test_any_bytes(pieces: list[bytes], greeting: bool) -> None:
    @on_virtual_clock
    async def run() -> None:
        async with serving(greet) as world:
            await bother(world, (BANNER if greeting else b"") + b"".join(pieces), False)
            assert all(line.isprintable() for line in world.records.lines)
        assert not world.records.tracebacks

    run()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 20, 21, 50, 61, *range(80, 101)]), st.binary(max_size=60))))
def test_any_packets_of_somebody_inside(packets: list[tuple[int, bytes]]) -> None:
    @on_virtual_clock
    async def run() -> None:
        async with serving(greet) as world, connect(world.server, user="bob") as other:
            async with connect(world.server, address="192.0.2.66") as client:
                await client.open("x")
                client.raw._deferred_packets = []
                for number, payload in packets:
                    client.raw.send_packet(number, b"\0\0\0\0" * (number > 90) + payload)
                await trio.sleep(3)
            await trio.sleep(3)
            assert world.server.counts == (1, 0)
            channel = await other.open("x")
            await channel.wait_closed()
            assert channel.exit_status == 0
        assert len(world.records.tracebacks) <= 1
        assert all(line.isprintable() for line in world.records.lines)

    run()


@on_virtual_clock
async def test_what_a_client_says_is_escaped_in_the_log() -> None:
    async with serving(greet) as world, connect(world.server) as client:
        client.raw.disconnect(2, "bye\x1b[2J\r\nroot came in\u202e")
        await client.wait_ended()
        await trio.sleep(1)
    assert all(line.isprintable() for line in world.records.lines)
    assert "bye\\x1b[2J\\r\\nroot came in\\u202e" in world.records.lines[-1]


@on_virtual_clock
async def test_protocol_faults_of_those_inside_are_logged_once() -> None:
    async with serving(greet) as world, connect(world.server) as client:
        client.raw.send_packet(99, b"")
        client.raw.send_packet(80, b"\0\0\0\1\xff\1")
        await client.wait_ended()
    assert len(world.records.lines) <= 3
