"""Whole servers whose sessions share states: no world is another one for it, and a saved file reaches everybody."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.adapters.lua import LuaScripts, state_pool
from chatd.testing import World, run
from chatd.testing.schedule import Mode
from chatd.testing.simulation import swarm
from chatd.testing.simulation.simulate import simulate
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import PLAIN


@pytest.mark.parametrize("seed", range(1, 5))
def test_no_world_shows_who_shares_a_state_with_whom(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step and byte by byte it is the world in which each session has a state for itself."""
    shipped = replace(swarm.SETTINGS, lua=replace(swarm.SETTINGS.lua, path=None))
    monkeypatch.setattr(swarm, "SETTINGS", shipped)
    lived = []
    for sessions in (1, 3, state_pool.SESSIONS):
        monkeypatch.setattr(state_pool, "SESSIONS", sessions)
        lived.append(simulate(seed, Mode.SHUFFLE))
    assert [world.broken for world in lived] == [None] * 3
    assert len({world.digest for world in lived}) == 1


def test_a_file_that_was_saved_is_alive_in_every_session(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shutil.copytree(PLAIN, shipped)
    first = (shipped / "init.lua").read_text()

    async def main() -> None:
        scripts = LuaScripts(shipped, None, instructions=400_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            people = [await world.join(name) for name in ("alice", "bob", "carol")]
            await world.settle(2)
            (shipped / "init.lua").write_text(first.replace("tools.say(text)", "tools.say('saved: ' .. text)"))
            await world.settle(2)
            for person in (*people, await world.join("dave")):
                person.types("hello\r")
                await world.settle()
            assert [text for author, text, _ in world.rows() if author != "*"][-4:] == ["saved: hello"] * 4

    run(main)
