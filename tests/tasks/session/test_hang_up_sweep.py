"""Hang up at every step of a session that changes its name, its scripts and its topic: nothing is left open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua.scripts import LuaScripts
from chatd.testing import Disk, Mode, World
from chatd.testing import run as run_world
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import PLAIN

SCRIPT = """
local plain = on_line
function on_line(text)
  local command, rest = text:match("^/(%a+) (.*)")
  if command == "nick" then tools.nick(rest)
  elseif command == "topic" then tools.topic(rest)
  elseif command == "keep" then tools.kv_set("kept", rest)
  else plain(text) end
end
tools.every(0.05, function() tools.mark_dirty("chat") end)
function on_stop() tools.kv_set("last", tools.session().name) end
"""

STEPS = 600
"""More than this life has; the sweep ends by itself when the hang-up comes after the end."""


class AtStep(trio.abc.Instrument):
    """Does something at the k-th step of a session's tasks from the time it is armed."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.act: Callable[[], object] | None = None
        self.done = False

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count the session's steps."""
        if self.act is None:
            return
        while not task.name.startswith("session "):
            if task.parent_nursery is None:
                return
            task = task.parent_nursery.parent_task
        if self._left == 0:
            self.done = True
            self.act()
        self._left -= 1


def lives_through(tmp_path: Path, mode: Mode, step: int) -> bool:
    """One life, ended at that step; returns whether it was still alive then."""
    instrument = AtStep(step)
    (tmp_path / "mine.lua").write_text(SCRIPT)

    async def main() -> None:
        scripts = LuaScripts(PLAIN, tmp_path, instructions=300_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts, seed=step, disk=Disk(lambda: 0.002)) as world:
            alice = await world.join("alice")
            instrument.act = alice.hangs_up
            alice.types("/keep x\r/join den\r/leave\r/nick ali\rtyped ahead\r/topic new\r")
            await trio.sleep(0.3)
            world.hub.script_watch.bells.ring()
            await trio.sleep(0.2)
            if not alice.ended.is_set():
                alice.hangs_up()
            await world.settle(4)
            assert alice.ended.is_set() and not world.hub.stored._people and not world.hub.notices.subscribed
            for author, text, status in world.rows():
                assert status == "complete" and (author, text) in (
                    ("ali", "typed ahead"),
                    ("system", "ali set the topic: new"),
                )
            claimed = world.hub.names.is_member("ali")
            assert claimed == (("ali", "SHA256:alice") in await world.directory.keys())
            assert (await world.directory.kept("alice")).get("last", '"alice"') == '"alice"'
            settings = dict(world.database.writer.execute("SELECT name, value FROM room_settings"))
            assert settings == world.hub.lobby.get("lobby", "").settings

    run_world(main, seed=step, mode=mode, instruments=(instrument,))
    return instrument.done


@pytest.mark.parametrize("mode", [Mode.FIFO, Mode.SERIAL])
def test_at_every_step(tmp_path: Path, mode: Mode) -> None:
    steps = 0
    while steps < STEPS and lives_through(tmp_path, mode, steps):
        steps += 3
    assert 40 < steps < STEPS, f"the sweep covered {steps} steps"
