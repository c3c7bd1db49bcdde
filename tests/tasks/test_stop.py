"""The server stops: everybody is told why and how their command ended, in time, however slow the disk is."""

from __future__ import annotations

import pytest
import trio

from chatd.core.visit import Visit
from chatd.errors import Exit
from chatd.testing import MemoryTerminal, World
from tests.support import in_world

GRACE_S = 5.0


def start(world: World, command: str) -> MemoryTerminal:
    return world.connect(Visit(world.visitor("alice"), command))


async def stopped(world: World, terminal: MemoryTerminal) -> float:
    """Stops the server; the virtual seconds until the command's exit status can be sent."""
    began = trio.current_time()
    world.hub.stop(began + GRACE_S / 2)
    with trio.fail_after(60):
        await terminal.ended.wait()
    return trio.current_time() - began


@pytest.mark.parametrize(
    "command", ["tail --follow", "tail --follow --json", "say", "say x -", "ask @bot x -", "ask @bot hi"]
)
def test_a_command_that_waits_says_that_the_server_stops(command: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        world.model("bot")
        terminal = start(world, command)
        await world.settle()
        assert await stopped(world, terminal) < GRACE_S / 2
        assert terminal.exit_status == Exit.STOPPING
        assert terminal.errors.startswith("chatd: the server is stopping\n")

    conversation()


@in_world()
async def test_an_answer_that_the_stop_cut_has_its_system_row(world: World) -> None:
    world.model("bot").says("half an ")
    asked = start(world, "ask --room lobby @bot hi")
    await world.settle()
    await stopped(world, asked)
    assert asked.exit_status == Exit.STOPPING and asked.output == "half an \n"
    _, answer, why = world.rows()
    assert answer == ("bot", "half an ", "interrupted")
    assert why == ("system", "bot: the server stopped before the answer ended", "complete")


@in_world()
async def test_a_question_that_was_not_answered_yet_has_its_system_row_too(world: World) -> None:
    world.model("bot")
    asked = start(world, "ask --room lobby @bot hi")
    await world.settle()
    await stopped(world, asked)
    _, why = world.rows()
    assert why == ("system", "bot: the server stopped before the answer ended", "complete")


@pytest.mark.parametrize("blocked_before", ["the question", "the answer", "the end"])
def test_a_blocked_disk_keeps_nobody_from_being_told(blocked_before: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        bot, disk = world.model("bot"), world.disk

        def blocked() -> float:
            return 1000.0

        disk.delay = blocked if blocked_before == "the question" else disk.delay
        asked = start(world, "ask --room lobby @bot hi")
        await world.settle()
        disk.delay = blocked if blocked_before == "the answer" else disk.delay
        bot.says("half an answer")
        await world.settle()
        disk.delay = blocked
        took = await stopped(world, asked)
        assert asked.exit_status == Exit.STOPPING
        assert took < GRACE_S / 2 - 0.5, "there is time left to send it"
        disk.delay = lambda: 0.0
        await trio.sleep(5000)  # what was written after all

    conversation()


@pytest.mark.parametrize(("pty", "end"), [(True, "\r\n"), (False, "\n")])
def test_somebody_who_comes_in_just_then_is_told_in_lines_as_they_read_them(pty: bool, end: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        world.hub.stop(trio.current_time() + GRACE_S / 2)
        seen: list[bytes] = []
        late = world.connect(Visit(world.visitor("dave"), pty=pty, term="xterm"))
        late.observer = seen.append
        await late.ended.wait()
        assert late.exit_status == Exit.STOPPING
        told = late.errors if not pty else b"".join(seen).decode()
        assert f"chatd: the server is stopping{end}" in told and ("\r" in told) == pty

    conversation()
