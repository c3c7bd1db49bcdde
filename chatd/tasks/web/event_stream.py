"""Replies that are streams of server-sent events: kept alive, at the pace of whoever reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio

from chatd.ports import Headers, WebReply
from chatd.wire.web.sse import MEDIA_TYPE, encode_comment, encode_retry

HEADERS = (
    ("content-type", MEDIA_TYPE), ("cache-control", "no-cache"), ("x-accel-buffering", "no"),
    ("x-content-type-options", "nosniff"),
)  # fmt: skip

QUIET_S = 15.0
"""After so long without an event a comment is sent: proxies end what is silent for half a minute."""

RETRY_MS = 1000
"""After which a browser comes again that has lost the connection."""

PIECE = 64 * 1024
"""Bytes that are joined to one write: whoever is far behind does not have all of it put into memory."""


class EventStream:
    """A reply that has begun."""

    def __init__(self, reply: WebReply) -> None:
        self._reply = reply
        self._waiting: list[bytes] = []
        self._size = 0

    async def add(self, event: bytes) -> None:
        """One event more, which is sent with the next `flush`, or when there are enough of them."""
        self._waiting.append(event)
        self._size += len(event)
        if self._size >= PIECE:
            await self.flush()

    async def flush(self) -> None:
        """Send what waits; returns when the reader takes more. Raises TerminalGone."""
        if self._waiting:
            whole, self._waiting, self._size = b"".join(self._waiting), [], 0
            await self._reply.send(whole)

    async def quiet(self) -> None:
        """Nothing has happened for a while."""
        await self._reply.send(encode_comment())


@asynccontextmanager
async def event_stream(
    reply: WebReply, *, comes_again: bool = False, marks: Headers = ()
) -> AsyncIterator[EventStream]:  # fmt: skip
    """Begin the reply; what still waits at the end of the block is sent to nobody. `comes_again`: a browser is told how
    soon.
    """
    await reply.start(200, [*HEADERS, *marks])
    stream = EventStream(reply)
    if comes_again:
        await stream.add(encode_retry(RETRY_MS))
    yield stream


async def next_of(stream: EventStream, take: Callable[[], Awaitable[object]]) -> object:
    """What `take` gives, which may be cancelled and called again; while it takes long the stream is kept alive."""
    while True:
        with trio.move_on_after(QUIET_S) as patience:
            return await take()
        assert patience.cancelled_caught
        await stream.quiet()
