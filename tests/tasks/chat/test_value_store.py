"""Values kept for members: over logins and kills, shared by their sessions, and never at the cost of anybody's time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from chatd.adapters.sqlite.database import MEMORY
from chatd.core.visit import Visit
from chatd.tasks.chat import value_store as kept
from chatd.testing import Disk, World, run
from tests.tasks.scripted import with_files

SCRIPT = """
local plain = on_line
function on_line(text)
  local key, value = text:match("^set (%S+) (.*)")
  if key then return tools.kv_set(key, load("return " .. value)()) end
  key = text:match("^get (%S+)")
  if key then
    local found = tools.kv_get(key)
    if type(found) == "table" then found = table.concat(found, "+") end
    return tools.notify(key .. "=" .. tostring(found))
  end
  plain(text)
end
function on_start()
  tools.notify(tools.session().notice)
  if tools.kv_get("greeting") then tools.notify("greeted " .. tools.kv_get("greeting")) end
end
function on_stop() if tools.kv_get("draft") then tools.kv_set("draft", tools.kv_get("draft") .. "!") end end
"""

Talk = Callable[[World], Awaitable[None]]


def converse(tmp_path: Path, *talks: Talk, script: str = SCRIPT, **options: Any) -> None:
    """One server after the other on one database."""
    database = tmp_path / "db" if len(talks) > 1 else MEMORY

    async def main(talk: Talk) -> None:
        async with World.open(scripts=with_files(tmp_path, mine=script), database=database, **options) as world:
            await talk(world)

    for talk in talks:
        run(main, talk)


async def say(world: World, who: str, *lines: str) -> str:
    """One session in line mode; what it printed."""
    terminal = world.connect(Visit(world.visitor(who)))
    await world.settle()
    for line in lines:
        terminal.sends(f"{line}\n".encode())
        await world.settle()
    terminal.ends_input()
    await terminal.ended.wait()
    return terminal.output


def test_a_members_values_are_there_at_the_next_login_and_after_a_restart(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        await say(world, "alice", 'set greeting "hé"', "set list {1, 2.5, true}", "set gone 1", "set gone nil")
        assert "* greeting=hé" in await say(world, "alice", "get greeting")

    async def second(world: World) -> None:
        told = await say(world, "alice", "get greeting", "get gone")
        assert "* greeted hé" in told and "* greeting=hé" in told and "* gone=nil" in told
        assert "* greeting=nil" in await say(world, "bob", "get greeting")

    converse(tmp_path, first, second)


def test_all_sessions_of_a_person_share_them_and_the_last_write_wins(tmp_path: Path) -> None:
    async def conversation(world: World) -> None:
        here, there = await world.lines("alice"), await world.lines("alice")
        here.sends(b"set x 1\n")
        await world.settle(0.1)
        there.sends(b"get x\nset x 2\n")
        await world.settle(0.1)
        here.sends(b"get x\n")
        await world.settle(2)
        assert "* x=1" in there.output and "* x=2" in here.output
        assert world.database.writer.execute("SELECT key, value FROM kept").fetchall() == [("x", "2")]

    converse(tmp_path, conversation)


def test_a_guests_values_and_those_of_a_session_die_with_it(tmp_path: Path) -> None:
    async def conversation(world: World) -> None:
        assert "* x=1" in await say(world, "guest-eve", "set x 1", "get x")
        assert "* x=nil" in await say(world, "guest-eve", "get x")
        assert "* session.x=1" in await say(world, "alice", "set session.x 1", "get session.x")
        assert "* session.x=nil" in await say(world, "alice", "get session.x")
        assert world.database.writer.execute("SELECT count(*) FROM kept").fetchone() == (0,)

    converse(tmp_path, conversation)


def test_many_changes_make_few_writes(tmp_path: Path) -> None:
    async def conversation(world: World) -> None:
        writes: list[int] = []
        keep = world.directory.keep

        async def counted(changes: Any) -> None:
            writes.append(len(changes))
            await keep(changes)

        world.directory.keep = counted  # type: ignore[method-assign]
        alice = await world.lines("alice")
        for i in range(100):
            alice.sends(f"set x {i}\nset y {i}\n".encode())
            await trio.sleep(0.03)
        await world.settle(2)
        assert 2 <= len(writes) <= 5 and set(writes) == {2}
        assert ("x", "99") in world.database.writer.execute("SELECT key, value FROM kept").fetchall()

    converse(tmp_path, conversation)


def test_too_much_is_said_aloud(tmp_path: Path) -> None:
    async def conversation(world: World) -> None:
        told = await say(world, "alice", 'set x ("x"):rep(16384)', 'set x ("x"):rep(16382)', "get x")
        assert "kv_set: 'x' is 16386 bytes, the limit is 16384 bytes" in told.replace("\n  ", " ")
        assert "* x=xxxx" in told
        assert "cannot be kept" in await say(world, "alice", "set x 0/0")

    converse(tmp_path, conversation)


def test_a_failing_disk_loses_nothing_and_holds_nobody_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def conversation(world: World) -> None:
        await say(world, "alice", "set y 0")
        await world.settle(2)
        world.disk.becomes_read_only()
        began = trio.current_time()
        await say(world, "alice", "set x 1")
        await say(world, "alice", "set y 1")  # she has left in between: memory alone has it
        assert trio.current_time() - began < 5
        await world.settle(20)
        assert "* x=1" in await say(world, "alice", "get x") and world.hub.stored.debt == 2
        world.disk.works_again()
        await world.settle(10)
        assert world.hub.stored.debt == 0

    async def later(world: World) -> None:
        told = await say(world, "alice", "get x", "get y")
        assert "* x=1" in told and "* y=1" in told

    converse(tmp_path, conversation, later)
    told = [record.message for record in caplog.records if record.name == "chatd.kept"]
    assert len(told) == 2 and "is not on disk yet" in told[0] and "on disk again" in told[1]


def test_who_begins_while_the_disk_cannot_be_read_waits_a_little_and_finds_the_rest_later(tmp_path: Path) -> None:
    disk = Disk()

    async def first(world: World) -> None:
        await say(world, "alice", 'set a "old"', 'set b "old"')

    async def second(world: World) -> None:
        read = world.directory.kept

        async def hangs(name: str) -> dict[str, str]:
            await trio.sleep(3600)
            return {}

        world.directory.kept = hangs  # type: ignore[method-assign]
        began = trio.current_time()
        early = await world.lines("alice")
        await world.settle(kept.PATIENCE_S)
        assert "your settings could not be read" in early.output
        early.sends(b'set a "new"\nget b\n')
        await world.settle()
        assert "* b=nil" in early.output and trio.current_time() - began < 6
        world.directory.kept = read  # type: ignore[method-assign]
        told = await say(world, "alice", "get a", "get b")
        assert "* a=new" in told and "* b=old" in told

    converse(tmp_path, first, second, disk=disk)


def test_what_is_kept_in_the_last_moment_is_written_before_the_server_ends(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        alice, bob = await world.lines("alice"), await world.lines("bob")
        alice.sends(b'set draft "a"\n')
        bob.sends(b'set draft "b"\n')
        await world.settle()
        bob.hangs_up()
        await bob.ended.wait()

    async def second(world: World) -> None:
        assert "* draft=a!" in await say(world, "alice", "get draft")
        assert "* draft=b!" in await say(world, "bob", "get draft")

    converse(tmp_path, first, second)


def test_a_name_that_could_not_be_registered_keeps_its_values_all_the_same(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        world.disk.becomes_read_only()
        await say(world, "alice", "set x 1")
        world.disk.works_again()
        await world.settle(10)

    async def second(world: World) -> None:
        assert "* x=1" in await say(world, "alice", "get x")

    converse(tmp_path, first, second)


def test_on_a_dead_disk_the_values_of_those_who_left_first_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MAX_ABANDONED", 3)

    async def conversation(world: World) -> None:
        world.disk.becomes_read_only()
        for i in range(6):
            await say(world, f"p{i}", "set x 1")
        await world.settle(5)
        assert 3 <= world.hub.stored.debt <= 4
        world.disk.works_again()
        await world.settle(20)

    converse(tmp_path, conversation)


def test_a_value_that_cannot_be_written_takes_no_others_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation(world: World) -> None:
        keep = world.directory.keep

        async def picky(changes: Any) -> None:
            if any(key == "poison" for _, key, _ in changes):
                raise ValueError("no")
            await keep(changes)

        world.directory.keep = picky  # type: ignore[method-assign]
        alice = await world.lines("alice")
        alice.sends(b"set x 1\nset poison 2\nset y 3\n")
        await world.settle(3)
        found = world.database.writer.execute("SELECT key, value FROM kept ORDER BY key").fetchall()
        assert found == [("x", "1"), ("y", "3")]

    converse(tmp_path, conversation)
    assert "the value 'poison' of alice could not be kept" in caplog.text
