"""What serves all screens stands whatever one of them does: bugs, long drawings, files that change, those who leave."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import Config, LimitsConfig, shipped_lua
from chatd.core.visit import Visit
from chatd.screen.block import Block
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.running_answers import Answers
from chatd.tasks.log.bell import Bell
from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.screens.chat_view import ChatView
from chatd.tasks.screens.display import NOTHING, Missing
from chatd.tasks.screens.fan import Fan
from chatd.tasks.screens.look_script import LookScript
from chatd.tasks.screens.looks import MAX_WEIGHT, Looks
from chatd.tasks.screens.notes import Notes
from chatd.tasks.screens.room_facts import RoomFactsMaker
from chatd.tasks.screens.things import Look, Want
from chatd.testing import World, run
from chatd.testing.bugs import bugs_met
from chatd.testing.sources import SCRIPT_SECONDS
from chatd.testing.terminal import MemoryTerminal
from tests.steps import Steps
from tests.support import in_world

LOOK = Look({}, 80)


def want(key: str, *, width: int = 80, lines: int = 1) -> Want:
    return Want(LOOK if width == 80 else Look({}, width), key, "row", 1, lines, lambda: ())


class Drawer:
    """Draws what it is asked for, and does `meanwhile` before the first thing is finished."""

    def __init__(self, text: str = "x", lines: int = 1) -> None:
        self.drawn: list[object] = []
        self.text, self.lines = text, lines
        self.meanwhile: Callable[[], object] = list
        self.fails: set[object] = set()

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        for canvas in canvases:
            await trio.lowlevel.checkpoint()
            self.drawn.append(canvas.want.key)
            canvas.problem = "broken" if canvas.want.key in self.fails else ""
            for number in range(1, self.lines + 1):
                canvas.put(number, [(self.text, "")])
            canvas.measure(self.lines, None)
        self.meanwhile()


NO_FACTS: Any = SimpleNamespace(due=inf, renew=lambda: None, ring_late=lambda: None)


class Viewer:
    """A watcher of the fan; `breaks` is what it meets."""

    def __init__(self, breaks: Exception | None = None, misses: Missing = NOTHING) -> None:
        self.breaks, self.misses = breaks, misses
        self.visits = 0
        self.met: Exception | None = None
        self.moves, self.is_due = False, True

    def visit(self, *, again: bool) -> Missing | None:
        self.visits += 1
        if self.breaks is not None:
            raise self.breaks
        return NOTHING if again else self.misses

    def changed(self) -> None: ...
    def hand_over(self) -> None: ...

    def fail(self, bug: Exception) -> None:
        self.met = bug


async def fanned(looks: Looks, *viewers: Viewer) -> None:
    fan = Fan(looks, NO_FACTS, lambda: 0.03, lambda: 0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(fan.run)
        for viewer in viewers:
            fan.join(viewer)
            fan.ring(viewer)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()


def test_a_bug_on_one_screen_is_that_screen_s() -> None:
    bug = KeyError(7)
    before, broken, behind = Viewer(), Viewer(bug), Viewer()
    run(lambda: fanned(Looks(Drawer()), before, broken, behind))
    assert (before.visits, behind.visits) == (1, 1)
    assert broken.met is bug and before.met is behind.met is None


def test_so_is_one_that_is_met_in_drawing_for_it() -> None:
    class Broken(Drawer):
        async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
            await trio.lowlevel.checkpoint()
            raise ZeroDivisionError

    broken, behind = Viewer(misses=Missing((want("a"),))), Viewer()
    run(lambda: fanned(Looks(Broken()), broken, behind))
    assert isinstance(broken.met, ZeroDivisionError) and behind.visits == 1


def test_dear_visits_hold_nobody_up() -> None:
    """Each of many screens takes long to be painted: others have their turn after each of them."""
    clock, others = trio.testing.MockClock(), []

    class Large(Viewer):
        def visit(self, *, again: bool) -> Missing | None:
            clock.jump(0.02)
            others.append("visit")
            return super().visit(again=again)

    async def talk() -> None:
        fan = Fan(Looks(Drawer()), NO_FACTS, lambda: 0.03, lambda: 0)
        viewers = [Large() for _ in range(20)]
        for viewer in viewers:
            fan.join(viewer)
            fan.ring(viewer)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fan.run)
            while others.count("visit") < len(viewers):
                others.append("turn")
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()

    trio.run(talk, clock=clock)
    between = " ".join(others[others.index("visit") :])
    assert "visit visit visit" not in between and between.count("turn") > 15


@in_world(shipped=True)
async def test_a_bug_in_what_is_told_of_a_thing_ends_nobody(world: World) -> None:
    ann = await world.join("ann")

    def broken() -> tuple[str]:
        raise ZeroDivisionError

    async def draw(thing: Want) -> Block | None:
        await ann_looks.draw([thing])
        return ann_looks.find(thing.look, thing.key)

    ann_looks = world.server.screens.shared.looks
    with bugs_met() as bugs:
        block = await draw(Want(LOOK, "a", "row", 1, 1, broken))
        assert block is not None and "a bug of the server's" in str(block.lines(1, 1))
        assert len(bugs.found) == 2, "it is tried once more"
    ann.types("hello\r")
    await world.settle()
    assert "hello" in ann.screen.text


@in_world(shipped=True)
async def test_one_who_wants_much_keeps_nobody_waiting(world: World) -> None:
    looks, ends = world.server.screens.shared.looks, []
    note = ({"text": "hello", "level": "info"},)

    async def draw(who: str, count: int) -> None:
        await looks.draw([Want(LOOK, (who, n), "note", 1, 1, lambda: note) for n in range(count)])
        ends.append(who)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(draw, "one who scrolls", 100)
        await trio.lowlevel.checkpoint()
        nursery.start_soon(draw, "all others", 2)
    assert ends == ["all others", "one who scrolls"]


@in_world(shipped=True)
async def test_what_nobody_waits_for_any_more_is_not_drawn(world: World) -> None:
    looks, asked = world.server.screens.shared.looks, []

    def told(number: int) -> tuple[dict[str, str]]:
        asked.append(number)
        return ({"text": "hello", "level": "info"},)

    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(looks.draw, [Want(LOOK, n, "note", 1, 1, partial(told, n)) for n in range(100)])
            await trio.lowlevel.checkpoint()
            await trio.lowlevel.checkpoint()
            scope.cancel()
    await world.settle()
    assert len(asked) < 10
    await looks.draw([Want(LOOK, "a", "note", 1, 1, lambda: told(-1))])
    assert asked[-1] == -1


def test_what_was_drawn_before_files_changed_is_not_kept() -> None:
    """Of one batch, some of a thing's siblings fail and are tried again: by then the files may be others."""
    drawer = Drawer()
    looks = Looks(drawer)
    drawer.meanwhile, drawer.fails = looks.forget, {"b"}

    async def talk() -> None:
        await looks.draw([want("a"), want("b")])
        assert looks.find(LOOK, "a") is None
        drawer.meanwhile = list
        await looks.draw([want("a")])
        assert looks.find(LOOK, "a") is not None

    run(talk)


