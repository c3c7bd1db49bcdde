"""What holds in every world: each check sees what it is for, and nothing in a world that is well."""

from __future__ import annotations

import pytest

from chatd.testing import World
from chatd.testing.checks import (
    Broken,
    check_answered,
    check_committed,
    check_dense,
    check_recoverable,
    check_whole,
)
from tests.support import in_world

TOOL = "UPDATE rows SET content_method = 'tool.{}' WHERE author = 'alice'"
ENDED = "UPDATE rows SET content_method = 'message.system', mention_id = 'm'"
CUT = "UPDATE rows SET status = 'cancelled' WHERE author = 'bot'"

DAMAGE = {
    "UPDATE rows SET status = 'open' WHERE author = 'bot'": "every row is finished",
    "UPDATE rows SET finished_at = NULL WHERE author = 'alice'": "every row is finished",
    "INSERT INTO chunks VALUES ('r', 1, 'more')": "growth is joined",
    "INSERT INTO thoughts SELECT 'r', 0, id, '{}', 'hm', 'local' FROM buffers": "thoughts are with their rows",
    "INSERT INTO mentions SELECT 1, 'm', id, 'q', 'bot', 'alice', 'local' FROM buffers": (
        "mentions that have ended are off the record"
    ),
    "UPDATE buffers SET seq = seq + 1": "the order is dense",
    TOOL.format("call"): "every call has one result",
    TOOL.format("result"): "every result has its call",
    ENDED: "an end is told once",
    f"{CUT}; {ENDED} WHERE author = 'alice'; UPDATE rows SET mention_id = 'm'": "who cancels is not told why",
}


async def talk(world: World) -> None:
    """Alice asks, and the bot has answered; or has begun to."""
    asker = await world.lines("alice")
    asker.sends(b"@bot hi\n")
    world.model("bot").says("hello")
    await world.settle()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_database_that_is_not_whole_is_seen(damage: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        await talk(world)
        world.model("bot").ends()
        await world.settle()
        check_whole(world.database.writer, "well")
        world.database.writer.executescript(damage)
        with pytest.raises(Broken, match="damaged") as caught:
            check_whole(world.database.writer, "damaged")
        assert caught.value.name == DAMAGE[damage]

    conversation()


@in_world()
async def test_a_world_that_is_well_passes_while_an_answer_runs(world: World) -> None:
    """What is open then is closed by a recovery, and in the copy alone."""
    await talk(world)
    for check in (check_committed, check_dense, check_answered, check_recoverable):
        check(world)
    with pytest.raises(Broken, match="every row is finished"):
        check_whole(world.database.writer, "now")


@in_world()
async def test_what_is_held_and_is_not_on_disk_is_seen(world: World) -> None:
    await talk(world)
    world.database.writer.execute("UPDATE buffers SET number = number - 1")
    with pytest.raises(Broken, match=r"^committed, then shown: lobby holds 3, the disk 2$"):
        check_committed(world)
    world.database.writer.execute("UPDATE buffers SET number = number + 1")


@in_world()
async def test_a_row_that_a_kill_would_lose_is_seen(world: World) -> None:
    await talk(world)
    world.database.writer.execute("DELETE FROM rows WHERE author = 'alice'")
    world.database.writer.execute("UPDATE rows SET seq = 1")
    world.database.writer.execute("UPDATE buffers SET seq = 1")
    with pytest.raises(Broken, match="a kill loses nothing that was shown"):
        check_recoverable(world)


@in_world()
async def test_a_question_that_a_kill_would_leave_without_an_end_is_seen(world: World) -> None:
    await talk(world)
    world.database.writer.execute("DELETE FROM mentions")
    with pytest.raises(Broken, match="every question has an end"):
        check_recoverable(world)
