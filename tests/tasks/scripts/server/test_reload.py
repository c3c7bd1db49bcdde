"""The server's own runtime takes up changed files: its tools and actors come anew, and what ran in it gets an end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from chatd.core.stream import ToolResult
from chatd.core.tool import ToolSpec
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.testing import World, run
from tests.tasks.scripted import call, with_files

FIRST = """
tools.define{name="greet", description="greets", run=function() return "hello" end}
tools.define{name="old", description="is old", run=function() return "old" end}
tools.define{name="asks", description="waits", run=function(_, call)
  call.say("first ")
  return tools.call("slow", {}).result
end}
tools.actor{name="parrot", run=function(text) return text end}
"""
SECOND = """
tools.define{name="greet", description="greets", run=function() return "good day" end}
tools.actor{name="raven", run=function() return "nevermore" end}
"""

Talk = Callable[[World], Awaitable[None]]


def converse(tmp_path: Path, talk: Talk, script: str = FIRST) -> None:
    async def main() -> None:
        async with World.open(scripts=with_files(tmp_path, mine=script)) as world:
            await world.settle()
            await talk(world)

    run(main)


async def slow(_: Arguments, __: ToolContext) -> str:
    await trio.sleep(20)
    return "done"


def test_tools_and_actors_come_anew_and_old_ones_go(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        assert (await call(world, "greet")).content == "hello" and "parrot" in world.hub.models
        (tmp_path / "mine.lua").write_text(SECOND)
        await world.settle(2)
        assert (await call(world, "greet")).content == "good day"
        assert "there is no tool 'old'" in (await call(world, "old")).content
        assert "parrot" not in world.hub.models and "raven" in world.hub.models
        (tmp_path / "mine.lua").unlink()
        await world.settle(2)
        assert "there is no tool 'greet'" in (await call(world, "greet")).content and "raven" not in world.hub.models

    converse(tmp_path, talk)


@pytest.mark.parametrize(
    "broken", ['tools.define{name="greet", description="x", run=print} error("late")', "no lua", "while true do end"]
)
def test_broken_files_leave_what_there_is(tmp_path: Path, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(world: World) -> None:
        (tmp_path / "mine.lua").write_text(broken)
        await world.settle(2)
        assert (await call(world, "greet")).content == "hello" and "parrot" in world.hub.models
        assert "the old tools and actors stay: mine.lua:1: " in caplog.text
        (tmp_path / "mine.lua").write_text(SECOND)
        await world.settle(2)
        assert (await call(world, "greet")).content == "good day"

    converse(tmp_path, talk)


def test_an_interface_that_was_broken_at_the_start_comes_alive_when_it_is_mended(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        assert "there is no tool 'greet'" in (await call(world, "greet")).content
        (tmp_path / "mine.lua").write_text(FIRST)
        await world.settle(2)
        assert (await call(world, "greet")).content == "hello"

    converse(tmp_path, talk, "tools.define{name='greet', description='x', run=print} error('no')")


def test_what_runs_in_the_old_one_ends_with_the_reason(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes long", {"type": "object"}), slow))
        results: list[ToolResult] = []

        async def asks() -> None:
            results.append(await call(world, "asks"))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(asks)
            await world.settle()
            (tmp_path / "mine.lua").write_text(FIRST + "\n")
            await world.settle(2)
            assert len(results) == 3
            assert all(result.content.endswith("the scripts were reloaded") for result in results)
        assert (await call(world, "asks")).content == "first done"

    converse(tmp_path, talk)


def test_an_actor_in_mid_answer_keeps_what_it_said(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes long", {"type": "object"}), slow))
        alice = await world.join("alice")
        alice.types("@talker hi\r")
        await world.settle()
        (tmp_path / "mine.lua").write_text(SECOND)
        await world.settle(2)
        assert world.rows()[1] == ("talker", "so far", "failed")
        assert "the scripts were reloaded" in world.rows()[2][1]

    converse(
        tmp_path, talk,
        'tools.actor{name="talker", run=function(_, call) call.say("so far") tools.call("slow", {}) end}',
    )  # fmt: skip


def test_timers_and_on_stop_are_there_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def talk(world: World) -> None:
        await world.settle(2.2)
        assert caplog.text.count("it ticks") == 2
        (tmp_path / "mine.lua").unlink()
        await world.settle(5)
        assert caplog.text.count("it ticks") in (3, 4) and caplog.text.count("it stops") == 1

    converse(
        tmp_path, talk,
        """
        if tools.session().mode == "server" then
          tools.every(1, function() tools.log("info", "it ticks") end)
          function on_stop() tools.log("info", "it stops") end
        end
        """,
    )  # fmt: skip
