"""What is kept for all is what it says, whatever moves at the moment; what moves does, and who has gone is let go."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import trio

from chatd.tasks.screens.room_facts import MAX_LINES
from chatd.testing import World
from tests.support import in_world
from tests.tasks.screens.test_attacks_sharing import converse


def test_an_ended_row_is_not_left_with_the_speed_it_had(tmp_path: Path) -> None:
    """Somebody's own frame comes between an answer's end and the next round of visits."""
    script = """
        require('look').define('row', function(first, last, row, extra)
          tools.put(1, row.author .. ' ' .. row.status .. ' speed=' .. tostring(extra.tokens_per_s), '')
          tools.height(1)
        end)
    """

    async def talk(world: World) -> None:
        ann, bot = await world.join("ann"), world.model("bot")
        ann.types("@bot hi\r")
        await world.settle(1)
        for _ in range(100):
            bot.says("word ")
            await trio.sleep(0.007)
        bot.ends()
        for _ in range(20):
            ann.types("x")
            await trio.sleep(0.002)
        await world.settle(60)
        assert "bot complete speed=nil" in ann.screen.text

    converse(tmp_path, script, talk)


@pytest.mark.parametrize("gap", [0.005, 0.015, 0.03])
def test_what_moves_in_one_room_moves_while_another_room_is_busy(gap: float) -> None:
    @in_world(shipped=True)
    async def talk(world: World) -> None:
        ann, bob = await world.join("ann"), await world.join("bob")
        ann.types("/join quiet\r")
        bob.types("/join busy\r")
        await world.settle(2)
        slow, fast = world.model("slow"), world.model("fast")
        ann.types("@slow hi\r")
        await world.settle(1)
        bob.types("@fast hi\r")
        await world.settle(1)
        frames, began = len(ann.writes), trio.current_time()
        while trio.current_time() < began + 10:
            fast.says("w ")
            await world.settle(gap)
        assert len(ann.writes) - frames >= 30, "of forty phases"
        slow.ends()
        fast.ends()
        await world.settle(1)

    talk()


def test_status_lines_are_bounded(tmp_path: Path) -> None:
    script = """
        local n = 0
        function on_frame(w, h)
          n = n + 1
          tools.view(0, h - 2)
          tools.status(h - 2, 'words ' .. n)
          tools.put(h - 1, 'n', '')
        end
        tools.every(0.05, function() tools.mark_dirty() end)
    """

    async def talk(world: World) -> None:
        await world.join("ann")
        await world.settle(30)
        facts = world.server.screens.shared.facts.of(world.hub.lobby.get("lobby", ""))
        assert 100 < len(facts.lines) <= MAX_LINES

    converse(tmp_path, script, talk)


def test_own_looks_keep_no_session_of_an_empty_room(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        bob, ann = await world.join("bob"), await world.join("ann")
        ann.types("/join den\r")
        await world.settle(2)
        ann.types("hello\r")
        await world.settle(2)
        watchers = world.server.screens.fan._watchers
        front = weakref.ref(next(one for one in watchers if one._state.visitor.name == "ann"))  # type: ignore[attr-defined]
        ann.hangs_up()
        await world.settle(2)
        for _ in range(5):
            bob.types("gone\r")
            await world.settle(2)
        del ann
        world.gateway.terminals[:] = [bob]
        gc.collect()
        assert front() is None

    converse(tmp_path, "tools.on_row(function(row) return true end)", talk)
