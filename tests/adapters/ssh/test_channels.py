"""Channels beside each other: they share a connection and nothing else."""

from __future__ import annotations

import asyncssh
import pytest
import trio
import trio.testing

from chatd.errors import TerminalGone
from chatd.ports import Terminal
from chatd.testing.ssh import ClientChannel, connect
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


@on_virtual_clock
async def test_what_is_written_in_one_step_is_one_packet() -> None:
    async def handler(terminal: Terminal) -> int:
        for letter in b"abc":
            terminal.write(bytes([letter]))
        assert terminal.unsent() >= 3
        await terminal.wait_sent()
        assert terminal.unsent() == 0
        terminal.write(b"d")
        terminal.write_error(b"e")
        terminal.write(b"f")
        await trio.sleep(1)
        terminal.write(b"x" * 100_000)
        terminal.write(b"y")
        return 0

    packets: list[bytes] = []

    def received(channel: ClientChannel, data: bytes, datatype: int | None) -> None:
        packets.append(data)
        take(channel, data, datatype)

    take = ClientChannel.data_received
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientChannel, "data_received", received)
        async with serving(handler) as world, connect(world.server) as client:
            channel = await client.open("x")
            await channel.wait_closed()
        assert packets[:4] == [b"abc", b"d", b"e", b"f"]
        assert [len(piece) for piece in packets[4:]] == [32768, 32768, 32768, 100_001 - 3 * 32768]
        assert (channel.stdout, channel.stderr) == (b"abcdf" + b"x" * 100_000 + b"y", b"e")
        assert channel.exit_status == 0


@on_virtual_clock
async def test_the_status_comes_after_what_was_written_in_the_same_step() -> None:
    """Also of a handler that is cancelled, and of one whose connection is told to go."""

    async def handler(terminal: Terminal) -> int:
        try:
            await trio.sleep_forever()
        finally:
            terminal.write(b"last ")
            terminal.write(b"words")

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        await trio.sleep(1)
        world.server.connections.cancel_scope.cancel()
        await channel.wait_closed()
        assert (channel.stdout, channel.exit_status) == (b"last words", 143)


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