def test_heavy_lines_count_for_what_they_are() -> None:
    """A line of accents upon accents is ten ordinary ones."""
    looks = Looks(Drawer("z" + "\u0300" * 15 + "y" * 3000, lines=50))

    async def talk() -> None:
        for number in range(400):
            await looks.draw([want(f"row {number}", width=3000, lines=50)])
        kept = sum(len(block.text) for block in looks._blocks.values())
        assert kept < 250 * MAX_WEIGHT

    run(talk)


def test_long_notes_are_not_kept_where_it_is_kept_how_they_look() -> None:
    notes = Notes()
    notes.add("x" * 60_000, "info", 1)
    notes.add("x" * 60_000, "info", 1)
    first, second = notes.get(0), notes.get(1)
    assert first is not None and second is not None
    assert first.digest == second.digest and len(first.digest) == 16


@in_world(shipped=True)
async def test_how_a_line_looked_keeps_nobody_s_session(world: World) -> None:
    """The status line is kept as it was drawn while an answer ran; whose answer it was may be gone."""
    bob, ann = await world.join("bob"), await world.join("ann")
    bot = world.model("bot").says("some words")
    ann.types("@bot hi\r")
    await world.settle()
    answers: Answers = world.hub.answers
    session = weakref.ref(next(iter(answers.running)).owner)
    bot.ends()
    await world.settle()
    ann.hangs_up()
    await world.settle()
    bob.types("gone\r")
    await world.settle()
    del ann, bot
    world.gateway.terminals[:] = [bob]
    gc.collect()
    assert session() is None


