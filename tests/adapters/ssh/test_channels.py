"""Channels beside each other: they share a connection and nothing else."""

from __future__ import annotations

import asyncssh
import pytest
import trio
import trio.testing

from chatd.errors import TerminalGone
from chatd.ports import Terminal
from chatd.testing.ssh import connect
from tests.adapters.ssh.world import ALICE, Recorder, on_virtual_clock, serving, wait_forever


@on_virtual_clock
async def test_channels_of_one_connection_are_independent() -> None:
    async def handler(terminal: Terminal) -> int:
        if terminal.visit.command == "boom":
            raise RuntimeError("boom")
        return await Recorder()(terminal)

    async with serving(handler) as world, connect(world.server, keys=[ALICE]) as client:
        first, second = await client.open("a"), await client.open("b")
        boom = await client.open("boom")
        await boom.wait_closed()
        assert boom.exit_status == 70
        first.close()
        await first.wait_closed()
        second.send_eof()
        await second.wait_closed()
        assert second.exit_status == 5
    assert [record.levelname for record in world.records.tracebacks] == ["ERROR"]
    assert "a session of alice failed" in world.records.tracebacks[0].getMessage()


@on_virtual_clock
async def test_all_output_and_the_status_arrive() -> None:
    async def handler(terminal: Terminal) -> int:
        terminal.write(b"x" * 900_000)
        return 9

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        await channel.wait_closed()
        assert (len(channel.stdout), channel.exit_status) == (900_000, 9)


@pytest.mark.parametrize("how", ["vanish", "disconnect", "close"])
@on_virtual_clock
async def test_a_hang_up_cancels_the_handler_at_once(how: str) -> None:
    ended = trio.Event()
    after: list[str] = []

    async def handler(terminal: Terminal) -> int:
        terminal.write(b"ready")
        try:
            while True:
                await terminal.receive()
        except trio.Cancelled:
            ended.set()
            with trio.CancelScope(deadline=trio.current_time() + 1, shield=True):
                for use in (terminal.receive, terminal.wait_sent):
                    with pytest.raises(TerminalGone):
                        await use()
                with pytest.raises(TerminalGone):
                    terminal.write(b"too late")
                after.append("quiet")
            raise

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        await channel.wait_for(b"ready")
        start = trio.current_time()
        if how == "vanish":
            await client.vanish()
        elif how == "disconnect":
            client.disconnect()
        else:
            channel.close()
        await ended.wait()
        assert trio.current_time() == start
    assert after == ["quiet"]
    assert not world.records.tracebacks


@on_virtual_clock
async def test_a_handler_that_writes_to_somebody_gone_makes_no_noise() -> None:
    async def handler(terminal: Terminal) -> int:
        terminal.write(b"ready")
        with trio.CancelScope(deadline=trio.current_time() + 1, shield=True):
            await trio.sleep(0.5)
            terminal.write(b"x")
        return 0

    async with serving(handler) as world:
        async with connect(world.server) as client:
            channel = await client.open("x")
            await channel.wait_for(b"ready")
        await trio.sleep(2)
    assert not world.records.tracebacks


@on_virtual_clock
async def test_ten_channels_and_a_place_is_free_again_when_all_has_ended() -> None:
    async with serving(wait_forever) as world, connect(world.server) as client:
        channels = [await client.open("x") for _ in range(10)]
        with pytest.raises(asyncssh.ChannelOpenError, match="the limit is 10 channels"):
            await client.open("x")
        channels[0].close()
        await channels[0].wait_closed()
        await trio.testing.wait_all_tasks_blocked()
        await client.open("x")


@on_virtual_clock
async def test_a_channel_that_never_started_gives_its_place_back() -> None:
    async with serving(wait_forever) as world, connect(world.server) as client:
        for _ in range(15):
            with pytest.raises(asyncssh.ChannelOpenError):
                await client.open(None, subsystem="sftp")
            await trio.testing.wait_all_tasks_blocked()
        await client.open("x")
