"""What strangers cost who come, begin and go: nothing once they have gone."""

from __future__ import annotations

import gc
import os

import pytest
import trio
import trio.testing
from asyncssh.packet import Byte, NameList, UInt32

from chatd.adapters.ssh.connection import EngineConnection
from chatd.adapters.ssh.options import CIPHERS, KEX, MACS
from tests.adapters.ssh.world import World, greet, on_virtual_clock, serving
from tests.support import make_limits

LIMITS = make_limits(waiting_logins_per_address=1000, waiting_logins=1000)


def kexinit() -> bytes:
    """A client's algorithms, as a packet in the clear."""
    lists = [KEX, ["ssh-ed25519"], CIPHERS, CIPHERS, MACS, MACS, ["none"], ["none"], [], []]
    named = b"".join(NameList([name.encode() for name in names]) for names in lists)
    payload = Byte(20) + os.urandom(16) + named + Byte(0) + UInt32(0)
    padding = 8 - (5 + len(payload)) % 8 + 8
    return UInt32(1 + len(payload) + padding) + Byte(padding) + payload + bytes(padding)


async def begin(world: World, version: str, count: int) -> list[trio.abc.HalfCloseableStream]:
    streams: list[trio.abc.HalfCloseableStream] = []
    for _ in range(count):
        ours, theirs = trio.testing.memory_stream_pair()
        world.server.connections.start_soon(world.server.serve_stream, theirs, "192.0.2.9")
        await ours.send_all(f"SSH-2.0-{version}\r\n".encode() + kexinit())
        streams.append(ours)
    return streams


def connections() -> int:
    return sum(isinstance(thing, EngineConnection) for thing in gc.get_objects())


@pytest.mark.parametrize("version", ["OpenSSH_9.9", "PuTTY_Release_0.78"])
@on_virtual_clock
async def test_nothing_is_left_of_those_who_begin_a_key_exchange_and_go(version: str) -> None:
    async with serving(greet, LIMITS) as world:
        gc.collect()
        gc.disable()  # it comes seldom on a busy server
        try:
            before = connections()
            for stream in await begin(world, version, 20):
                await stream.aclose()
            await trio.testing.wait_all_tasks_blocked()
            assert trio.current_time() == 0
            assert world.server.counts == (0, 0)
            assert connections() == before
        finally:
            gc.enable()


@on_virtual_clock
async def test_nothing_is_left_of_those_who_greet_and_go() -> None:
    async with serving(greet, LIMITS) as world:
        gc.collect()
        gc.disable()
        try:
            before = connections()
            for _ in range(20):
                stream = await world.knock()
                await stream.send_all(b"SSH-2.0-OpenSSH_9.9\r\n")
                await stream.aclose()
            await trio.testing.wait_all_tasks_blocked()
            assert connections() == before
        finally:
            gc.enable()
