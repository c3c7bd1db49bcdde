"""Actors in Lua answer like models, under names that are nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatd.core.stream import Done, Failed, StreamEvent
from chatd.errors import Exit
from chatd.testing import World
from tests.tasks.scripted import call, in_script


async def ask(world: World, name: str, text: str) -> tuple[list[StreamEvent], Done | Failed]:
    heard: list[StreamEvent] = []
    return heard, await world.hub.answers.router.stream_ask(name, "inference", text, on_chunk=heard.append)


@in_script()
async def test_an_actor_answers_like_a_model_under_any_spelling_of_its_name(world: World) -> None:
    alice = await world.join("alice")
    for line in ("@parrot hello world", "@PARROT again", "@counts four"):
        alice.types(f"{line}\r")
        await world.settle()
    assert [row for row in world.rows() if row[0] != "alice"] == [
        ("parrot", "hello! world! ", "complete"), ("parrot", "again! ", "complete"), ("counts", "4", "complete"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "output", "errors", "status"),
    [
        ("@fails now", "", "chatd: fails: mine.lua:18: oh no\n", Exit.FAILED),
        ("@fails late", "half\n", "chatd: fails: mine.lua:18: oh no\n", Exit.FAILED),
        ("@silent hi", "", "chatd: silent: gave an empty answer\n", Exit.FAILED),
        ("@parrot hi", "hi! \n", "", Exit.OK),
    ],
)
def test_how_an_actor_ends_is_what_ask_ends_in(
    question: str, output: str, errors: str, status: Exit, tmp_path: Path
) -> None:
    @in_script()
    async def conversation(world: World) -> None:
        asked = await world.command("alice", f"ask {question}")
        assert (asked.output, asked.errors, asked.exit_status) == (output, errors, status)

    conversation(tmp_path)


@in_script(
    mine="""
function on_start()
  local ok, problem = pcall(tools.actor, {name="mallory", run=function() end})
  tools.define{name="result", description="d", run=function() return tostring(ok) .. " " .. tostring(problem) end}
end
"""
)
async def test_on_start_may_define_too(world: World) -> None:
    assert (await call(world, "result")).content == "true nil"
    assert world.hub.models.named("mallory") is not None


@in_script(
    mine="""
tools.define{name="claim", description="d", run=function()
  local ok, problem = pcall(tools.actor, {name="alice", run=function() end})
  return tostring(ok) .. " " .. tostring(problem)
end}
"""
)
async def test_a_persons_name_is_not_to_be_had(world: World) -> None:
    await world.join("alice")
    assert "false" in (await call(world, "claim")).content
    assert "the name 'alice' is taken" in (await call(world, "claim")).content
    assert "alice" not in world.hub.models
