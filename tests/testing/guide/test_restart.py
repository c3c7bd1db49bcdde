from pathlib import Path

from chatd.config import Config, LuaConfig
from chatd.testing import World, run

CONFIG = Config(lua=LuaConfig(path=Path(__file__).parent / "lua_kept"))


def test_a_motto_outlives_the_server(tmp_path: Path) -> None:
    async def main() -> None:
        async with World.open(CONFIG, database=tmp_path / "chatd.sqlite3") as world:
            alice = await world.join("alice")
            alice.types("/motto slow and steady\r")
            await world.settle()
        assert alice.exit_status is not None
        async with World.open(CONFIG, database=tmp_path / "chatd.sqlite3") as world:
            alice = await world.join("alice")
            alice.types("/motto\r")
            await world.settle()
            assert "your motto: slow and steady" in alice.screen

    run(main)
