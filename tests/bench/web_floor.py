"""The web's floor: what cannot be left out of telling many readers of an event with these libraries, and nothing else.

python -m tests.bench.web_floor      prints its port; ends with its stdin

A bare trio server that takes requests apart with h11 and writes each event with h11, as a chunk of its own, from one
task of each connection that waits for the next: the gateway's own stack without Starlette (which does nothing for an
event), and without rooms, a log, logins, cursors or limits. On stdin it takes `say COUNT PACE SIZE`: so many events of
so many bytes, so many a second, go to everybody; then it prints `said`.
"""

from __future__ import annotations

import os
import sys

import h11
import trio

EVENT = b'id: %d\ndata: {"event":"added","row":{"content":"%s"},"n":%d}\n\n'


class Room:
    """The events, and whoever waits for the next."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.rings = trio.Event()

    def add(self, event: bytes) -> None:
        """One more, for everybody."""
        self.events.append(event)
        self.rings.set()
        self.rings = trio.Event()


async def serve(room: Room, stream: trio.SocketStream) -> None:
    """One connection: its request, then events until it hangs up."""
    http = h11.Connection(h11.SERVER)
    async with stream:
        try:
            while not isinstance(event := http.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    http.receive_data(await stream.receive_some(65536))
                elif isinstance(event, h11.ConnectionClosed):
                    return
            head = [("content-type", "text/event-stream"), ("cache-control", "no-cache")]
            await stream.send_all(http.send(h11.Response(status_code=200, headers=head)) or b"")
            at = len(room.events)
            await stream.send_all(http.send(h11.Data(data=b"retry: 1000\n\n")) or b"")
            while True:
                while at == len(room.events):
                    await room.rings.wait()
                data, at = b"".join(room.events[at:]), len(room.events)
                await stream.send_all(http.send(h11.Data(data=data)) or b"")
        except trio.BrokenResourceError:
            return


async def main() -> None:
    """Serve until stdin ends."""
    room = Room()
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1000)

        async def one(stream: trio.SocketStream) -> None:
            await serve(room, stream)

        nursery.start_soon(trio.serve_listeners, one, listeners)
        tell(str(listeners[0].socket.getsockname()[1]))
        async for line in trio.wrap_file(sys.stdin):
            count, pace, size = line.removeprefix("say ").split()
            for number in range(int(count)):
                room.add(EVENT % (number, b"x" * int(size), number))
                await trio.sleep(1 / int(pace))
            tell("said")
        os._exit(0)  # whoever still reads is gone as well


def tell(text: str) -> None:
    """A line for whoever started this program."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main)
