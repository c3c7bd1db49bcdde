"""What happened on a channel, until its task takes it."""

from __future__ import annotations

from collections import deque

import trio

from chatd.adapters.ssh.limits import SshLimits
from chatd.core.visit import Input, Interrupt, Resized, TerminalEvent
from chatd.errors import TerminalGone


class EventQueue:
    """What happened on a channel and has not been taken: bounded by whoever fills it, see `full`."""

    def __init__(self, limits: SshLimits) -> None:
        self._limits = limits
        self._events: deque[TerminalEvent] = deque()
        self._bytes = 0
        self._arrived = trio.Event()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether reading should pause."""
        return len(self._events) >= self._limits.input_events or self._bytes >= self._limits.input_bytes

    @property
    def low(self) -> bool:
        """Whether reading may go on."""
        return len(self._events) <= self._limits.input_events // 2 and self._bytes <= self._limits.input_bytes // 2

    def put(self, event: TerminalEvent) -> None:
        """Append. A size replaces one that was not taken; interrupts beyond the bound are dropped, as flow control
        does not reach them.
        """
        match event:
            case Resized():
                for place, waiting in enumerate(self._events):
                    if isinstance(waiting, Resized):
                        self._events[place] = event
                        return
            case Interrupt() if self.full:
                return
            case Input(data):
                self._bytes += len(data)
            case _:
                pass
        self._events.append(event)
        self._arrived.set()

    async def get(self) -> TerminalEvent:
        """The next event. Raises TerminalGone when the channel has closed and nothing is left."""
        if self._events or self._closed:
            await trio.lowlevel.checkpoint()
        while not self._events:
            if self._closed:
                raise TerminalGone("the channel is closed")
            if self._arrived.is_set():
                self._arrived = trio.Event()
            await self._arrived.wait()
        event = self._events.popleft()
        if isinstance(event, Input):
            self._bytes -= len(event.data)
        return event

    def close(self) -> None:
        """No more events; whoever waits is let go."""
        self._closed = True
        self._arrived.set()
