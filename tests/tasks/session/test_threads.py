"""Sessions whose scripts have threads of their own are as those whose scripts are run by the loop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua import LuaScripts, StallBudget
from chatd.config import Config, shipped_lua
from chatd.testing import Mode, World
from chatd.testing.simulation import simulate
from chatd.testing.simulation.editions import EditedScripts

AT_ONCE, NEVER = StallBudget(0.0), StallBudget(3600.0, bounded=False)
"""When the loop leaves a script to itself."""

SLOW = """
local plain = on_key
function on_key(key, text, size)
  if key == "F5" then while true do end end
  return plain(key, text, size)
end
require "commands.registry".add {
  name = "fox", help = "waits",
  run = function()
    tools.call("nothing", {})
    tools.say("the fox is back")
  end,
}
"""


@pytest.mark.parametrize("seed", range(5))
def test_a_world_is_the_same_with_threads(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["chatd.testing.simulation.simulate"]
    inline, original = simulate(seed, Mode.SHUFFLE), module.EditedScripts

    def threaded(settings: Config, *, own: bool = False) -> EditedScripts:
        scripts = original(settings, own=own)
        assert isinstance(scripts, EditedScripts)
        monkeypatch.setattr(scripts, "_patience", NEVER)
        return scripts

    monkeypatch.setattr(module, "EditedScripts", threaded)
    assert simulate(seed, Mode.SHUFFLE) == inline
    assert inline.broken is None


def test_a_conversation_in_which_the_loop_never_stands_still(tmp_path: Path) -> None:
    (tmp_path / "mine.lua").write_text(SLOW)

    async def main() -> None:
        scripts = LuaScripts(shipped_lua(), tmp_path, instructions=400_000, memory=8 << 20, patience=AT_ONCE)
        async with World.open(scripts=scripts) as world:
            world.model("bot").says("the sky ", "is blue").ends()
            alice, bob = await world.join("alice"), await world.join("bob")
            alice.types("\x1b[15~").types("@bot why?\r")
            await world.until(lambda: "the sky is blue" in bob.screen.text)
            await world.until(lambda: "stopped after 400000 instructions" in alice.screen.text)
            bob.types("/fox\r")
            await world.until(lambda: "the fox is back" in alice.screen.text)
            alice.resizes(40, 12).types("half a wo")
            await world.until(lambda: "half a wo" in alice.screen.text)
            alice.hangs_up()
            await alice.ended.wait()
            again = await world.join("alice", size=(40, 12))
            await world.until(lambda: "half a wo" in again.screen.text)

    trio.run(main)
