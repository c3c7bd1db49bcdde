"""The transport over real sockets; the rest of the tests use streams in memory."""

from __future__ import annotations

import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.transport import Flusher, TrioTransport, _watch
from tests.support import make_limits

pytestmark = [pytest.mark.real, pytest.mark.timeout(20)]


class Bench:
    """A transport, the peer's end, and what was reported."""

    def __init__(self, flusher: Flusher, limits: SshLimits) -> None:
        ours, theirs = trio.socket.socketpair()
        self.sock, self.stream, self.peer = ours, trio.SocketStream(ours), trio.SocketStream(theirs)
        self.rooms = 0
        self.deaths: list[str] = []
        self.subject = TrioTransport(self.stream, flusher, limits, on_room=self.room, on_dead=self.deaths.append)

    def room(self) -> None:
        self.rooms += 1

    async def received(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (piece := await self.peer.receive_some(65536)):
            data += piece
        return data

    def writable(self) -> bool:
        poll = select.poll()
        poll.register(self.sock.fileno(), select.POLLOUT)
        return bool(poll.poll(0))


@asynccontextmanager
async def a_bench(limits: SshLimits | None = None) -> AsyncIterator[Bench]:
    flusher = Flusher()
    with trio.fail_after(10):
        async with trio.open_nursery() as outer:
            outer.start_soon(flusher.run)
            bench = Bench(flusher, limits or make_limits())
            # Not this task's: the transport cancels it when it ends, and the test goes on.
            bench.subject.attach(await outer.start(a_nursery))
            async with bench.stream, bench.peer:
                yield bench
            outer.cancel_scope.cancel()


async def a_nursery(task_status: trio.TaskStatus[trio.Nursery]) -> None:
    async with trio.open_nursery() as nursery:
        task_status.started(nursery)
        await trio.sleep_forever()


def on_bench(test: Callable[[Bench], Awaitable[None]], limits: SshLimits | None = None) -> Callable[[], None]:
    async def main() -> None:
        async with a_bench(limits) as bench:
            await test(bench)

    return lambda: trio.run(main)


@on_bench
async def test_writes_of_one_turn_leave_together(bench: Bench) -> None:
    for _ in range(100):
        bench.subject.write(b"x" * 10)
    assert bench.subject.get_write_buffer_size() == 1000
    assert len(await bench.peer.receive_some(65536)) == 1000
    assert bench.subject.get_write_buffer_size() == 0
    assert bench.rooms == 2, "for what waited upstairs, and because there is room again"


@on_bench
async def test_a_slow_peer_gets_everything_in_order(bench: Bench) -> None:
    data = bytes(range(256)) * 3000
    for start in range(0, len(data), 1000):
        bench.subject.write(data[start : start + 1000])
    await trio.testing.wait_all_tasks_blocked()
    assert bench.subject.get_write_buffer_size() > 100_000
    assert await bench.received(len(data)) == data
    assert await bench.subject.wait_sent()
    assert bench.rooms > 2
    bench.subject.write(b"more")
    assert await bench.received(4) == b"more"


@on_bench
async def test_who_waits_until_all_is_sent_waits_for_the_peers_machine_too(bench: Bench) -> None:
    size = 0
    while bench.writable():
        bench.subject.write(b"x" * 1000)
        bench.subject.flush()
        size += 1000
    assert bench.subject.get_write_buffer_size() == 0
    with trio.move_on_after(0.1) as impatient:
        await bench.subject.wait_sent()
    assert impatient.cancelled_caught
    async with trio.open_nursery() as nursery:
        for _ in range(3):  # the channels of one connection wait together
            nursery.start_soon(bench.subject.wait_sent)
        await bench.received(size)


@on_bench
async def test_last_words_leave_at_once_where_the_kernel_takes_them(bench: Bench) -> None:
    bench.subject.write(b"bye")
    bench.subject.abort()
    bench.subject.write(b"not this")
    await bench.stream.aclose()
    assert await bench.received(100) == b"bye"
    assert bench.deaths == []


@on_bench
async def test_last_words_that_have_to_wait_leave_too(bench: Bench) -> None:
    bench.subject.write(b"x" * 500_000)
    bench.subject.abort()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.subject.finish)
        assert len(await bench.received(600_000)) == 500_000
        await bench.peer.aclose()


@on_bench
async def test_a_peer_that_has_gone_is_reported_once(bench: Bench) -> None:
    await bench.peer.aclose()
    for _ in range(3):
        bench.subject.write(b"x")
        bench.subject.flush()
    assert bench.deaths == ["connection lost: Broken pipe"]
    assert not await bench.subject.wait_sent()
    await bench.subject.finish()


def nothing(*_: object) -> None:
    """Of what is not looked at."""


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this kernel does not watch a peer")
def test_the_kernel_finds_a_dead_peer_as_soon_as_questions_would() -> None:
    """After a silence of 15 s it asks each 15 s; what is under way to a peer waits no longer, either."""

    async def talk(listener: socket.socket) -> None:
        limits = make_limits(keepalive=15, keepalive_misses=2)
        async with await trio.open_tcp_stream(*listener.getsockname()) as stream:
            transport = TrioTransport(stream, Flusher(), limits, on_room=nothing, on_dead=nothing)
            assert transport.watched
            option = stream.socket.getsockopt
            assert option(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            assert [option(socket.IPPROTO_TCP, getattr(socket, name)) for name in names] == [15, 15, 2, 45_000]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        trio.run(talk, listener)


def test_a_peer_is_given_as_long_as_was_configured() -> None:
    """A kernel forgives 127 times at most: where more was configured it is not asked to watch at all."""

    async def talk() -> None:
        with trio.socket.socket() as sock:
            default = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            assert not _watch(sock, make_limits(keepalive=15.0, keepalive_misses=200))
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == default

    trio.run(talk)


def test_bounds_of_time_and_size() -> None:
    async def stalled(bench: Bench) -> None:
        bench.subject.write(b"x" * 900_000)
        assert not await bench.subject.wait_sent()
        assert bench.deaths == ["it took nothing for 0.1 s"]
        assert bench.subject.get_write_buffer_size() == 0

    async def flooded(bench: Bench) -> None:
        bench.subject.write(b"x" * 1100)
        assert bench.deaths == ["more than 1000 bytes wait for it"]
        assert bench.subject.is_closing()

    on_bench(stalled, make_limits(write_stall=0.1))()
    on_bench(flooded, make_limits(transport_hard=1000))()
