"""Real sockets: what a kernel says of a client that leaves, or takes nothing."""

from __future__ import annotations

import socket
import struct

import pytest
import trio

from chatd.adapters.web.forwarded import Proxies
from chatd.adapters.web.server import WebServer
from chatd.testing.sources import VirtualTime
from tests.adapters.web.world import WebWorld, make_web_limits

pytestmark = pytest.mark.real

STREAM = b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"


def test_whoever_leaves_takes_the_handler_along_and_who_takes_nothing_is_dropped() -> None:
    async def run() -> None:
        world = WebWorld(make_web_limits(write_stall=0.5), Proxies())
        server = WebServer(
            world.handlers.site(), make_web_limits(write_stall=0.5), world.log, VirtualTime(), listen=["127.0.0.1:0"]
        )
        async with server.open():
            port = int(server.addresses[0].rpartition(":")[2])
            for behind in (b"", STREAM, STREAM * 10_000):
                for reset in (False, True):
                    client = await trio.open_tcp_stream("127.0.0.1", port)
                    await client.send_all(STREAM + behind)
                    seen = b""
                    while b"first" not in seen:
                        seen += await client.receive_some()
                    if reset:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    await client.aclose()
                    await world.handlers.become(running=0)
            deaf = await trio.open_tcp_stream("127.0.0.1", port)
            await deaf.send_all(b"GET /pour HTTP/1.1\r\nHost: a\r\n\r\n")
            await world.handlers.become(running=1)
            await world.handlers.become(running=0)
            await deaf.aclose()
        assert world.handlers.cancelled == 6 and server.count == 0
        assert not world.records.tracebacks

    async def patiently() -> None:
        with trio.fail_after(30):
            await run()

    trio.run(patiently)
