import trio

from chatd import Actor, Question, Say
from chatd.testing import MemoryTerminal, World


async def count_down(question: Question, say: Say) -> None:
    for number in range(int(question.text), 0, -1):
        await say(f"{number}… ")
        await trio.sleep(1)
    await say("go!")


async def test_it_counts_in_seconds(world: World, asker: MemoryTerminal, viewer: MemoryTerminal) -> None:
    world.hub.models.add("countdown", Actor("countdown", count_down))
    asker.types("@countdown 3\r")
    await world.settle(1.6)
    assert "3… 2… " in viewer.screen
    assert "go!" not in viewer.screen
    await world.settle(2)
    assert "3… 2… 1… go!" in viewer.screen


async def test_ctrl_c_stops_it_and_keeps_what_came(world: World, asker: MemoryTerminal) -> None:
    world.hub.models.add("countdown", Actor("countdown", count_down))
    asker.types("@countdown 3\r")
    await world.settle(1.6)
    asker.types("\x03")
    await world.settle()
    assert world.rows()[-1] == ("countdown", "3… 2… ", "cancelled")
