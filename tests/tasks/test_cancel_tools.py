"""Cancel at every step of an answer with tools: each call has one result, and the next question works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from chatd.core.question import Answered, ToolReturned
from chatd.core.row import Status
from chatd.testing import Disk, Mode, World
from tests.support import converse
from tests.tasks.asking.test_tool_loop import add_tool
from tests.tasks.test_cancel_sweep import AtStep


def lives_through(mode: Mode, step: int) -> bool:
    """One mention with two rounds of tools, cancelled at that step; returns whether it was still alive then."""
    acts: list[Callable[[], None]] = []
    alive: list[bool] = []
    instrument = AtStep(step, acts)

    async def conversation(world: World) -> None:
        add_tool(world, "quick")
        add_tool(world, "slow", 0.02)
        bot = world.model("bot").says("look").calls("quick", call_id="a").calls("slow", call_id="b").ends()
        bot.calls("quick", '{"again": 1}', call_id="a").ends().says("done").ends()
        alice = await world.join("alice")

        def cancel() -> None:
            for answer in world.hub.answers.running:
                answer.stop(Status.CANCELLED)

        acts.append(cancel)
        alice.types("@bot go\r")
        await world.settle(2)
        acts.clear()
        alive.append(instrument.done)
        sql = "SELECT id, parent_id, content_method, status FROM rows ORDER BY seq"
        rows = world.database.writer.execute(sql).fetchall()
        assert all(status != "open" for *_, status in rows)
        calls = Counter(row_id for row_id, _, method, _ in rows if method == "tool.call")
        assert calls == Counter(parent for _, parent, method, _ in rows if method == "tool.result")
        bot._script.clear()
        bot.says("hi").ends()
        alice.types("@bot and now?\r")
        await world.settle()
        messages = bot.questions[-1].messages
        made = [call.id for message in messages if isinstance(message, Answered) for call in message.calls]
        assert made == [message.id for message in messages if isinstance(message, ToolReturned)]
        assert len(made) == len(calls) and world.rows()[-1] == ("bot", "hi", "complete")

    converse(conversation, seed=step, mode=mode, instruments=(instrument,), disk=Disk(lambda: 0.001))
    return alive[0]


@pytest.mark.parametrize("mode", [Mode.FIFO, Mode.SERIAL])
def test_at_every_step(mode: Mode) -> None:
    step = 0
    while lives_through(mode, step):
        step += 1
    assert step > 20
