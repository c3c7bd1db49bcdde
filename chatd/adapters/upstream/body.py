"""The body of an HTTP response: read in slices, unpacked if need be, and always closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
import httpx
from anyio.lowlevel import checkpoint

from chatd.adapters.upstream.faults import TRANSPORT_ERRORS
from chatd.adapters.upstream.inflate import Inflate
from chatd.adapters.upstream.limits import CLOSE_S

SLICE = 4096
"""Bytes in one slice: so few that any content is decoded within a few milliseconds."""


class Body:
    """The unpacked bytes of one response."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._raw: AsyncIterator[bytes] | None = None
        self._ended = False
        self._rest = memoryview(b"")
        """Bytes that were received and not yet read."""
        self._packed = response.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}
        self._inflate: Inflate | None = None

    @property
    def ended(self) -> bool:
        """Whether the body was read to its end, so that the connection can be reused."""
        return self._ended and not self._rest

    async def read(self) -> bytes | None:
        """The next bytes, at most SLICE; None at the end. Each call is a checkpoint; cancelling closes the connection.

        Raises any of `faults.TRANSPORT_ERRORS`, and ProtocolFailure for bytes that are damaged or packed in an unknown
        way.
        """
        await checkpoint()
        while not self._rest:
            data = await self._unpacked()
            if data is None:
                return None
            self._rest = memoryview(data)
        piece, self._rest = bytes(self._rest[:SLICE]), self._rest[SLICE:]
        return piece

    async def _unpacked(self) -> bytes | None:
        if self._packed and self._inflate is None:
            self._inflate = Inflate(self._response.headers["content-encoding"].strip().lower())
        while True:
            if self._inflate is not None and self._inflate.waiting:
                await checkpoint()  # a decompression bomb must not block the loop
                if piece := self._inflate.take():
                    return piece
                continue
            data = await self._next()
            if data is None or self._inflate is None:
                return data
            self._inflate.feed(data)

    async def _next(self) -> bytes | None:
        if self._ended:
            return None
        if self._raw is None:
            self._raw = self._response.aiter_raw()
        try:
            return await anext(self._raw)
        except StopAsyncIteration:
            self._ended = True
            return None

    async def aclose(self) -> None:
        """Close the response, and its connection unless the body has ended. Does not wait; can be called again."""
        if self._raw is not None and not self._ended:
            # httpx reads through a chain of async generators. Closing the outermost leaves the inner ones to the
            # garbage collector; a cancelled read runs them all to their end, and closes the connection.
            with suppress(*TRANSPORT_ERRORS), anyio.CancelScope(shield=True) as scope:
                scope.cancel()
                while await self._next() is not None:
                    pass
            self._ended = True
        with anyio.move_on_after(CLOSE_S, shield=True):
            await self._response.aclose()