@in_world(shipped=True)
async def test_a_slow_pace_holds_while_an_answer_runs(world: World) -> None:
    ann, bob = await world.join("ann"), await world.join("bob")
    ann.types("/set interval 2000\r")
    await world.settle(10)
    bot = world.model("bot")
    bob.types("@bot hi\r")
    await world.settle(3)
    writes = len(ann.writes)
    for _ in range(100):
        bot.says("word ")
        await world.settle(0.1)
    assert 4 <= len(ann.writes) - writes <= 11, "twice in two seconds at most"
    bot.ends()
    await world.settle(5)


@in_world(Config(limits=LimitsConfig(history_rows=30)), shipped=True)
async def test_rows_are_not_loaded_to_be_counted(world: World) -> None:
    """More has come than the room's memory holds while somebody reads further up, and took nothing."""
    bob = await world.lines("bob")
    for number in range(60):
        bob.types(f"old {number}\r\n")
        await world.settle(0.5)
    ann = await world.join("ann")
    for _ in range(2):
        ann.types("\x1b[5~")
        await world.settle(1)
    shown = ann.screen.text.splitlines()[:20]
    ann.stops_reading()
    loads = []
    excerpts = world.hub.archive.excerpts
    world.hub.archive.excerpts = lambda *args: loads.append(args) or excerpts(*args)  # type: ignore[method-assign,func-returns-value]
    for number in range(100):
        bob.types(f"new {number}\r\n")
        await world.settle(0.5)
    ann.reads_on()
    await world.settle(2)
    assert "100 new below" in ann.screen.text and ann.screen.text.splitlines()[:20] == shown
    assert not loads


