"""A model's server by script: reads requests, records them, plays a reply for each."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, assert_never

import anyio
from anyio.abc import SocketStream

from chatd.testing.upstream.link import ServerEnd, SocketLink
from chatd.testing.upstream.network import MemoryNetwork, open_network
from chatd.testing.upstream.replies import json_reply
from chatd.testing.upstream.steps import Close, Drip, Hold, Reset, Send, Step, Wait, WaitForClose

Script = Sequence[Step]

_NOTHING_TO_SAY = json_reply({"error": "the test gave no reply"}, 500)
_MAX_REQUEST = 32 << 20
"""Bytes of one request: far more than any test sends, and an end for one that goes wild."""


CLOSE_S = 1.0
"""How long closing a link may take, also of a server that is cancelled: it should not wait at all."""


class Received:
    """A request as it came."""

    def __init__(self, connection: int, head: bytes, at: float) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines if line)
        self.headers = {name.strip().lower(): value.strip() for name, value in pairs}
        self.connection = connection
        """Which connection brought it: 1 is the first one."""
        self.body = b""
        self.at = at
        self.closed_at: float | None = None
        """When the client closed the connection; None while it is open, when we closed it, or for a later request."""

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class FakeUpstream:
    """A server whose replies are given one by one; the last one is given again and again."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        """Everything that was asked, routes too."""
        self.open_connections = 0
        self._connections = 0
        self._replies: deque[Script] = deque()
        self._last: Script = _NOTHING_TO_SAY
        self._routes: dict[tuple[str, str], Script] = {}
        self._answers: Callable[[Received], Script] | None = None
        self._changed: anyio.Event | None = None

    # --- what the test says

    def reply(self, *steps: Step) -> FakeUpstream:
        """Play this for the next request that has no reply yet. Chains."""
        self._replies.append(steps)
        return self

    def route(self, method: str, path: str, *steps: Step) -> FakeUpstream:
        """Always play this for such a request, whatever else is waiting. Chains."""
        self._routes[method, path] = steps
        return self

    def answers(self, answer: Callable[[Received], Script]) -> FakeUpstream:
        """Let a function make the reply for every request that has none of its own. Chains."""
        self._answers = answer
        return self

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until something holds: looked at whenever a request comes, is closed, or a connection ends."""
        while not ready():
            if self._changed is None:
                self._changed = anyio.Event()
            await self._changed.wait()

    async def asked(self, requests: int = 1) -> Received:
        """Wait until so many requests have come; the last of them."""
        await self.until(lambda: len(self.requests) >= requests)
        return self.requests[requests - 1]

    async def left_alone(self) -> None:
        """Wait until no connection is open."""
        await self.until(lambda: self.open_connections == 0)

    # --- where it stands

    def network(self) -> AbstractAsyncContextManager[MemoryNetwork]:
        """A network in memory on which every host is this server."""
        return open_network(self.handle)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Serve on a free port of 127.0.0.1; its URL, without a slash at the end."""
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 -- no Django
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(listener.serve, self._accept)
                yield f"http://127.0.0.1:{port}"
                tasks.cancel_scope.cancel()

    async def _accept(self, stream: SocketStream) -> None:
        await self.handle(SocketLink(stream))

    async def handle(self, link: ServerEnd) -> None:
        """Serve one connection until either side ends it."""
        self._connections += 1
        self.open_connections += 1
        try:
            await _Visit(self, link, self._connections).run()
        finally:
            self.open_connections -= 1
            self.changed()
            with anyio.move_on_after(CLOSE_S, shield=True):
                await link.aclose()

    # --- for the connections

    def changed(self) -> None:
        """Let `until` look again."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    def script_for(self, request: Received) -> Script:
        """Record a request and choose its reply."""
        self.requests.append(request)
        self.changed()
        routed = self._routes.get((request.method, request.path))
        if routed is not None:
            return routed
        if self._replies:
            self._last = self._replies.popleft()
        elif self._answers is not None:
            return self._answers(request)
        return self._last


class _Visit:
    """One connection: a task reads all the time, so that the client's leaving is seen at once."""

    def __init__(self, fake: FakeUpstream, link: ServerEnd, number: int) -> None:
        self._fake = fake
        self._link = link
        self._number = number
        self._buffer = bytearray()
        self._arrived = anyio.Event()
        self._gone = False
        self._playing: anyio.CancelScope | None = None

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read)
            last = None
            while (request := await self._request()) is not None:
                last = request
                if not await self._play(self._fake.script_for(request)):
                    break
            if last is not None and self._gone:
                last.closed_at = anyio.current_time()
            tasks.cancel_scope.cancel()

    async def _read(self) -> None:
        while data := await self._link.receive():
            self._buffer += data
            self._ring()
        self._gone = True
        self._ring()
        if self._playing is not None:
            self._playing.cancel()

    def _ring(self) -> None:
        self._arrived.set()
        self._arrived = anyio.Event()

    async def _request(self) -> Received | None:
        """The next request, whole; None when the client went before it was."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not await self._more():
                return None
        request = Received(self._number, bytes(self._buffer[:end]), anyio.current_time())
        size = int(request.headers.get("content-length", "0"))
        assert size <= _MAX_REQUEST
        del self._buffer[: end + 4]
        while len(self._buffer) < size:
            if not await self._more():
                return None
        request.body = bytes(self._buffer[:size])
        del self._buffer[:size]
        return request

    async def _more(self) -> bool:
        if not self._gone:
            await self._arrived.wait()
        return not self._gone

    async def _play(self, script: Script) -> bool:
        """Whether the connection goes on."""
        goes_on = False
        with anyio.CancelScope() as self._playing:
            if self._gone:
                return False
            try:
                goes_on = await self._steps(script)
            except anyio.BrokenResourceError:
                self._gone = True
        self._playing = None
        return goes_on and not self._gone

    async def _steps(self, script: Script) -> bool:
        for step in script:
            match step:
                case Send(data):
                    await self._link.send(data)
                case Drip(data, size, every):
                    for start in range(0, len(data), size):
                        await self._link.send(data[start : start + size])
                        await anyio.sleep(every)
                case Wait(seconds):
                    await anyio.sleep(seconds)
                case Hold(gate):
                    await gate.wait()
                case WaitForClose():
                    await anyio.sleep_forever()
                case Close():
                    return False
                case Reset():
                    await self._link.reset()
                    return False
                case _:
                    assert_never(step)
        return True
