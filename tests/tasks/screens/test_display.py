"""What everybody is shown in bytes that they share is what each would be shown alone, drawn from nothing."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.lua import LuaScripts
from chatd.config import shipped_lua
from chatd.core.row import Method
from chatd.screen.composition import ROW
from chatd.tasks.screens.display import Display
from chatd.tasks.screens.paints import Paints
from chatd.tasks.screens.room_items import RoomItems
from chatd.testing import MemoryTerminal, World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import in_world

ESC, REDRAW, PAGE_UP, END = "\x1b", "\x0c", "\x1b[5~", "\x1b[F"


async def drawn_anew(world: World, *people: MemoryTerminal) -> None:
    """Nothing on their screens is another one after all of it was drawn from nothing."""
    before = [list(person.screen.lines) for person in people]
    world.server.screens.shared.looks.forget()
    for person in people:
        person.types(REDRAW)
    await world.settle(1)
    for person, lines in zip(people, before, strict=True):
        assert list(person.screen.lines) == lines, person.screen.framed()


class Counted:
    """Counts how often frames were painted whole, and how often what is new alone."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.whole = self.shared = self.made = 0
        show_all, show_new, push_up = Display._show_all, Display._show_what_is_new, Paints.push_up

        def counted_all(screen: Display, *given: object) -> None:
            self.whole += 1
            show_all(screen, *given)  # type: ignore[arg-type]

        def counted_new(screen: Display, *given: object) -> None:
            self.shared += 1
            show_new(screen, *given)  # type: ignore[arg-type]

        def counted_push(paints: Paints, *given: object) -> object:
            known = len(paints._known)
            result = push_up(paints, *given)  # type: ignore[arg-type]
            self.made += len(paints._known) - known
            return result

        patch.setattr(Display, "_show_all", counted_all)
        patch.setattr(Display, "_show_what_is_new", counted_new)
        patch.setattr(Paints, "push_up", counted_push)


def test_what_is_new_is_painted_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk() -> None:
        async with World.open() as world:
            people = [await world.join(f"viewer-{number}") for number in range(8)]
            speaker = await world.join("speaker")
            await world.settle(2)
            counted = Counted(monkeypatch)
            for number in range(5):
                speaker.types(f"line {number}\r")
                await world.settle(1)
            assert all(f"line {n}" in person.screen for n in range(5) for person in people)
            assert counted.shared >= 5 * 8
            assert counted.made <= 5 * 2, "once for those who look alike, once for who said it"
            await drawn_anew(world, *people, speaker)

    run(talk)


@in_world(shipped=True)
async def test_an_answer_that_streams_is_the_same_for_all_and_as_it_is_drawn_from_nothing(world: World) -> None:
    bot = world.model("bot")
    alice, bob, late = await world.join("alice"), await world.join("bob", size=(60, 16)), None
    alice.types("@bot tell me\r")
    for number in range(40):
        bot.says(f"point {number}, for alice and everybody, of `many`\n\n")
        await world.settle(0.3)
        if number == 20:
            late = await world.join("carol", size=(60, 16))
    bot.ends()
    await world.settle(2)
    assert late is not None
    assert "point 39" in alice.screen and "point 39" in bob.screen
    await drawn_anew(world, alice, bob, late)


def test_a_bug_on_ones_screen_is_raised_by_ones_session(monkeypatch: pytest.MonkeyPatch) -> None:
    show_new = Display._show_what_is_new

    def broken(display: Display, *given: object) -> None:
        if display._viewer.visitor.name == "bob":
            raise ZeroDivisionError("bob's")
        show_new(display, *given)  # type: ignore[arg-type]

    async def talk() -> None:
        async with World.open() as world:
            alice, _ = await world.join("alice"), await world.join("bob")
            await world.settle(1)
            monkeypatch.setattr(Display, "_show_what_is_new", broken)
            alice.types("hello\r")
            await world.settle(1)

    with pytest.raises(ExceptionGroup, match="Exceptions from Trio nursery") as raised:
        run(talk)
    where = [frame.name for frame in traceback.extract_tb(_leaf(raised.value).__traceback__)]
    assert "_visit" in where and "run" in where


def _leaf(error: BaseException) -> BaseException:
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


@in_world(shipped=True)
async def test_a_result_is_shown_in_the_line_of_a_call_that_stands_above(world: World) -> None:
    """What comes changes a line that is not the last one."""
    bot = world.model("bot")
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@bot roll\r")
    bot.calls("roll", '{"dice": "2d6"}').ends()
    await world.settle(0.05)
    bob.types("something in between\r")
    await world.settle(3)
    bot.says("done").ends()
    await world.settle(3)
    await drawn_anew(world, alice, bob)


@in_world(shipped=True)
async def test_a_call_is_drawn_with_the_result_that_its_key_says(world: World) -> None:
    """What is drawn of a call serves all; until it is drawn, its result may be at hand no more."""
    bot = world.model("bot")
    await world.join("alice")
    alice = await world.join("bob")
    alice.types("@bot roll\r")
    bot.calls("roll", '{"dice": "2d6"}').ends()
    await world.settle(3)
    shared, room = world.server.screens.shared, world.hub.lobby.get("lobby", "")
    items = RoomItems(world.hub, room, "carol", None)
    look, facts = shared.looks.look({}, 77), shared.facts.of(room)
    items.begin(shared.looks, look, facts, again=False)
    call = next(live for live in room.tail(room.seq) if live.head.method == Method.TOOL_CALL)
    assert items.block((call.head.seq, ROW), 1, 1) is None
    items.rows.result_of = lambda call_id: None  # type: ignore[method-assign]
    (want,) = items.wants
    assert len(want.arguments()) == 3, "the row, how it is shown, and the result"
    bot.says("done").ends()
    await world.settle(3)


