from pathlib import Path

from hypothesis import given, settings

from chatd.config import Config, LuaConfig
from chatd.testing import World, run, strategies
from chatd.testing.play import play
from chatd.testing.program import Program

LUA = LuaConfig(path=Path(__file__).parent / "lua_command")


@settings(deadline=None, max_examples=10)
@given(strategies.programs(("alice", "bob"), max_acts=15))
def test_a_poll_is_seen_whatever_people_did_before(program: Program) -> None:
    async def main() -> None:
        async with World.open(Config(lua=LUA)) as world:
            await play(world, program)
            world.disk.works_again()
            await world.settle(10)
            asker, viewer = await world.join("carol"), await world.join("dave")
            asker.types("/poll tea or coffee?\r")
            await world.settle(10)
            assert "POLL: tea or coffee?" in viewer.screen

    run(main, seed=program.seed, mode="pct")
