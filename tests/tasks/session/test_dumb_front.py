"""A terminal without a screen: lines come and go, what one types is echoed, erased, and never torn by what is said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.visit import Visit
from chatd.testing import MemoryTerminal, World, run
from tests.support import in_world


async def enter(world: World, name: str = "alice") -> MemoryTerminal:
    terminal = world.connect(Visit(world.visitor(name), pty=True, term="dumb", size=(60, 12)))
    await world.settle()
    return terminal


def shown(terminal: MemoryTerminal) -> list[str]:
    return [line for line in terminal.screen.lines if line]


def sent(terminal: MemoryTerminal) -> bytes:
    return b"".join(data for _, data in terminal.writes)


@in_world(shipped=True)
async def test_a_line_is_echoed_and_said(world: World) -> None:
    alice, bob = await enter(world), await world.join("bob")
    alice.types("hello\r")
    await world.settle()
    assert "alice hello" in " ".join(bob.screen.text.split())
    assert shown(alice)[-2:] == ["hello", "alice: hello"]
    assert b"\x1b" not in sent(alice)


@in_world(shipped=True)
async def test_what_is_typed_stands_below_what_is_said_meanwhile(world: World) -> None:
    alice, bob = await enter(world), await world.join("bob")
    alice.types("half a li")
    await world.settle()
    bob.types("me first\r")
    await world.settle()
    alice.types("ne\r")
    await world.settle()
    assert shown(alice)[-4:] == ["half a li", "bob: me first", "half a line", "alice: half a line"]


@in_world(shipped=True)
async def test_keys_that_erase_end_and_stop(world: World) -> None:
    alice = await enter(world)
    bot = world.model("bot")
    alice.types("日本x\x7f\x7f\x7fok\x15@bot go\x1b[A\r")
    bot.says("one")
    await world.settle()
    alice.types("\x03")
    await world.settle()
    assert [row[1:] for row in world.rows()] == [("@bot go", "complete"), ("one", "cancelled")]
    alice.types("\x04")
    await world.settle()
    assert alice.ended.is_set() and alice.exit_status == 0


@in_world(shipped=True)
async def test_ctrl_c_on_a_typed_line_only_clears_it(world: World) -> None:
    alice = await enter(world)
    before = shown(alice)
    alice.types("half a li\x03")
    await world.settle()
    assert shown(alice) == [*before, "half a li^C"]
    alice.types("\x03")
    await world.settle()
    assert shown(alice)[-1] == "* /quit or Ctrl-D on an empty line leaves"
    alice.types("hello\r")
    await world.settle()
    assert [row[1] for row in world.rows()] == ["hello"]


@in_world(shipped=True)
async def test_ctrl_c_on_a_typed_line_stops_an_answer_too(world: World) -> None:
    alice = await enter(world)
    bot = world.model("bot")
    alice.types("@bot go\r")
    bot.says("one")
    await world.settle()
    alice.types("half a li\x03")
    await world.settle()
    assert [row[1:] for row in world.rows()] == [("@bot go", "complete"), ("one", "cancelled")]
    alice.types("x\r")
    await world.settle()
    assert world.rows()[-1][1] == "x"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["a", "é", "日", "👩‍👩‍👧", " ", "\x7f", "\x15", "\x1b[D", "\x03"]), max_size=12))
def test_the_line_on_the_screen_is_the_line_that_is_typed(keys: list[str]) -> None:
    """Whatever is typed and erased, what stands there is what Enter would say."""

    async def main() -> None:
        async with World.open() as world:
            alice = await enter(world)
            text: list[str] = []
            for key in keys:
                alice.types(key)
                if key == "\x7f":
                    text = text[:-1]
                elif key in ("\x15", "\x03"):
                    text = []
                elif key != "\x1b[D":
                    text.append(key)
                await world.settle(0.2)
            line = alice.screen.lines[alice.screen.cursor[1]]
            assert line == "".join(text).rstrip()

    run(main)
