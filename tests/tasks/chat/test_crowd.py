"""How many sessions there may be: said in words, and harmful to nobody else."""

from __future__ import annotations

from dataclasses import replace

from chatd.config import Config, LimitsConfig
from chatd.core.visit import Kind, Visit, Visitor
from chatd.errors import Exit
from chatd.testing import World
from chatd.testing.terminal import MemoryTerminal
from tests.support import in_world

MIB = 1 << 20


def limited(**limits: int) -> Config:
    return replace(Config(), limits=LimitsConfig(**limits))


def guest(world: World, name: str, source: str, command: str | None = None) -> MemoryTerminal:
    return world.connect(Visit(Visitor(name, Kind.GUEST, source=source), command))


@in_world(limited(max_sessions=2))
async def test_a_full_server_says_so(world: World) -> None:
    alice, bob = await world.join("alice"), await world.lines("bob")
    refused = await world.command("carol", "version")
    assert (refused.exit_status, refused.output) == (Exit.TEMPORARY, "")
    assert refused.errors == "chatd: the server has 2 sessions, that is the limit; try again later\n"
    chat = await world.lines("dora")
    assert chat.exit_status == Exit.TEMPORARY and "the server has 2 sessions" in chat.errors
    assert world.hub.lobby.rooms_of("dora") == []
    bob.ends_input()
    await world.settle()
    assert (await world.command("carol", "version")).exit_status == 0
    alice.types("still here\r")
    await world.settle()
    assert world.rows() == [("alice", "still here", "complete")]


@in_world(limited(max_sessions_per_user=2), shipped=True)
async def test_sessions_count_by_key(world: World) -> None:
    alice, ali = await world.join("alice"), await world.join("alice")
    ali.types("/nick ali\r")
    await world.settle()
    for name in ("alice", "ali"):
        assert "you have 2 sessions, the limit is 2 at once" in (await world.command(name, "version")).errors
    assert (await world.command("bob", "version")).exit_status == 0
    alice.hangs_up()
    await world.settle()
    assert (await world.command("ali", "version")).exit_status == 0


@in_world(limited(max_sessions_per_address=2))
async def test_sessions_count_by_address(world: World) -> None:
    for name in ("guest-a", "guest-b"):
        guest(world, name, "192.0.2.1")
    await world.settle()
    third, elsewhere = guest(world, "guest-c", "192.0.2.1"), guest(world, "guest-d", "192.0.2.2", "version")
    await world.settle()
    assert "there are 2 sessions from your address, the limit is 2" in third.errors
    assert elsewhere.exit_status == 0


@in_world(limited(max_memory=100 * MIB))
async def test_without_memory_to_spare_no_session_begins_and_those_there_are_go_on(world: World) -> None:
    alice = await world.join("alice")
    machine = world.hub.crowd.machine
    machine.taken = 120 * MIB  # type: ignore[attr-defined]
    refused = await world.command("bob", "say hello")
    assert refused.exit_status == Exit.TEMPORARY
    assert "the server uses 120 MiB of memory, the limit is 100 MiB" in refused.errors
    alice.types("still here\r")
    await world.settle()
    assert world.rows() == [("alice", "still here", "complete")]
    machine.taken = 90 * MIB  # type: ignore[attr-defined]
    assert (await world.command("bob", "say hello")).exit_status == 0
