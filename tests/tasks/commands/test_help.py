"""`ssh HOST help`: the pages that the chat shows, beside what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path

from chatd.testing import World, run
from tests.support import in_world
from tests.tasks.scripted import with_files


@in_world(shipped=True)
async def test_topics_are_listed_and_shown(world: World) -> None:
    listed = (await world.command("alice", "help")).output
    assert "scripting" in listed and all(len(line) <= 78 for line in listed.splitlines()[-4:])
    page = await world.command("alice", "help scripting")
    assert "chatd guide" in page.output, "nobody would find out that scripts can be tested"
    assert page.output.startswith("# Writing scripts\n") and "tools.kv_set" in page.output and page.exit_status == 0
    assert (await world.command("alice", "help KEYS")).output.startswith("# ")
    assert (await world.command("alice", "help no-such")).exit_status == 64
    assert (await world.command("alice", "help ../init")).exit_status == 64


def test_a_commands_usage_comes_before_its_page_and_the_overlay_first(tmp_path: Path) -> None:
    (tmp_path / "help").mkdir()
    (tmp_path / "help" / "search.md").write_text("Look \x1b[2Jaround.")
    (tmp_path / "help" / "poll.md").write_text("# Polls")

    async def main() -> None:
        async with World.open(scripts=with_files(tmp_path, mine="")) as world:
            page = (await world.command("alice", "help search")).output
            assert page.startswith("usage: search") and page.endswith("\n\nLook \u241b[2Jaround.\n")
            assert (await world.command("alice", "help poll")).output == "# Polls\n"
            assert (await world.command("alice", "help say")).output.startswith("usage: say")

    run(main)
