"""Connections that are told to go: they hear why, and a flood of them takes nothing from anybody."""

from __future__ import annotations

from contextlib import suppress

import trio

_POLITE = 50
"""Refused connections that may linger until the client has read why; in a flood the oldest of them are cut."""

_PIECE = 1024
"""Bytes of a client's that are read at once, to be thrown away."""


class Refusals:
    """The connections of one server that are on their way out."""

    def __init__(self, linger: float) -> None:
        self._linger = linger
        self._scopes: dict[trio.CancelScope, None] = {}

    def __len__(self) -> int:
        """How many of them linger."""
        return len(self._scopes)

    async def turn_away(self, stream: trio.abc.HalfCloseableStream, words: bytes) -> None:
        """Send the last words and hang up, within `linger` seconds. Cancelled, or one of too many, it hangs up at once.

        What the client still sends is read meanwhile: a socket that is closed with something unread takes back what it
        has sent.
        """
        if len(self._scopes) >= _POLITE:
            longest = next(iter(self._scopes))
            del self._scopes[longest]
            longest.cancel()
        with trio.move_on_after(self._linger) as scope:
            self._scopes[scope] = None
            try:
                with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
                    await stream.send_all(words)
                    await stream.send_eof()
                    while await stream.receive_some(_PIECE):
                        pass
            finally:
                self._scopes.pop(scope, None)
                await trio.aclose_forcefully(stream)
