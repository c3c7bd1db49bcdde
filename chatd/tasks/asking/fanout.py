"""One stream of events for several consumers: each listener has a bounded buffer, and who is slow is told so."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace

import trio

from chatd.core.stream import FINAL, Lagged, StreamEvent
from chatd.ports import Clock
from chatd.tasks.asking.rendezvous import Rendezvous

LISTENER_ROOM = 1000
"""Events that a listener may be behind: about half a minute of a fast model."""


class Listener:
    """One consumer beside the opener. Iterate it; it ends after Done or Failed. Leave it with `with`."""

    def __init__(self, fanout: Fanout, buffer: int) -> None:
        self._fanout = fanout
        self._room = buffer
        self._events: deque[StreamEvent] = deque()
        self._missed = 0
        self._more = trio.Event()
        self._over = False

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._fanout.forget(self)

    @property
    def behind(self) -> bool:
        """Whether something waits to be taken."""
        return bool(self._events or self._missed)

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        await trio.lowlevel.checkpoint()
        while not self.behind:
            if self._over:
                raise StopAsyncIteration
            await self._more.wait()
        if self._events:
            return self._events.popleft()
        missed, self._missed = self._missed, 0
        return self._fanout.stamped(Lagged(missed))

    def put(self, event: StreamEvent) -> None:
        """For the fan-out: never waits. What finds no room is counted; the end always finds some."""
        final = isinstance(event, FINAL)
        if self._missed or (len(self._events) >= self._room and not final):
            self._missed += 0 if final else 1
        if final:
            if self._missed:
                self._events.append(self._fanout.stamped(Lagged(self._missed)))
                self._missed = 0
            self._over = True
            self._events.append(event)
        elif not self._missed:
            self._events.append(event)
        self._more.set()
        self._more = trio.Event()


class Fanout:
    """The listeners of one stream; it alone says of an event whose it is and when it came."""

    def __init__(self, stream_id: str, clock: Clock) -> None:
        self.stream_id = stream_id
        self._clock = clock
        self._listeners: list[Listener] = []
        self._final: StreamEvent | None = None

    def listen(self, buffer: int) -> Listener:
        """A listener from now on, with room for `buffer` events it has not taken."""
        listener = Listener(self, buffer)
        if self._final is not None:
            listener.put(self._final)
        else:
            self._listeners.append(listener)
        return listener

    def publish(self, event: StreamEvent) -> StreamEvent:
        """Stamp the event and give it to every listener; returned for the opener. After Done or Failed nobody is given
        anything more.
        """
        event = self.stamped(event)
        if self._final is None:
            for listener in self._listeners:
                listener.put(event)
            if isinstance(event, FINAL):
                self._final = event
                self._listeners.clear()
        return event

    def stamped(self, event: StreamEvent) -> StreamEvent:
        """The event as one of this stream, that came now."""
        return replace(event, stream_id=self.stream_id, time_ms=self._clock.now_ms())

    def forget(self, listener: Listener) -> None:
        """The listener has left."""
        if listener in self._listeners:
            self._listeners.remove(listener)


class Stream:
    """What `Router.stream` gives: iterate it for the events; `id` finds it for other consumers."""

    def __init__(self, fanout: Fanout, events: Rendezvous[StreamEvent]) -> None:
        self.id = fanout.stream_id
        self._fanout = fanout
        self._events = events
        self._over = False

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        if self._over:
            raise StopAsyncIteration
        event = await self._events.take()
        self._over = isinstance(event, FINAL)
        return event

    def listen(self, room: int = LISTENER_ROOM) -> Listener:
        """Another consumer, from now on; when it is slower than `room` events it gets Lagged instead of them."""
        return self._fanout.listen(room)
