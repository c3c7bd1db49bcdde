"""What the servers of all protocols do alike: they listen, take connections, and stop taking them."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import trio

from chatd.adapters.acceptor import Acceptor
from chatd.adapters.listen import open_listeners, shown_address


class StreamServer(ABC):
    """Owns the listeners and the nursery of the connections."""

    def __init__(self, scheme: str, listen: Sequence[str], log: logging.Logger) -> None:
        """`listen` are addresses as `open_listeners` takes them; without any, connections come by `serve_stream` alone.
        `scheme` is what URLs of such a server begin with.
        """
        self.addresses: tuple[str, ...] = ()
        """Where it listens while it is open, as URLs."""
        self._scheme = scheme
        self._listen = listen
        self._acceptor = Acceptor(log)
        self._accepting = trio.CancelScope()
        self._connections: trio.Nursery | None = None
        self._farewell: str | None = None
        """What who comes now is told instead of being served; None while the server is to be had."""

    @property
    def connections(self) -> trio.Nursery:
        """The nursery of the connections, while the server is open."""
        assert self._connections is not None, "the server is not open"
        return self._connections

    @asynccontextmanager
    async def open(self) -> AsyncIterator[trio.Nursery]:
        """Within the block connections are taken and can live; leaving it cancels those that are left, with what they
        do. Raises CannotBind, and then nothing listens.
        """
        listeners = await open_listeners(self._listen)
        self.addresses = tuple(f"{self._scheme}://{shown_address(listener)}" for listener in listeners)
        async with trio.open_nursery() as connections:
            self._connections = connections
            for task in self._beside():
                connections.start_soon(task)
            if listeners:
                connections.start_soon(self.accept, listeners)
            try:
                yield connections
            finally:
                self._connections = None
                connections.cancel_scope.cancel()

    async def accept(self, listeners: Sequence[trio.abc.Listener[trio.SocketStream]]) -> None:
        """Take connections until the server says goodbye or is cancelled, then close the listeners."""
        with self._accepting:
            async with trio.open_nursery() as nursery:
                for listener in listeners:
                    nursery.start_soon(self._accept, listener)

    async def _accept(self, listener: trio.abc.Listener[trio.SocketStream]) -> None:
        async with listener:
            while True:
                stream = await self._acceptor.accept(listener)
                self.connections.start_soon(self.serve_stream, stream)
                await self._caught_up()

    @abstractmethod
    async def serve_stream(self, stream: trio.abc.HalfCloseableStream, address: str | None = None) -> None:
        """Serve one connection to its end, in a task of the nursery that `open` gave, and close the stream.

        `address` stands for the peer's where the stream has none. Raises nothing that a client can cause.
        """

    def _beside(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """Tasks that live as long as connections can."""
        return ()

    async def _caught_up(self) -> None:
        """Wait until one more connection can be taken: in a flood the kernel has them wait."""
        await trio.lowlevel.checkpoint()

    def _stop_accepting(self, farewell: str) -> None:
        """Close the listeners; who comes another way is told `farewell`."""
        self._farewell = farewell
        self._accepting.cancel()
