"""A server takes connections until it says goodbye, and what it serves ends with it."""

from __future__ import annotations

import logging

import trio
import trio.testing

from chatd.adapters.stream_server import StreamServer
from chatd.testing import run

LOG = logging.getLogger("chatd.test")


class Echo(StreamServer):
    """Says what it is told, or farewell."""

    def __init__(self, *listen: str) -> None:
        super().__init__("echo", listen, LOG)
        self.left = 0

    async def serve_stream(self, stream: trio.abc.HalfCloseableStream, address: str | None = None) -> None:
        try:
            if self._farewell is not None:
                await stream.send_all(self._farewell.encode())
                return
            async for data in stream:
                await stream.send_all(data)
        finally:
            self.left += 1
            await trio.aclose_forcefully(stream)

    def goodbye(self, text: str) -> None:
        self._stop_accepting(text)


def test_who_is_served_goes_on_after_goodbye_and_who_comes_is_told() -> None:
    async def main() -> None:
        server = Echo()
        async with server.open() as connections:
            ours, theirs = trio.testing.memory_stream_pair()
            connections.start_soon(server.serve_stream, theirs)
            await ours.send_all(b"one")
            assert await ours.receive_some() == b"one"
            server.goodbye("we close")
            await ours.send_all(b"two")
            assert await ours.receive_some() == b"two"
            late, theirs = trio.testing.memory_stream_pair()
            connections.start_soon(server.serve_stream, theirs)
            assert await late.receive_some() == b"we close"
        assert server.left == 2, "the block ends what is left"

    run(main)


def test_listeners_are_closed_by_goodbye() -> None:
    class Doorstep(trio.abc.Listener[trio.SocketStream]):
        closed = False

        async def accept(self) -> trio.SocketStream:
            await trio.sleep_forever()
            raise AssertionError

        async def aclose(self) -> None:
            self.closed = True
            await trio.lowlevel.checkpoint()

    async def main() -> None:
        server, doorstep = Echo(), Doorstep()
        async with server.open() as connections:
            connections.start_soon(server.accept, [doorstep])
            await trio.testing.wait_all_tasks_blocked()
            assert not doorstep.closed
            server.goodbye("we close")
            await trio.testing.wait_all_tasks_blocked()
            assert doorstep.closed

    run(main)
