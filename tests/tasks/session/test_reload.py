"""Saved files come alive in running sessions; whatever is in them, no session is broken by it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
import trio

from chatd.adapters.lua.scripts import LuaScripts
from chatd.core.tool import ToolSpec
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.tasks.scripts.runner import CallEnded, Caller, Runner
from chatd.testing import MemoryTerminal, World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import PLAIN

FIRST = """
local plain = on_line
function on_line(text)
  if text == "which" then return tools.say("the first") end
  if text == "wait" then local r = tools.call("slow", {}) return tools.say("waited " .. tostring(r.result)) end
  plain(text)
end
function on_stop() tools.kv_set("session.stopped", (tools.kv_get("session.stopped") or 0) + 1) end
"""
SECOND = """
local plain = on_line
function on_line(text)
  if text == "which" then return tools.say("the second, stopped " .. tostring(tools.kv_get("session.stopped"))) end
  plain(text)
end
function on_start() tools.notify("reloaded " .. tostring(tools.session().reloaded)) end
function on_room(room) tools.say("in " .. room.name) end
"""

Talk = Callable[[World, Path], Awaitable[None]]


def converse(tmp_path: Path, talk: Talk, first: str = FIRST) -> None:
    shipped, overlay = tmp_path / "shipped", tmp_path / "mine"
    shutil.copytree(PLAIN, shipped)
    overlay.mkdir()
    if first:
        (overlay / "mine.lua").write_text(first)

    async def main() -> None:
        scripts = LuaScripts(shipped, overlay, instructions=400_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            await talk(world, overlay)

    run(main)


async def which(world: World, person: MemoryTerminal) -> str:
    person.types("which\r")
    await world.settle()
    return world.rows()[-1][1]


def test_a_saved_file_is_alive_within_two_seconds(tmp_path: Path) -> None:
    async def talk(world: World, overlay: Path) -> None:
        alice, bob = await world.join("alice", size=(120, 24)), await world.lines("bob")
        assert await which(world, alice) == "the first"
        alice.types("half a li")
        (overlay / "mine.lua").write_text(SECOND)
        await world.settle(2)
        assert [text for _, text, _ in world.rows()[1:]] == ["in lobby", "in lobby"]
        assert "reloaded true" in alice.screen and "* reloaded true" in bob.output
        assert await which(world, alice) == "the second, stopped 1"
        carol = await world.lines("carol")
        assert "* reloaded false" in carol.output

    converse(tmp_path, talk)


def test_files_may_come_and_go_in_either_directory(tmp_path: Path) -> None:
    async def talk(world: World, overlay: Path) -> None:
        alice = await world.join("alice", size=(120, 24))
        assert await which(world, alice) == "which"
        (overlay / "late.lua").write_text(FIRST)
        await world.settle(2)
        assert await which(world, alice) == "the first"
        (overlay / "late.lua").unlink()
        await world.settle(2)
        assert await which(world, alice) == "which"
        init = overlay.parent / "shipped" / "init.lua"
        init.write_text(init.read_text() + "\nlocal old = on_line function on_line(t) old(t .. ' indeed') end")
        await world.settle(2)
        assert await which(world, alice) == "which indeed"

    converse(tmp_path, talk, first="")


TICKS = """
function on_start()
  tools.every(0.5, function() tools.say("old") end)
  tools.after(5, function() tools.say("late") end)
