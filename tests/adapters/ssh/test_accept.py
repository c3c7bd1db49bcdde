"""Taking connections: no faster than they are served, and through times without a descriptor to spare."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import trio
import trio.testing
import trio_asyncio  # type: ignore[import-untyped]

from chatd.adapters.ssh.server import SshServer
from tests.adapters.ssh.test_strangers import LIMITS, kexinit
from tests.adapters.ssh.world import greet, on_virtual_clock, serving


class Queue(trio.abc.Listener[Any]):
    """A listener in memory: connections as long as there are any, and errors."""

    def __init__(self, following: Callable[[], object]) -> None:
        self.following = following
        self.closed = False

    async def accept(self) -> Any:
        await trio.lowlevel.checkpoint()
        connection = self.following()
        if connection is None:
            await trio.sleep_forever()
        if isinstance(connection, OSError):
            raise connection
        return connection

    async def aclose(self) -> None:
        self.closed = True
        await trio.lowlevel.checkpoint()


async def accepting(server: SshServer, listener: Queue, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await server.accept([listener])
    assert listener.closed


@on_virtual_clock
async def test_no_more_is_taken_than_asyncio_keeps_up_with() -> None:
    taken: list[trio.abc.HalfCloseableStream] = []
    behind: list[int] = []

    async with serving(greet, LIMITS) as world:

        def stranger() -> object:
            if len(taken) == 200:
                return None
            loop: Any = trio_asyncio.current_loop.get()
            behind.append(loop._q_recv.statistics().current_buffer_used)
            ours, theirs = trio.testing.memory_stream_pair()
            taken.append(ours)
            world.server.connections.start_soon(begin_and_go, ours)
            return theirs

        async def begin_and_go(ours: trio.abc.HalfCloseableStream) -> None:
            await ours.send_all(b"SSH-2.0-OpenSSH_9.9\r\n" + kexinit())
            await ours.aclose()

        await accepting(world.server, Queue(stranger), 10)
    assert len(taken) == 200 and max(behind) < 20


@on_virtual_clock
async def test_without_descriptors_it_waits_and_says_so_once_in_a_while() -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    waiting = [theirs]

    def following() -> object:
        if trio.current_time() < 25:
            return OSError(errno.EMFILE, "Too many open files")
        return waiting.pop() if waiting else None

    async with serving(greet) as world:
        await accepting(world.server, Queue(following), 30)
        assert world.server.counts == (1, 1)
        await ours.aclose()
        await trio.sleep(2)
    said = [line for line in world.records.lines if "connections have to wait" in line]
    assert len(said) == 3 and not world.records.tracebacks
    assert "Too many open files, 1 tries" in said[0] and "lower max_connections" in said[0]


@on_virtual_clock
async def test_a_goodbye_closes_the_listeners() -> None:
    listener = Queue(lambda: None)
    async with serving(greet) as world, trio.open_nursery() as nursery:
        nursery.start_soon(world.server.accept, [listener])
        await trio.testing.wait_all_tasks_blocked()
        assert not listener.closed
        with trio.fail_after(5):
            await world.server.goodbye("time to go")
            await trio.testing.wait_all_tasks_blocked()
    assert listener.closed
