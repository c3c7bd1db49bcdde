"""Cancel at every step of a mention's life: every row is finished once, and the database is what the viewers saw."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio

from chatd.core.row import Status
from chatd.testing import Disk, Mode, World
from tests.support import converse

STEPS = 400
"""More than a mention's life has; the sweep ends by itself when the cancel comes after the end."""


class AtStep(trio.abc.Instrument):
    """Does something at the k-th step of the tasks that belong to a mention."""

    def __init__(self, at: int, acts: list[Callable[[], None]]) -> None:
        self._left = at
        self._acts = acts
        self.done = False

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count the mention's steps."""
        while task is not None and not task.name.startswith("mention "):
            if task.parent_nursery is None:
                return
            task = task.parent_nursery.parent_task
        if self._left == 0:
            self.done = True
            for act in self._acts:
                act()
        self._left -= 1


def lives_through(mode: Mode, step: int, how: str) -> bool:
    """One mention, cancelled at that step; returns whether it was still alive then."""
    acts: list[Callable[[], None]] = []
    instrument = AtStep(step, acts)

    async def conversation(world: World) -> None:
        bot = world.model("bot").says("one ").pauses(0.01).thinks("hm").says("two ", "three ").pauses(0.01).says("four")
        alice, viewer = await world.join("alice"), await world.join("bob")

        def act() -> None:
            if how == "hang-up":
                alice.hangs_up()
            else:
                for answer in world.hub.answers.running:
                    answer.stop(Status.CANCELLED)

        acts.append(act)
        bot.ends()
        alice.types("@bot go\r")
        await world.settle(2)
        rows = world.rows()
        assert rows[0] == ("alice", "@bot go", "complete")
        assert all(status in ("complete", "cancelled") for _, _, status in rows)
        answers = [(text, status) for author, text, status in rows if author == "bot"]
        assert len(answers) <= 1
        for text, status in answers:
            assert "one two three four".startswith(text)
            assert status == "cancelled" or text == "one two three four"
            shown = f"bot {text}".rstrip() + (f" [{status}]" if status != "complete" else "")
            assert shown.replace("  ", " ") in viewer.screen.text.replace("  ", " ")
        assert world.database.writer.execute("SELECT count(*) FROM chunks").fetchone() == (0,)

    converse(conversation, seed=step, mode=mode, instruments=(instrument,), disk=Disk(lambda: 0.001))
    return instrument.done


@pytest.mark.parametrize("how", ["ctrl-c", "hang-up"])
@pytest.mark.parametrize("mode", [Mode.FIFO, Mode.SERIAL])
def test_at_every_step(mode: Mode, how: str) -> None:
    steps = 0
    while steps < STEPS and lives_through(mode, steps, how):
        steps += 1
    assert 10 < steps < STEPS, f"the sweep covered {steps} steps"
