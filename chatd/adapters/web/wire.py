"""h11 between what a client has sent and what it is sent: one connection, without its tasks."""

from __future__ import annotations

from collections.abc import Callable

import h11
import trio

from chatd.adapters.web.inlet import Inlet
from chatd.adapters.web.limits import WebLimits
from chatd.adapters.web.outlet import Outlet


class HttpWire:
    """The protocol's state of one connection with both of its directions.

    `on_end` is called, synchronously, when the client has left.
    """

    def __init__(self, stream: trio.abc.HalfCloseableStream, limits: WebLimits, on_end: Callable[[], None]) -> None:
        self.inlet = Inlet(stream, limits, on_end)
        self.outlet = Outlet(stream, limits.write_stall)
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self.fed = 0
        """Bytes that h11 was given."""
        self._limits = limits
        self._last = False

    @property
    def idle(self) -> bool:
        """Whether nothing that was received is left."""
        return self.inlet.empty and not self.http.trailing_data[0]

    @property
    def last(self) -> bool:
        """Whether no further request is served."""
        return self._last or self.inlet.overflown

    @property
    def goes_on(self) -> bool:
        """Whether the request and its answer are whole, and another one may follow."""
        both_done = self.http.our_state is h11.DONE and self.http.their_state is h11.DONE
        return both_done and not (self.last or self.inlet.ended or self.outlet.broken)

    def finish(self) -> None:
        """Serve no further request."""
        self._last = True

    async def feed(self) -> bool:
        """Give h11 more of what the client sends, as it comes; False when no more does.

        So little at once that h11 never holds more than a head may have: it looks at the limit only while something is
        missing, so a head would be too long or not by the way it was cut into packets.
        """
        return await self.inlet.wait() and self.feed_at_once()

    def feed_at_once(self) -> bool:
        """The same of what has come; False when there is nothing."""
        held = len(self.http.trailing_data[0])
        data = self.inlet.take(max(1, self._limits.head - held))
        if data:
            self.http.receive_data(data)
            self.fed += len(data)
        return bool(data)
