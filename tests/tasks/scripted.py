"""A world with an interface of the test's own files, and tools and actors in Lua to try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chatd.adapters.lua.scripts import LuaScripts
from chatd.core.stream import ToolCall, ToolResult
from chatd.ports import ToolContext
from chatd.testing import World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import PLAIN, Conversation

TOOLS = """
tools.define{name="shout", description="shouts", parameters={type="object", properties={text={type="string"}}},
  run=function(a, call) call.say("I say: ") return a.text:upper() .. " for " .. call.asker end}
tools.define{name="back", description="gives back", parameters={}, run=function(a) return a.value end}
tools.define{name="nothing", description="says nothing", parameters={type="object", properties={}, required={}},
  run=function() end}
tools.define{name="bad", description="fails", run=function() error("oh no") end}
tools.define{name="odd", description="fails oddly", run=function() error({}) end}
tools.define{name="loop", description="loops", run=function() while true do end end}
tools.define{name="endless", description="talks", run=function(_, call) while true do call.say(("x"):rep(9999)) end end}
tools.define{name="asks", description="has another tool run", run=function(a, call)
  call.say("first ")
  local r = tools.call(a.tool, {})
  return tostring(r.success) .. ": " .. (r.result or r.error) .. " after"
end}
tools.actor{name="Parrot", run=function(text, call) for w in text:gmatch("%S+") do call.say(w .. "! ") end end}
tools.actor{name="counts", run=function(text) return #text end}
tools.actor{name="fails", run=function(text, call) if text == "late" then call.say("half") end error("oh no") end}
tools.actor{name="silent", run=function() end}
"""


def with_files(directory: Path, /, **files: str) -> LuaScripts:
    for name, text in files.items():
        (directory / f"{name}.lua").write_text(text)
    return LuaScripts(PLAIN, directory, instructions=400_000, memory=8 << 20, seconds=SCRIPT_SECONDS)


async def call(world: World, tool: str, arguments: str = "{}") -> ToolResult:
    """Run a tool as a model of alice's would."""

    async def ignore(_: str) -> None:
        pass

    context = ToolContext("lobby", "", "alice", "m")
    return await world.hub.answers.router.tools.run(ToolCall("c", tool, arguments), context, on_output=ignore)


def in_script(**files: str) -> Callable[[Conversation], Callable[[Path], None]]:
    """Make a test of a conversation in a world whose interface has these files beside the plain one."""

    def decorate(conversation: Conversation) -> Callable[[Path], None]:
        def test(tmp_path: Path) -> None:
            async def main() -> None:
                async with World.open(scripts=with_files(tmp_path, **(files or {"mine": TOOLS}))) as world:
                    await world.settle()
                    await conversation(world)

            run(main)

        return test

    return decorate
