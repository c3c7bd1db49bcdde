"""A disk that is slow, full or read-only: the sender is told, nobody loses the session, it works again when it does."""

from __future__ import annotations

import pytest
import trio

from chatd.core.room import Room
from chatd.core.row import Add, Finish, Grow, Method, NewRow, Status
from chatd.errors import StorageError
from chatd.testing import Disk, World
from tests.support import in_world


@in_world()
async def test_on_a_read_only_disk_the_sender_is_told_and_nothing_is_shown(world: World) -> None:
    alice, bob = await world.join("alice", size=(120, 24)), await world.join("bob")
    world.disk.becomes_read_only()
    alice.types("lost?\r")
    await world.settle()
    assert "read-only" in alice.screen and "not kept yet" in alice.screen
    assert "lost?" not in bob.screen
    world.disk.works_again()
    await world.settle(10)
    assert "alice lost?" in bob.screen
    assert "the disk works again" in alice.screen
    bob.types("welcome back\r")
    await world.settle()
    assert "bob welcome back" in alice.screen


@in_world()
async def test_while_the_disk_fails_new_lines_are_refused_with_the_reason(world: World) -> None:
    alice = await world.join("alice", size=(120, 24))
    world.disk.becomes_read_only()
    alice.types("first\r")
    await world.settle()
    alice.types("second\r")
    await world.settle()
    assert "nothing new can be kept now" in alice.screen
    said = await world.command("bob", "say third")
    assert said.exit_status == 1 and "read-only" in said.errors
    world.disk.works_again()
    await world.settle(10)
    assert [text for _, text, _ in world.rows()] == ["first"]


@in_world()
async def test_a_full_disk_in_mid_answer_loses_nothing_that_was_received(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice", size=(120, 24))
    alice.types("@bot go\r")
    bot.says("before ")
    await world.settle()
    world.disk.fills_up()
    for _ in range(2000):
        bot.says("x" * 100)
    await world.settle(1)
    # The model is not read beyond the buffer while nothing can be written.
    (_, (_, text, _)) = world.rows()
    assert len(text) < 50_000
    world.disk.works_again()
    bot.ends()
    await world.settle(10)
    assert world.rows()[1] == ("bot", "before " + "x" * 200_000, "complete")


@in_world()
async def test_ctrl_c_on_a_dead_disk_does_not_hang_the_session(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice", size=(120, 24))
    alice.types("@bot go\r")
    bot.says("so far")
    await world.settle()
    world.disk.becomes_read_only()
    alice.types("\x03")
    await world.settle(5)
    assert bot.open_streams == 0
    alice.types("/quit\r")
    await world.settle(15)
    assert alice.exit_status == 0
    world.disk.works_again()
    await world.settle(10)
    assert world.rows()[-1] == ("bot", "so far", "cancelled")


@in_world(disk=Disk(lambda: 0.3))
async def test_nothing_is_shown_before_it_is_committed(world: World) -> None:
    alice, bob = await world.join("alice", size=(120, 24)), await world.join("bob")
    await world.settle(2)
    alice.types("hello\r")
    await world.settle(0.25)
    assert world.rows() == [] and "alice hello" not in alice.screen
    await world.settle(1)
    assert "alice hello" in alice.screen and "alice hello" in bob.screen


@in_world()
async def test_the_recorder_refuses_past_its_bound(world: World) -> None:
    room = world.hub.lobby.get("lobby", "")
    recorder = world.hub.recorder
    for i in range(20_000):
        recorder.submit(room, Add(NewRow(f"r{i}", Method.USER, "alice", "x")))
    with pytest.raises(StorageError, match="too slow"):
        recorder.submit(room, Add(NewRow("one-more", Method.USER, "alice", "x")))
    await recorder.flushed()
    assert room.seq == 20_000


@in_world(disk=Disk(lambda: 0.05))
async def test_what_waits_together_is_committed_together(world: World) -> None:
    room: Room = world.hub.lobby.get("lobby", "")
    recorder = world.hub.recorder
    recorder.submit(room, Add(NewRow("r", Method.CHUNK, "bot", "", Status.OPEN)))
    await world.settle()
    commits = len(recorder.commit_ms)
    for i in range(500):
        recorder.submit(room, Grow("r", f"{i} "))
    await recorder.flushed()
    assert len(recorder.commit_ms) == commits + 1
    live = room.get("r")
    assert live is not None and live.text == "".join(f"{i} " for i in range(500))
    assert room.number == 2  # the row, and one growth
    recorder.submit(room, Finish("r", Status.COMPLETE))


@in_world()
async def test_a_server_that_stops_does_not_wait_for_a_late_retry(world: World) -> None:
    """The disk came back between two tries: what waits is written within the grace all the same."""
    alice = await world.join("alice")
    world.disk.becomes_read_only()
    alice.types("kept in the end\r")
    await trio.sleep(30)  # the pause between two tries has grown
    world.disk.works_again()
    await world.settle(0.1)
    assert world.hub.recorder.debt == 1
    world.hub.stop(trio.current_time() + 2.5)
    await trio.sleep(1)
    assert alice.ended.is_set() and world.hub.recorder.debt == 0
    assert [text for _, text, _ in world.rows()] == ["kept in the end"]