@in_world(shipped=True)
async def test_who_reads_further_up_stays_there_and_is_told_how_much_is_new(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    for number in range(60):
        bob.types(f"line {number}\r")
    await world.settle(5)
    alice.types(PAGE_UP)
    await world.settle(1)
    before = list(alice.screen.lines)[:-2]
    bob.types("line 60\rline 61\r")
    await world.settle(1)
    assert list(alice.screen.lines)[:-2] == before and "2 new below" in alice.screen
    await drawn_anew(world, alice)
    alice.types(END)
    await world.settle(1)
    assert "line 61" in alice.screen and "new below" not in alice.screen
    await drawn_anew(world, alice, bob)


@in_world(shipped=True)
async def test_whoever_is_named_sees_it_and_nobody_else(world: World) -> None:
    alice, bob, carol = [await world.join(name) for name in ("alice", "bob", "carol")]
    carol.types("good morning, Alice\r")
    await world.settle(1)

    def reversed_names(person: MemoryTerminal) -> list[str]:
        return [
            "".join(person.screen.cell(x, y)[0] for x in range(80)).strip()
            for y in range(22)
            if any("reverse" in str(person.screen.cell(x, y)) for x in range(80))
        ]

    assert len(reversed_names(alice)) == 1 and not reversed_names(bob) and not reversed_names(carol)
    await drawn_anew(world, alice, bob, carol)


MINE = """
tools.on_row(function(row)
  if row.content == "hide" then return nil end
  return { content = row.content:upper() }
end%s)
"""


@pytest.mark.parametrize("options", ["", ", { shared = true }"], ids=["personal", "shared"])
def test_hooks_of_each_person_and_of_all_show_the_same(tmp_path: Path, options: str) -> None:
    (tmp_path / "mine.lua").write_text(MINE % options)
    scripts = LuaScripts(shipped_lua(), tmp_path, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)

    async def talk() -> None:
        async with World.open(scripts=scripts) as world:
            alice, bob = await world.join("alice"), await world.join("bob")
            alice.types("quiet\rhide\rmore\r")
            await world.settle(2)
            for person in (alice, bob):
                assert "QUIET" in person.screen and "MORE" in person.screen and "hide" not in person.screen.text.lower()
            bob.types(ESC)
            await world.settle(1)
            await drawn_anew(world, alice, bob)

    run(talk)


ACTS = st.lists(
    st.sampled_from(
        ["alice says", "bob says", "alice asks", "goes on", "ends", "alice pages up", "alice follows", "alice narrow",
         "bob wide", "alice time", "alice joins", "carol comes", "carol goes", "alice elsewhere", "a moment", "long"]
    ),
    min_size=1, max_size=14,
)  # fmt: skip
NARROW, WIDE = (33, 12), (120, 40)


async def act(world: World, what: str, people: dict[str, MemoryTerminal], running: list[object]) -> None:
    alice, bob, bot = people["alice"], people["bob"], world.model("bot")
    match what:
        case "alice says" | "bob says":
            people[what.split(maxsplit=1)[0]].types(f"good day, {'bob' if what[0] == 'a' else 'alice'}\r")
        case "alice asks" if not running:
            alice.types("@bot go on\r")
            bot.says("so ")
            running.append(bot)
        case "goes on" if running:
            bot.says("and **so** on,\n- alice\n")
        case "ends" if running:
            bot.ends()
            running.clear()
        case "alice pages up":
            alice.types(PAGE_UP)
        case "alice follows":
            alice.types(END)
        case "alice narrow":
            alice.resizes(*NARROW)
        case "bob wide":
            bob.resizes(*WIDE)
        case "alice time" | "alice joins":
            alice.types(f"/set {what.split()[1]} {'short' if what.endswith('time') else 'on'}\r")
        case "carol comes" if "carol" not in people:
            people["carol"] = await world.join("carol", size=(60, 20))
        case "carol goes" if "carol" in people:
            people.pop("carol").hangs_up()
        case "alice elsewhere":
            alice.types("/join elsewhere\r/leave\r")
        case "a moment":
            await world.settle(0.3)
        case "long":
            bob.types("\x1b[200~" + "a line of many\n" * 30 + "\x1b[201~\r")
        case _:
            pass


@given(acts=ACTS)
@settings(max_examples=25, deadline=None)
def test_whatever_people_do_their_screens_are_as_drawn_from_nothing(acts: list[str]) -> None:
    async def talk() -> None:
        async with World.open() as world:
            world.model("bot")
            people = {name: await world.join(name) for name in ("alice", "bob")}
            running: list[object] = []
            for what in acts:
                await act(world, what, people, running)
                await world.settle(0.02)
            if running:
                world.model("bot").ends()
            await world.settle(20)
            for person in people.values():
                person.types(ESC)
            await world.settle(2)
            await drawn_anew(world, *people.values())

    run(talk)
