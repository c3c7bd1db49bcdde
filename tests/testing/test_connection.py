"""A person's connection that is slow, far, dead or closes slowly, and what that means to the server."""

from __future__ import annotations

import time

import pytest
import trio

from chatd.core.visit import Visit
from chatd.testing import World
from chatd.testing.connection import GOOD, KEEPALIVE_S, QUALITIES
from chatd.testing.terminal import MAX_UNSENT
from tests.support import in_world


@in_world()
async def test_on_a_far_connection_everything_comes_late_in_both_directions(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.links(QUALITIES["far"])
    alice.types("hello from afar\r")
    await world.settle(0.3)
    assert world.rows() == [], "it has not arrived"
    await world.settle(0.3)
    assert world.rows() == [("alice", "hello from afar", "complete")] and "hello from afar" in bob.screen.text
    assert "hello from afar" not in alice.screen.text
    await world.settle(0.5)
    assert "hello from afar" in alice.screen.text


@in_world()
async def test_on_a_slow_connection_a_long_text_takes_its_time_and_comes_whole(world: World) -> None:
    bot = world.model("bot")
    bot.says("word " * 2000).ends()
    await world.command("alice", "ask --room lobby @bot 'go on'")
    reader = world.connect(Visit(world.visitor("bob"), "tail -n 5"))
    reader.links(QUALITIES["slow"]).ends_input()
    await world.settle(1)
    assert 2000 < len(reader.output) < 6000 and not reader.ended.is_set()
    await reader.ended.wait()
    assert reader.output.count("word") == 2000 and reader.exit_status == 0


@in_world()
async def test_a_dead_peer_is_noticed_by_the_keepalive_and_nobody_waits_for_it(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("before\r")
    await world.settle()
    seen = alice.screen.text
    alice.links(QUALITIES["half-open"])
    alice.types("never\r")
    bob.types("is she there?\r")
    await world.settle(1)
    assert alice.screen.text == seen and "is she there?" in bob.screen.text
    assert [text for _, text, _ in world.rows()] == ["before", "is she there?"]
    await trio.sleep(KEEPALIVE_S)
    assert alice.ended.is_set() and [person.name for person in world.hub.lobby.people] == ["bob"]


@in_world()
async def test_a_connection_that_was_only_interrupted_goes_on_where_it_was(world: World) -> None:
    alice = await world.join("alice")
    alice.links(QUALITIES["half-open"]).types("late\r")
    await world.settle(KEEPALIVE_S / 2)
    assert world.rows() == []
    alice.links(GOOD)
    await world.settle()
    assert world.rows() == [("alice", "late", "complete")] and "late" in alice.screen.text


@in_world()
async def test_a_slow_close_is_noticed_late_and_what_is_written_meanwhile_is_lost(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.links(QUALITIES["closes slowly"]).hangs_up()
    bob.types("bye\r")
    await world.settle(1)
    assert not alice.ended.is_set() and "bye" not in alice.screen.text
    await world.settle(QUALITIES["closes slowly"].linger)
    assert alice.ended.is_set()


@in_world()
async def test_what_waits_for_a_terminal_that_takes_nothing_is_bounded(world: World) -> None:
    reader = world.connect(Visit(world.visitor("bob"), "tail --follow"))
    await world.settle()
    reader.stops_reading()
    bot = world.model("bot")
    for _ in range(12):
        bot.says("word " * 20_000).ends()
        await world.command("alice", "ask --room lobby @bot 'go on'")
    assert 0 < reader.unsent() < MAX_UNSENT


@in_world()
async def test_a_session_that_writes_without_waiting_is_a_bug(world: World) -> None:
    reader = world.connect(Visit(world.visitor("bob"), "tail --follow"))
    reader.stops_reading()
    reader.write(b"x" * MAX_UNSENT)
    with pytest.raises(AssertionError, match="bytes wait for"):
        reader.write(b"x")
    reader.hangs_up()


@in_world()
async def test_a_write_costs_as_much_however_much_was_written_before(world: World) -> None:
    """Sixteen times as many writes take no more than some sixteen times as long; with copies it would be 256."""
    times = []
    for count in (4_000, 64_000):
        terminal = world.connect(Visit(world.visitor("bob"), "tail --follow"))
        began = time.process_time()
        for _ in range(count):
            terminal.write(b"a line of some length, and its end\n")
        times.append(time.process_time() - began)
        terminal.hangs_up()
    assert times[1] < times[0] * 64, times
