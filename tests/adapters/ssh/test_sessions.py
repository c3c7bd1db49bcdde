"""Channels become visits, and what happens on them becomes events."""

from __future__ import annotations

import asyncssh
import pytest
import trio
import trio.testing
import trio_asyncio  # type: ignore[import-untyped]

from chatd.core.visit import EndOfInput, Input, Interrupt, Resized
from chatd.ports import Terminal
from chatd.testing.ssh import connect
from tests.adapters.ssh.world import ALICE, Recorder, greet, on_virtual_clock, serving


@on_virtual_clock
async def test_exec() -> None:
    async with serving(greet) as world, connect(world.server, keys=[ALICE]) as client:
        channel = await client.open("who am i")
        await channel.wait_closed()
        assert (channel.stdout, channel.exit_status) == (b"alice who am i", 0)


@on_virtual_clock
async def test_a_visit_says_how_the_channel_was_opened() -> None:
    seen = Recorder()
    async with serving(seen) as world, connect(world.server, keys=[ALICE], address="192.0.2.7") as client:
        for channel in (await client.open(), await client.open("x"), await client.open(pty="xterm", size=(100, 40))):
            channel.send_eof()
            await channel.wait_closed()
            assert channel.exit_status == 5
    shell, command, screen = seen.visits
    assert (shell.command, shell.pty, shell.term, shell.size) == (None, False, "", (80, 24))
    assert (command.command, command.pty) == ("x", False)
    assert (screen.command, screen.pty, screen.term, screen.size) == (None, True, "xterm", (100, 40))
    assert {visit.address for visit in seen.visits} == {"192.0.2.7"}
    assert {visit.visitor for visit in seen.visits} == set(world.door.admitted)


@pytest.mark.parametrize(
    ("asked", "given"), [((0, 0), (80, 24)), ((65535, 65535), (1000, 1000)), ((132, 0), (132, 24))]
)
@on_virtual_clock
async def test_sizes_are_made_sensible(asked: tuple[int, int], given: tuple[int, int]) -> None:
    seen = Recorder()
    async with serving(seen) as world, connect(world.server) as client:
        channel = await client.open(pty="xterm", size=asked)
        await channel.wait_for(b"ready")
        channel.resize(50, 20)
        await trio.testing.wait_all_tasks_blocked()
        channel.resize(*asked)
        channel.send_eof()
        await channel.wait_closed()
    assert seen.visits[0].size == given
    assert seen.events == [Resized(50, 20), Resized(*given), EndOfInput()]


@on_virtual_clock
async def test_sizes_that_were_not_taken_give_way_to_the_newest() -> None:
    seen = Recorder()
    seen.gate = trio.Event()
    async with serving(seen) as world, connect(world.server) as client:
        channel = await client.open(pty="xterm")
        await channel.wait_for(b"ready")
        for width in range(20, 220):
            channel.resize(width, 30)
        channel.send(b"x")
        channel.send_eof()
        await trio.testing.wait_all_tasks_blocked()
        seen.gate.set()
        await channel.wait_closed()
    assert seen.events == [Resized(219, 30), Input(b"x"), EndOfInput()]


@on_virtual_clock
async def test_environment_is_filtered() -> None:
    seen = Recorder()
    asked = {"LANG": "de_DE.UTF-8", "LC_ALL": "C", "NO_COLOR": "1", "COLORTERM": "truecolor"}
    others = {"PATH": "/evil", "LD_PRELOAD": "x", "LC_lower": "x", "LC_MANY_A": "\x1b[31m", "LC_": "x", "TERM": "y"}
    async with serving(seen) as world, connect(world.server) as client:
        channel = await client.open("x", env=asked | others)
        channel.send_eof()
        await channel.wait_closed()
    assert seen.visits[0].env == asked


@on_virtual_clock
async def test_environment_is_bounded() -> None:
    seen = Recorder()
    many = {f"LC_{chr(65 + i)}{chr(65 + j)}": "x" for i in range(5) for j in range(20)}
    async with serving(seen) as world, connect(world.server) as client:
        for env in (many, {"LANG": "x" * 5000, "LC_ALL": "C"}):
            channel = await client.open("x", env=env)
            channel.send_eof()
            await channel.wait_closed()
    first, second = (visit.env or {} for visit in seen.visits)
    assert len(first) == 24
    assert second == {"LC_ALL": "C"}


@on_virtual_clock
async def test_a_command_need_not_be_utf8() -> None:
    async with serving(greet) as world, connect(world.server, keys=[ALICE]) as client:
        channel = await client.open(b"caf\xe9")  # type: ignore[arg-type]
        await channel.wait_closed()
        assert channel.stdout == b"alice caf\xe9"  # which bytes were no text can still be told


@on_virtual_clock
async def test_interrupts_and_end_of_input() -> None:
    seen = Recorder()
    async with serving(seen) as world, connect(world.server) as client:
        channel = await client.open("x")
        channel.send(b"before")
        channel.interrupt()
        channel.raw.send_signal("TERM")
        channel.raw.send_break(1000)
        channel.send_eof()
        await channel.wait_closed()
        assert (channel.stdout, channel.exit_status) == (b"readydone", 5)
    assert seen.events == [Input(b"before"), Interrupt(), Interrupt(), EndOfInput()]


@pytest.mark.parametrize(("pty", "out", "err"), [(None, b"out", b"err"), ("xterm", b"outerr", b"")])
@on_virtual_clock
async def test_stderr(pty: str | None, out: bytes, err: bytes) -> None:
    async def handler(terminal: Terminal) -> int:
        terminal.write(b"out")
        terminal.write_error(b"err")
        return 3

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x", pty=pty)
        await channel.wait_closed()
        assert (channel.stdout, channel.stderr, channel.exit_status) == (out, err, 3)


@on_virtual_clock
async def test_only_one_shell_or_command_for_a_channel() -> None:
    seen = Recorder()
    async with serving(seen) as world, connect(world.server) as client:
        channel = await client.open("x")
        again = channel.raw._make_request(b"exec", asyncssh.packet.String("y"))
        assert await _answer(again) is False
        assert len(seen.visits) == 1


async def _answer(request: object) -> object:
    async def wait() -> object:
        return await request  # type: ignore[misc]

    return await trio_asyncio.aio_as_trio(wait)()


@on_virtual_clock
async def test_a_terminal_has_to_be_asked_for_before_the_shell() -> None:
    seen = Recorder()
    async with serving(seen) as world, connect(world.server) as client:
        channel = await client.open("x")
        size = b"".join(map(asyncssh.packet.UInt32, (80, 24, 0, 0)))
        late = asyncssh.packet.String("xterm") + size + asyncssh.packet.String(b"")
        assert await _answer(channel.raw._make_request(b"pty-req", late)) is False
        channel.resize(50, 20)
        channel.send_eof()
        await channel.wait_closed()
    assert seen.events == [EndOfInput()]


@on_virtual_clock
async def test_packets_do_not_become_smaller_than_sense() -> None:
    sizes: list[int] = []

    def count(data: bytes, datatype: int | None) -> None:
        sizes.append(len(data))

    async def handler(terminal: Terminal) -> int:
        await terminal.receive()
        terminal.write(b"x" * 1000)
        return 0

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x", max_pktsize=1)
        channel.data_received = count  # type: ignore[method-assign]
        channel.send(b"go")
        await channel.wait_closed()
    assert sizes == [256, 256, 256, 232]