def converse(tmp_path: Path, script: str, talk: object) -> None:
    (tmp_path / "mine.lua").write_text(script)

    async def main() -> None:
        scripts = LuaScripts(shipped_lua(), tmp_path, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            await talk(world)  # type: ignore[operator]

    run(main)


def test_naming_a_look_draws_nothing_again(tmp_path: Path) -> None:
    """A script has all rows drawn anew when a setting changes; for two people of two settings that is each line."""
    script = "require('settings').watch('theme', function() tools.mark_dirty('chat') end)"

    async def talk(world: World) -> None:
        ann, bob = await world.join("ann"), await world.join("bob", size=(60, 20))
        ann.types("/set theme light\r")
        bob.types("hello\r")
        await world.settle(2)
        with Steps() as steps:
            await world.settle(5)
        assert steps.of(LookScript.serve) == 0 and steps.of(Fan.run) == 0

    converse(tmp_path, script, talk)


@pytest.mark.parametrize("height", [0, -1, 9])
def test_an_answer_that_has_not_begun_takes_the_lines_it_has(tmp_path: Path, height: int) -> None:
    script = f"require('look').define('pending', function() tools.height({height}) end)"

    async def talk(world: World) -> None:
        world.model("bot").may_be_unfinished()
        ann = await world.join("ann")
        ann.types("@bot hi\r")
        await world.settle(1)
        ann.types("still here")
        await world.settle(1)
        assert "> still here" in ann.screen.text and "@bot hi" in ann.screen.text

    converse(tmp_path, script, talk)


def test_a_row_is_found_in_lines_that_there_are(tmp_path: Path) -> None:
    script = """
        require('look').define('places', function() tools.found(-50, 0, 2^53) tools.height(0) end)
        function on_frame(w, h) tools.view(0, 2) tools.put(h - 1, '> ', '') end
        tools.on_start(function()
          for place = -1, 3 do tools.after(2 + 0.1 * place, function() tools.show_row(2, place) end) end
        end)
    """

    async def talk(world: World) -> None:
        ann = await world.join("ann")
        ann.types("one\rtwo\rthree\r")
        await world.settle(4)
        assert ann.exit_status is None

    converse(tmp_path, script, talk)


def test_a_status_line_within_the_view_stays_where_it_is(tmp_path: Path) -> None:
    script = "function on_frame(w, h) tools.view(0, h) tools.status(3, 'here it is') end"

    async def talk(world: World) -> None:
        ann, bob = await world.join("ann"), await world.lines("bob")
        for number in range(40):
            bob.types(f"line {number}\r\n")
            await world.settle(0.2)
        lines = ann.screen.text.splitlines()
        assert "here it is" in lines[3] and ann.screen.text.count("here it is") == 1

    converse(tmp_path, script, talk)


def test_a_look_has_its_bounds(tmp_path: Path) -> None:
    script = """
        tools.after(0.5, function()
          local many = {}
          for i = 1, 20000 do many['k' .. i] = 'xxxxxxxxxx' end
          tools.look(many)
        end)
    """

    async def talk(world: World) -> None:
        ann = await world.join("ann")
        await world.settle(2)
        assert any("a look takes up to" in error for error in world.script_errors)
        ann.types("hello\r")
        await world.settle(1)
        assert "hello" in ann.screen.text

    converse(tmp_path, script, talk)


@pytest.mark.parametrize("options", ["{shared = true}", "nil"], ids=["shared", "personal"])
def test_a_growing_row_s_hook_is_told_what_it_has_grown_by(tmp_path: Path, options: str) -> None:
    script = f"""
        local told = 0
        tools.on_chunk(function(row, delta) told = told + #delta return told .. ' of ' .. row.length end, {options})
    """

    async def talk(world: World) -> None:
        bot = world.model("bot")
        ann = await world.join("ann")
        ann.types("@bot hi\r")
        for piece in ("first", "x" * 20_000, "last"):
            bot.says(piece)
            await world.settle(2)
        assert "20004 of 20009" in ann.screen.text, "the hook was not told of what there was at first"
        bot.ends()
        await world.settle(1)
        assert "last" in ann.screen.text and not world.script_errors

    converse(tmp_path, script, talk)


def test_bells_do_not_pile_up_for_whoever_does_not_read(tmp_path: Path) -> None:
    script = "tools.every(0.1, function() for _ = 1, 500 do tools.bell() end end)"

    async def talk(world: World) -> None:
        ann = await world.join("ann")
        ann.stops_reading()
        await world.settle(10)
        rings = sum(data.count(b"\a") for _, data in ann.writes)
        await world.settle(10)
        assert sum(data.count(b"\a") for _, data in ann.writes) == rings
        ann.reads_on()
        ann.types("hello\r")
        await world.settle(1)
        assert "hello" in ann.screen.text

    converse(tmp_path, script, talk)


def test_who_comes_right_after_another_is_shown_to_whoever_draws_alone(tmp_path: Path) -> None:
    """Comings are shown some tenth of a second apart. Who has rows drawn by a script of their own, looks at who is here
    by themselves, and the fan does not see then that something is to be shown later.
    """
    script = "tools.on_row(function(row) return true end)"

    async def talk(world: World) -> None:
        ann = await world.join("ann")
        await world.settle(2)
        await comes(world, "bob", 0.02)
        await comes(world, "carl", 2)
        assert "bob, carl" in ann.screen.text

    converse(tmp_path, script, talk)


@in_world(shipped=True)
async def test_who_comes_right_after_another_is_shown_to_all_though_one_looks_first(world: World) -> None:
    """The fan may have had its rounds when it is time to show who is here, and somebody's own frame comes first."""
    room, rung = world.hub.lobby.get("lobby", ""), Bell()
    facts = RoomFactsMaker(world.hub, late=lambda: None)
    await comes(world, "ann", 1)
    assert facts.of(room).people == ("ann",)
    await comes(world, "bob", 0.05)
    facts.renew()
    assert facts.of(room).people == ("ann",), "it is shown later"
    due = facts.due
    await trio.sleep_until(due)
    facts.renew()
    assert facts.of(room).people == ("ann", "bob")
    world.hub.recorder.watch(room, rung)
    assert facts.due == due, "the others are not told yet"
    facts.ring_late()
    assert facts.due == inf
    with trio.fail_after(1):
        await rung.wait()
    world.hub.recorder.unwatch(room, rung)


async def comes(world: World, name: str, seconds: float) -> MemoryTerminal:
    """Somebody comes in, and so much time passes."""
    terminal = world.connect(Visit(world.visitor(name), pty=True, term="xterm-256color", size=(80, 24)))
    await world.settle(seconds)
    return terminal


@pytest.mark.parametrize("viewers", [2, 60])
def test_how_often_a_status_line_is_drawn_does_not_grow_with_who_looks_on(
    monkeypatch: pytest.MonkeyPatch, viewers: int
) -> None:
    """A fast answer says something new whenever a line is drawn: all of a round are shown the same facts."""
    drawn: list[BlockCanvas] = []
    rounds: list[RoomFactsMaker] = []
    answers: list[RunningAnswer] = []
    draw, renew = LookScript._draw_one, RoomFactsMaker.renew

    async def counted(script: LookScript, canvas: BlockCanvas) -> str:
        if canvas.want.kind == "status":
            drawn.append(canvas)
            for answer in answers:
                answer.progress.pieces += 1
        return await draw(script, canvas)

    monkeypatch.setattr(LookScript, "_draw_one", counted)
    monkeypatch.setattr(RoomFactsMaker, "renew", lambda facts: rounds.append(facts) or renew(facts))  # type: ignore[func-returns-value]

    @in_world(shipped=True)
    async def talk(world: World) -> None:
        bot = world.model("bot")
        people = [await world.join(f"p{number}") for number in range(viewers)]
        people[0].types("@bot hi\r")
        await world.settle(1)
        answers.extend(world.hub.answers.running)
        drawn.clear()
        rounds.clear()
        for _ in range(20):
            bot.says("word ")
            await world.settle(0.1)
        assert 10 <= len(drawn) <= 2 * len(rounds) < 240
        bot.ends()
        await world.settle(1)

    talk()


def test_a_status_line_of_other_files_is_drawn_by_them(tmp_path: Path) -> None:
    """Nobody comes, goes or asks: the room is as it was, and its line is another all the same."""

    async def talk(world: World) -> None:
        ann = await world.join("ann")
        await world.settle(2)
        assert "1 here" in ann.screen.text
        (tmp_path / "mine.lua").write_text("require('status').line = function() return { 'MY OWN LINE', '' } end")
        await world.settle(15)
        assert "MY OWN LINE" in ann.screen.text

    converse(tmp_path, "", talk)


@in_world(shipped=True)
async def test_a_ring_for_nothing_composes_nothing(world: World) -> None:
    """Whoever comes into a crowd rings for all of it, mostly before that is to be shown."""
    ann, room = await world.join("ann"), world.hub.lobby.get("lobby", "")
    await world.settle(2)
    updates, update = [], ChatView.update
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChatView, "update", lambda *args: updates.append(args) or update(*args))  # type: ignore[func-returns-value]
        for _ in range(10):
            world.hub.recorder.ring(room)
            await world.settle(0.1)
        assert not updates
        ann.types("hello\r")
        await world.settle(1)
        assert updates and "hello" in ann.screen.text
