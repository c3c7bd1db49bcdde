"""How connections end: on every path sessions are cancelled, the visitor leaves once, and nobody else notices."""

from __future__ import annotations

import asyncio
import gc

import asyncssh
import pytest
import trio
import trio.testing
import trio_asyncio  # type: ignore[import-untyped]

from chatd.adapters.ssh import session as session_module
from chatd.errors import Exit
from chatd.ports import Terminal
from chatd.testing.ssh import Client, ClientChannel, connect
from tests.adapters.ssh.world import ALICE, BOB, World, greet, on_virtual_clock, read_all, serving, wait_forever


async def end(how: str, world: World, client: Client, channel: ClientChannel) -> None:
    match how:
        case "disconnect":
            client.disconnect()
        case "vanish":
            await client.vanish()
        case "freeze":
            client.freeze()
            await trio.sleep(50)
        case "junk":
            client.raw._transport.write(b"\xff" * 100)  # type: ignore[union-attr]
        case "goodbye":
            channel.close()
            await world.server.goodbye("time to go")
        case "cancel":
            world.server.connections.cancel_scope.cancel()
    with trio.move_on_after(5):
        await client.wait_ended()


REASONS = {
    "disconnect": "disconnected",
    "vanish": "hung up",
    "freeze": "it does not answer",
    "junk": "Max packet size exceeded",
    "goodbye": "time to go",
    "cancel": "the server is stopping",
}


@pytest.mark.parametrize("how", REASONS)
@on_virtual_clock
async def test_the_visitor_leaves_once_and_after_the_sessions(how: str) -> None:
    ended: list[bool] = []

    async def handler(terminal: Terminal) -> int:
        try:
            return await wait_forever(terminal)
        finally:
            with trio.CancelScope(deadline=trio.current_time() + 3, shield=True):
                await trio.sleep(2)  # as a mention does that has to be written down
            ended.append(world.door.left == [])

    async with serving(handler) as world, connect(world.server, keys=[ALICE]) as client:
        channel = await client.open("x")
        await channel.wait_for(b"here")
        await end(how, world, client, channel)
    assert ended == [True]
    assert [visitor.name for visitor in world.door.left] == ["alice"]
    (line,) = (line for line in world.records.lines if line.startswith("alice left"))
    assert line == f"alice left (192.0.2.1): {REASONS[how]}"


@on_virtual_clock
async def test_goodbye_waits_for_sessions_and_says_why() -> None:
    stop = trio.Event()

    async def handler(terminal: Terminal) -> int:
        terminal.write(b"here")
        await stop.wait()
        terminal.write(b" the server is stopping")
        return Exit.STOPPING

    async with serving(handler) as world, connect(world.server) as client, connect(world.server) as idle:
        channel = await client.open("x")
        await channel.wait_for(b"here")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.server.goodbye, "time to go")
            await idle.wait_ended()
            assert not client.ended
            with pytest.raises(asyncssh.ChannelOpenError, match="time to go"):
                await client.open("y")
            assert b"time to go" in await read_all(await world.knock())
            stop.set()
            await client.wait_ended()
        assert channel.stdout == b"here the server is stopping"
        assert channel.exit_status == Exit.STOPPING
        assert "left (192.0.2.1): time to go" in world.records.lines[-1]


@on_virtual_clock
async def test_goodbye_can_be_given_up() -> None:
    async with serving(wait_forever) as world, connect(world.server) as client:
        await client.open("x")
        with trio.move_on_after(2.5) as patience:
            await world.server.goodbye("time to go")
        assert patience.cancelled_caught
        assert world.server.counts == (1, 0)


@on_virtual_clock
async def test_a_fault_in_a_callback_ends_that_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(columns: int, rows: int) -> tuple[int, int]:
        if columns == 77:
            raise RuntimeError("cannot count")
        return columns, rows

    monkeypatch.setattr(session_module, "sensible_size", broken)
    async with (
        serving(wait_forever) as world,
        connect(world.server, keys=[BOB]) as other,
        connect(world.server) as client,
    ):
        others = await other.open("x")
        channel = await client.open("x", pty="xterm")
        channel.resize(77, 20)
        await client.wait_ended()
        others.resize(50, 20)
        await others.wait_for(b"here")
        assert not other.ended
    assert [r.getMessage() for r in world.records.tracebacks] == ["fault in terminal_size_changed (192.0.2.1)"]


@on_virtual_clock
async def test_what_is_written_while_the_peer_hangs_up_fells_nobody() -> None:
    """Between the pump's end and the sessions' there are some steps, in which one flusher sends for everybody."""

    async def chatter(terminal: Terminal) -> int:
        while True:
            terminal.write(b"x")
            await trio.lowlevel.checkpoint()

    async with serving(chatter) as world, connect(world.server, keys=[BOB]) as other:
        for _ in range(20):
            async with connect(world.server, keys=[ALICE]) as client:
                channel = await client.open("x")
                await channel.wait_for(b"xxx")
                await client.vanish()
        channel = await other.open("x")
        await channel.wait_for(b"xxx")
    assert world.records.tracebacks == []


@on_virtual_clock
async def test_a_stray_asyncio_error_kills_nobody() -> None:
    def stumble() -> None:
        raise RuntimeError("stray")

    async def fall() -> None:
        stumble()

    async with serving(greet) as world, connect(world.server, keys=[ALICE]) as client:
        loop = trio_asyncio.current_loop.get()
        loop.call_soon(stumble)
        task = loop.create_task(fall())
        await trio.testing.wait_all_tasks_blocked()
        del task
        gc.collect()  # a task's lost exception is reported when the task is collected
        channel = await client.open("x")
        await channel.wait_closed()
        assert channel.exit_status == 0
    strays = [line for line in world.records.lines if line.startswith("stray asyncio error")]
    assert len(strays) == 2


@on_virtual_clock
async def test_nothing_is_left_behind() -> None:
    async with serving(greet) as world:
        for _ in range(30):
            async with connect(world.server) as client:
                channel = await client.open("x")
                await channel.wait_closed()
        await trio.sleep(5)
        assert asyncio.all_tasks(trio_asyncio.current_loop.get()) == set()
        # The server's one task is the flusher.
        assert len(world.server.connections.child_tasks) == 1


@on_virtual_clock
async def test_last_words_leave_before_the_connection_closes() -> None:
    async def handler(terminal: Terminal) -> int:
        terminal.write(b"x" * 300_000)
        return 7

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        await world.server.goodbye("time to go")
        await client.wait_ended()
        assert (len(channel.stdout), channel.exit_status) == (300_000, 7)
