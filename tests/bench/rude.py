"""What rude input costs everybody else: how late the loop is while somebody pastes, types and resizes what nobody
should, and while a model answers what is dear to lay out. There are no scripts of an operator's: the loop runs all Lua.

python -m tests.bench.rude [NAME…]
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import trio

from chatd.adapters.lua import LuaScripts
from chatd.app import calm_interpreter
from chatd.config import Config, shipped_lua
from chatd.testing import MemoryTerminal, World
from tests.bench.attacks import LIMIT_S, Beat, quiet

PACKET = 32_768
"""Bytes, as ssh clients send them at most."""

FAMILY = "👩‍👩‍👧é"
Act = Callable[[World, MemoryTerminal], Awaitable[None]]


def pasted(text: str) -> str:
    """As a terminal sends a paste."""
    return f"\x1b[200~{text}\x1b[201~"


async def send(person: MemoryTerminal, text: str) -> None:
    """Packet by packet."""
    data = text.encode()
    for at in range(0, len(data), PACKET):
        person.sends(data[at : at + PACKET])
        await trio.sleep(0.002)


def pastes(text: str) -> Act:
    """One paste, and keys after it."""

    async def act(_: World, mallory: MemoryTerminal) -> None:
        await send(mallory, pasted(text))
        await trio.sleep(0.3)
        mallory.types("abc\x1b[A\x1b[A\x1b[D")

    return act


def says(text: str) -> Act:
    """The same message a few times."""

    async def act(_: World, mallory: MemoryTerminal) -> None:
        for _n in range(6):
            await send(mallory, pasted(text) + "\r")
            await trio.sleep(0.05)

    return act


def answered(text: str) -> Act:
    """A model says it, and the window changes its width meanwhile."""

    async def act(world: World, mallory: MemoryTerminal) -> None:
        world.model("bot").says(*(text[at : at + 4000] for at in range(0, len(text), 4000))).ends()
        mallory.types("@bot go\r")
        await trio.sleep(1)
        for step in range(20):
            mallory.resizes(20 + step * 3, 24)
            await trio.sleep(0.02)

    return act


def types(*texts: str) -> Act:
    """Each of the texts, with time to be answered."""

    async def act(_: World, mallory: MemoryTerminal) -> None:
        for text in texts:
            await send(mallory, text)
            await trio.sleep(0.1)

    return act


async def resizes(_: World, mallory: MemoryTerminal) -> None:
    """A thousand sizes a second."""
    for step in range(300):
        mallory.resizes(1 + step * 7 % 300, 1 + step * 3 % 90)
        await trio.sleep(0.001)


ACTS: dict[str, Act] = {
    "paste of words": pastes("word " * 13_000),
    "paste of families": pastes(FAMILY * 2_500),
    "paste of lines": pastes("\n" * 60_000),
    "paste of a megabyte": pastes("x" * 1_000_000),
    "many pastes, all undone": types(*([pasted("word " * 1_600)] * 20), "\x1f" * 200),
    "messages of words": says("word " * 3_200),
    "messages of families": says(FAMILY * 600),
    "messages of lines": says("ab\n" * 5_000),
    "messages full of a name": says("bob " * 4_000),
    "words to one alone": types(*["/msg bob " + "[a](" * 4_000 + "\r"] * 5),
    "answer of words": answered("word *word* `x` " * 8_000),
    "answer of brackets": answered("[a](" * 30_000),
    "answer of a table": answered("|a|b|\n|-|-|\n" + "|x|y|\n" * 15_000),
    "answer of code": answered("```python\n" + "x = 'a' + (1, [2]) # c\n" * 5_000),
    "answer of quotes": answered("> " * 50_000),
    "answer of one comment": answered("```c\n" + "/* a " * 20_000),
    "help pages": types("/help scripting\r", "\x1b[6~" * 9, "q/help keys\r", "q/help\r", "q"),
    "completion": types(*(start + "\t\t\t\x15" for start in ("/", "@", ":s", "/set ", "/join "))),
    "sequences without end": types("\x1b[" + "1;" * 200_000, "\x1b]0;" + "x" * 300_000, "\x1b" * 50_000),
    "a thousand sizes a second": resizes,
}


async def rude(act: Act) -> float:
    """Seconds: the loop's worst lateness."""
    lua = Config().lua  # processor time ends a callback here as in a server
    scripts = LuaScripts(shipped_lua(), None, instructions=lua.instructions, memory=lua.memory)
    async with World.open(scripts=scripts) as world:
        mallory = await world.join("mallory")
        await world.join("bob")
        await trio.sleep(0.3)
        beat = Beat()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(beat.run)
            await act(world, mallory)
            await trio.sleep(0.5)
            nursery.cancel_scope.cancel()
        assert mallory.exit_status is None, "the session ended"
        return beat.worst


def main(names: list[str]) -> None:
    """Print a line for each act."""
    print(f"{'ms':30}{'loop late':>10}")
    late = []
    calm_interpreter()
    with quiet():
        for name, act in ACTS.items():
            if not names or name in names:
                worst = trio.run(rude, act)
                print(f"{name:30}{worst * 1000:10.1f}", flush=True)
                if worst > LIMIT_S:
                    late.append(name)
    print(f"over {LIMIT_S * 1000:.0f} ms: {', '.join(late) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
