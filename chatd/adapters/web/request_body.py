"""The body of a request, in pieces as they come."""

from __future__ import annotations

import h11
import trio

from chatd.adapters.web.head import RequestHead
from chatd.adapters.web.limits import WebLimits
from chatd.adapters.web.wire import HttpWire
from chatd.core.text import human_size
from chatd.errors import BodyTooLarge, BodyTooSlow, UsageError

_AT_ONCE = 64
"""Events of h11's that are taken before others have their turn: chunks may be of a byte each, at 5 µs."""


class RequestBody:
    """Reads the body of the request whose head h11 has just given. One task reads."""

    def __init__(self, wire: HttpWire, limits: WebLimits, head: RequestHead) -> None:
        self.whole = False
        """Whether all of it has come."""
        self.told = False
        """Whether its end has been told."""
        self._wire = wire
        self._limits = limits
        self._declared = head.declared
        self._size = 0
        self._fed = wire.fed
        self._deadline: float | None = None
        self._unwanted = False
        if head.declared == 0:
            self.whole = isinstance(wire.http.next_event(), h11.EndOfMessage)

    async def piece(self) -> bytes | None:
        """What has come since, or comes next; with its end, `told` is set. None when an answer has begun before it
        came, and it is not wanted any more.

        Raises BodyTooLarge, BodyTooSlow, UsageError (its chunks are none), ClientGone.
        """
        if (self._declared or 0) > self._limits.body:
            raise self._too_large()
        if self._deadline is None:
            self._deadline = trio.current_time() + self._limits.body_time
        with trio.move_on_at(self._deadline):
            await trio.lowlevel.checkpoint()
            if self._wire.http.they_are_waiting_for_100_continue:
                await self._invite()
            while True:
                if self._unwanted:
                    return None
                data = self._come()
                if data or self.whole:
                    self.told = self.whole
                    return data
                if not await self._wire.feed():
                    await trio.sleep_forever()  # the client has left, and whoever reads is cancelled
        seconds = self._limits.body_time
        raise BodyTooSlow(f"the body took longer than {seconds:g} seconds")

    def let_go(self) -> None:
        """An answer begins: take what little of the body has come, and wait for nothing more of it."""
        if not self.whole:
            self._unwanted = True
            try:
                self._come()
            except (BodyTooLarge, UsageError):
                return  # the connection ends with this answer

    async def _invite(self) -> None:
        """Say that the body may come: the client has asked first."""
        invitation = self._wire.http.send(h11.InformationalResponse(status_code=100, headers=[]))
        await self._wire.outlet.write(invitation or b"")

    def _come(self) -> bytes:
        """What is there already. Sets `whole` at the end. Raises BodyTooLarge, UsageError."""
        found: list[bytes] = []
        try:
            for _ in range(_AT_ONCE):
                while (event := self._wire.http.next_event()) is h11.NEED_DATA:
                    if not self._wire.feed_at_once():
                        return b"".join(found)
                if not isinstance(event, h11.Data):
                    self.whole = True
                    break
                found.append(bytes(event.data))
                self._count(len(event.data))
        except h11.RemoteProtocolError:
            raise UsageError("the body comes in chunks that are none") from None
        return b"".join(found)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._limits.body or self._wire.fed - self._fed > self._limits.body_wire:
            raise self._too_large()

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body is over {human_size(self._limits.body)}, which is the limit")
