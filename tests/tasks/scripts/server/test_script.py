"""Tools in Lua: run once for all, on one task, and whatever they do the server and the asker get an end."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from chatd.core.stream import ToolResult
from chatd.core.tool import ToolSpec
from chatd.errors import Exit
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.testing import World
from tests.tasks.scripted import TOOLS, call, in_script


@in_script()
async def test_what_a_tool_says_and_returns_is_its_output(world: World) -> None:
    assert (await call(world, "shout", '{"text": "hey"}')).content == "I say: HEY for alice"


@pytest.mark.parametrize(
    ("value", "output"),
    [('"x"', "x"), ("42", "42"), ("1.5", "1.5"), ("true", "true"), ("null", "(no output)"), ('""', "(no output)"),
     ('{"a": [1, "é"]}', '{"a": [1, "é"]}')],
)  # fmt: skip
def test_whatever_is_returned_is_said_as_text_or_json(value: str, output: str, tmp_path: Path) -> None:
    @in_script()
    async def conversation(world: World) -> None:
        assert (await call(world, "back", f'{{"value": {value}}}')).content == output

    conversation(tmp_path)


@in_script()
async def test_a_tool_without_parameters_takes_an_empty_object(world: World) -> None:
    assert (await call(world, "nothing")).content == "(no output)"


@in_script()
async def test_what_goes_wrong_is_told_with_file_and_line(world: World) -> None:
    contents = [(await call(world, tool)).content for tool in ("bad", "odd", "loop", "endless")]
    assert contents[0] == "bad failed: mine.lua:7: oh no"
    assert contents[1] == "odd failed: (the error is a table)"
    assert contents[2].startswith("loop failed: mine.lua:9: stopped after 400000 instructions")
    assert contents[3].endswith(" (cut at 16 KiB)")
    assert (await call(world, "shout", '{"text": "still"}')).content == "I say: STILL for alice"


@in_script()
async def test_a_tool_may_have_another_one_run_for_the_same_person(world: World) -> None:
    asked: list[str] = []

    async def slow(_: Arguments, context: ToolContext) -> str:
        asked.append(context.asker)
        await trio.sleep(1)
        return "done"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes a second", {"type": "object"}), slow))
    assert (await call(world, "asks", '{"tool": "slow"}')).content == "first true: done after"
    assert (await call(world, "asks", '{"tool": "nobody"}')).content.startswith(
        "first false: there is no tool 'nobody'"
    )
    assert asked == ["alice"]


@in_script()
async def test_many_run_at_once_and_each_gets_an_end(world: World) -> None:
    """More than can be suspended at once, and more than may wait: those are refused, and nothing is left over."""

    async def slow(_: Arguments, __: ToolContext) -> str:
        await trio.sleep(1)
        return "done"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes a second", {"type": "object"}), slow))
    results: list[ToolResult] = []

    async def one() -> None:
        results.append(await call(world, "asks", '{"tool": "slow"}'))

    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(one)
    good = [result for result in results if result.content == "first true: done after"]
    refused = [result for result in results if "calls of scripts wait already" in result.content]
    assert len(results) == 100 and len(good) == 16 and len(refused) >= 20
    assert (await call(world, "asks", '{"tool": "slow"}')).content == "first true: done after"


@in_script()
async def test_cancelling_stops_what_the_script_waits_for(world: World) -> None:
    ended: list[str] = []

    async def slow(_: Arguments, __: ToolContext) -> str:
        try:
            await trio.sleep(1000)
        finally:
            ended.append("stopped")
        return "done"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes long", {"type": "object"}), slow))
    world.model("bot").calls("asks", '{"tool": "slow"}').ends()
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle(5)
    assert world.rows()[-1] == ("asks", "first ", "open")
    alice.types("\x03")
    await world.settle()
    assert ended == ["stopped"] and world.rows()[-1][2] == "cancelled"
    assert (await call(world, "shout", '{"text": "still"}')).content == "I say: STILL for alice"


@in_script(mine=TOOLS + 'tools.define{name="shout", description="whispers", run=function() return "psst" end}')
async def test_the_last_definition_counts(world: World) -> None:
    assert (await call(world, "shout")).content == "psst"


@in_script(
    mine="""
    names = {}
    for _, name in ipairs{"offer", "run_say", "run_done", "on_run"} do names[#names+1] = tostring(tools[name]) end
    tools.define{name="there", description="what is there", run=function() return table.concat(names, " ") end}
    tools.define{name="person", description="needs one", run=function() return tools.say("hi") end}
"""
)
async def test_the_servers_own_functions_are_not_for_scripts_and_those_of_sessions_say_so(world: World) -> None:
    assert (await call(world, "there")).content == "nil nil nil nil"
    assert "there is no session here; say works in a session's scripts" in (await call(world, "person")).content


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ('tools.define("x")', "define: a table expected, got string"),
        ("tools.define{}", "define: name must be a string"),
        ('tools.define{name="x"}', "define: run must be a function"),
        ('tools.define{name="x", run=print}', "description must say what the tool does"),
        ('tools.define{name="a b", description="d", run=print}', "is no name for a tool"),
        ('tools.define{name="x", description="d", parameters=7, run=print}', "parameters must be a JSON Schema"),
        ('tools.define{name="x", description="d", parameters={type="wish"}, run=print}', "tool x: "),
        ('tools.actor{name="System", run=print}', "is no name for an actor"),
        ('tools.actor{name="a b", run=print}', "is no name for an actor"),
        ('tools.actor{name="eliza", run=print}', "the name 'eliza' is taken"),
    ],
)
def test_a_bad_definition_is_an_error_at_its_line_and_takes_nothing_with_it_but_scripts(
    definition: str, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    definition = definition.replace("print", "function() end")

    @in_script(a='tools.define{name="early", description="d", run=function() end}', b=f"\n{definition}")
    async def conversation(world: World) -> None:
        assert (await call(world, "early")).content.startswith("there is no tool 'early'"), "nobody would run it"
        alice = await world.join("alice")
        alice.types("@echo hello\r")
        await world.settle()
        assert world.rows()[-1] == ("echo", "hello", "complete")

    conversation(tmp_path)
    (line,) = [record.message for record in caplog.records if record.name == "chatd.script"]
    assert line.startswith("no tools or actors from scripts: b.lua:2: ") and reason in line


def test_a_broken_interface_is_told_to_those_who_come_and_the_server_lives(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @in_script(a='tools.actor{name="early", run=function() end}', b="this is no Lua")
    async def conversation(world: World) -> None:
        alice = await world.lines("alice")
        assert "b.lua:1:" in alice.output + alice.errors
        assert (await world.command("alice", "ask @echo hello")).output == "hello\n"
        assert (await world.command("alice", "ask @early hello")).exit_status == Exit.UNAVAILABLE

    conversation(tmp_path)
    assert "no tools or actors from scripts: b.lua:1:" in caplog.text


@in_script(
    mine=TOOLS
    + """
local before = on_line
function on_line(text)
  local said = text:match("^/shout (.*)")
  if not said then return before(text) end
  local result = tools.call("shout", {text=said})
  tools.notify(result.success and result.result or result.error)
end
"""
)
async def test_a_session_has_tools_run_for_its_person(world: World) -> None:
    bob = await world.join("bob")
    bob.types("/shout hey\r")
    await world.settle()
    assert "I say: HEY for bob" in bob.screen.text