end
"""
TOCKS = """
function on_start() for _, word in ipairs{"new", "also new"} do tools.after(20, function() tools.say(word) end) end end
"""


def test_timers_end_with_the_scripts_that_began_them(tmp_path: Path) -> None:
    """Also where timers of the new scripts have the same numbers: nothing rings them early."""

    async def talk(world: World, overlay: Path) -> None:
        await world.join("alice")
        await world.settle(1)
        assert {text for _, text, _ in world.rows()} == {"old"}
        (overlay / "mine.lua").write_text(TOCKS)
        await world.settle(2)
        before = len(world.rows())
        await world.settle(15)
        assert len(world.rows()) == before
        await world.settle(6)
        assert [text for _, text, _ in world.rows()[before:]] == ["new", "also new"]

    converse(tmp_path, talk, TICKS)


BROKEN = [
    ("mine", b"this is no lua", "mine.lua:1: "),
    ("mine", b"\n\nerror('at the third line')", "mine.lua:3: at the third line"),
    ("mine", b"while true do end", "mine.lua:1: stopped after"),
    ("mine", b"local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) end", "mine.lua"),
    ("mine", b"\x1bLua\x00\xff\xfe", "mine.lua"),
    ("mine", b"\x00" * 300_000, "mine.lua: the file has 300000 bytes"),
    ("mine", b"require 'mine'", "in a circle"),
    ("mine", b"require 'nowhere'", "mine.lua:1: module 'nowhere'"),
    ("mine", b"tools.mention('bot', 'hi') tools.say('x') tools.after(1, print) error('late')", "mine.lua:1: late"),
    ("mine", b"tools.call('slow', {})", "a file cannot wait while it is run"),
    ("init", b"error('no interface')", "init.lua:1: no interface"),
]


@pytest.mark.parametrize(("name", "text", "told"), BROKEN, ids=[told for _, _, told in BROKEN])
def test_a_broken_file_leaves_the_old_one_running_and_names_its_line(
    tmp_path: Path, name: str, text: bytes, told: str
) -> None:
    async def talk(world: World, overlay: Path) -> None:
        world.model("bot")
        alice = await world.join("alice", size=(300, 24))
        before = (overlay / "mine.lua").read_bytes()
        (overlay / f"{name}.lua").write_bytes(text)
        await world.settle(2)
        assert "the changed scripts are broken, the old ones go on: " in alice.screen and told in alice.screen
        assert await which(world, alice) == "the first" and len(world.rows()) == 1
        assert not world.hub.answers.running
        (overlay / "mine.lua").write_bytes(before + b"\n")
        (overlay / "init.lua").unlink(missing_ok=True)
        await world.settle(2)
        assert await which(world, alice) == "the first"

    converse(tmp_path, talk)


def test_a_missing_init_leaves_everybody_as_they_are_until_it_is_back(tmp_path: Path) -> None:
    async def talk(world: World, overlay: Path) -> None:
        alice = await world.join("alice", size=(120, 24))
        init = overlay.parent / "shipped" / "init.lua"
        text = init.read_text()
        init.unlink()
        await world.settle(2)
        assert "module 'init' is not among the interface's files" in alice.screen
        bob = await world.join("bob")
        assert bob.exit_status == 70
        init.write_text(text)
        await world.settle(2)
        assert await which(world, alice) == "the first"
        assert (await world.join("bob")).exit_status is None

    converse(tmp_path, talk)


def test_whatever_the_files_hold_no_session_is_lost(tmp_path: Path) -> None:
    """Any bytes, in any of three files, saved at any moment."""
    draw = random.Random(7)
    pieces = [FIRST.encode(), SECOND.encode(), b"require 'other'", b"function on_key() error('x') end", b"on_line = 7",
              b"\xff\x00\xfe", b"", b"return", b"for", b"on_frame = nil", b"tools = nil", b"require = nil",
              b"function on_stop() while true do end end", b"tools.every(0.05, function() no() end)"]  # fmt: skip

    async def talk(world: World, overlay: Path) -> None:
        alice, bob = await world.join("alice"), await world.lines("bob")
        for _ in range(40):
            (overlay / f"{draw.choice(['mine', 'other', 'zebra'])}.lua").write_bytes(
                b"\n".join(draw.sample(pieces, draw.randint(0, 3)))
            )
            alice.types("hello\r")
            await trio.sleep(draw.random() * 3)
        for name in ("mine", "other", "zebra"):
            (overlay / f"{name}.lua").unlink(missing_ok=True)
        await world.settle(3)
        assert not alice.ended.is_set() and not bob.ended.is_set()
        alice.types("\rstill here\r")
        await world.settle()
        assert world.rows()[-1][1].endswith("still here")

    converse(tmp_path, talk)


def test_what_the_old_one_waited_for_is_nothing_to_the_new_one(tmp_path: Path) -> None:
    async def talk(world: World, overlay: Path) -> None:
        ended: list[str] = []

        async def slow(_: Arguments, __: ToolContext) -> str:
            try:
                await trio.sleep(20)
            finally:
                ended.append("ended")
            return "done"

        world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes its time", {"type": "object"}), slow))
        alice = await world.join("alice", size=(120, 24))
        alice.types("wait\r")
        await world.settle(1)
        (overlay / "mine.lua").write_text(FIRST + "\n-- the same again")
        await world.settle(2)
        assert ended == ["ended"]
        alice.types("wait\r")
        await world.settle(1)
        (tell,) = world.hub.notices.sessions("alice")
        late = CallEnded(
            1, True, {"success": True, "result": "of the old one"}, runner=cast(Runner, object()), caller=Caller()
        )
        tell.__self__.inbox.put_now(late)  # type: ignore[attr-defined]
        await world.settle(21)
        assert [text for _, text, _ in world.rows()] == ["waited done"]

    converse(tmp_path, talk)


def test_an_answer_and_who_reads_it_live_through_it(tmp_path: Path) -> None:
    async def talk(world: World, overlay: Path) -> None:
        bot = world.model("bot").says("so ")
        alice = await world.join("alice", size=(120, 24))
        alice.types("@bot go\r")
        await world.settle()
        (overlay / "mine.lua").write_text(FIRST + "\n")
        await world.settle(2)
        bot.says("far").ends()
        await world.settle()
        assert "bot so far" in alice.screen and world.rows()[-1] == ("bot", "so far", "complete")

    converse(tmp_path, talk)


def test_saved_a_thousand_times_a_second_it_is_read_once_a_second_at_most(tmp_path: Path) -> None:
    async def talk(world: World, overlay: Path) -> None:
        alice = await world.lines("alice")
        for i in range(100):
            (overlay / "mine.lua").write_text(SECOND + f"-- {i}")
            await trio.sleep(0.05)
        await world.settle(2)
        assert 4 <= alice.output.count("reloaded true") <= 6

    converse(tmp_path, talk)


@pytest.mark.parametrize("end", ["quit", "hang up", "stop"])
def test_on_stop_runs_however_a_session_ends_and_cannot_wait(tmp_path: Path, end: str) -> None:
    script = """
    function on_stop()
      tools.say("last words")
      tools.mention("bot", "never asked")
      tools.call("calculate", {expression = "1"})
    end
    """

    async def talk(world: World, overlay: Path) -> None:
        world.model("bot")
        alice = await world.join("alice", size=(120, 24))
        match end:
            case "quit":
                alice.types("/quit\r")
            case "hang up":
                alice.hangs_up()
            case _:
                world.hub.stop(trio.current_time() + 2)
        await alice.ended.wait()
        await world.settle()
        assert world.rows() == [("alice", "last words", "complete")] and not world.hub.answers.running

    converse(tmp_path, talk, first=script)


def test_on_stop_in_a_loop_delays_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(world: World, overlay: Path) -> None:
        alice = await world.join("alice")
        alice.types("/quit\r")
        await world.settle()
        assert alice.exit_status == 0
        assert "script error in on_stop: mine.lua:1: stopped after" in caplog.text

    converse(tmp_path, talk, first="function on_stop() while true do end end")
