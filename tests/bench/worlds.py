"""What things cost before ssh: the whole server in one process, on the virtual clock, with the shipped interface.

python -m tests.bench.worlds NAME NUMBER…      prints figures, JSON; tests.bench.inside starts it

Terminals show nothing of what they are sent, as a screen in memory is not the server's.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Awaitable, Callable

import trio
import trio.testing

from chatd.app import calm_interpreter
from chatd.config import Config, LimitsConfig
from chatd.core.row import Add, Method, NewRow
from chatd.tasks.session.front import Interface
from chatd.tasks.session.screen_front import ScreenFront
from chatd.testing import MemoryTerminal, World
from tests.bench.marks import mark, message

GAP_S = 0.2
"""Virtual seconds between two rows: everybody is shown each of them."""

PIECE_S = 0.02
"""Between two pieces: fifty a second, as a quick local model speaks."""

WARM = 10
"""Rows before the first that counts."""

ANSWERS = 10
FUNCTION = """def number_{n}(values: list[int]) -> int:
    \"\"\"Adds them up.\"\"\"
    return sum(value * {n} for value in values)  # each {n} times

"""
TEXT = """Here are *some* words of `code` and a [link](https://example.org/) that go on for a while, as models do.

- a point that is made
- another one, **stressed**

```python
def answer(question: str) -> int:
    return 42  # of course
```

"""
PIECES = [*re.findall(r"\s*\S+", TEXT), "\n\n"]


def shows_nothing(self: MemoryTerminal, data: bytes) -> None:
    """In the place of a terminal's screen."""


async def post(world: World, number: int) -> None:
    """A row in the lobby, from nobody who is there."""
    hub, room = world.hub, world.hub.lobby.get("lobby", "")
    row = NewRow(hub.ids.new(), Method.USER, "poster", message(mark(number), number), meta={})
    hub.recorder.submit(room, Add(row))
    await trio.sleep(GAP_S)


async def row(world: World, viewers: int, width: int, rows: int) -> list[float]:
    """Microseconds of a row, for each viewer."""
    for number in range(viewers):
        await world.join(f"user{number}", size=(width, 24))
    for number in range(WARM):
        await post(world, number)
    began = time.process_time()
    for number in range(rows):
        await post(world, WARM + number)
    return [(time.process_time() - began) / rows / viewers * 1e6]


async def piece(world: World, viewers: int, pieces: int) -> list[float]:
    """Microseconds of a piece of an answer, for each viewer."""
    bot = world.model("bot")
    people = [await world.join(f"user{number}") for number in range(viewers)]
    for number in range(pieces):
        bot.says(f"word{number} ").pauses(PIECE_S)
    bot.ends()
    began = time.process_time()
    people[0].types("@bot go\r")
    await world.settle(pieces * PIECE_S + 3)
    spent = time.process_time() - began
    assert world.rows()[-1][2] == "complete"
    return [spent / pieces / viewers * 1e6]


async def code(world: World, lines: int) -> list[float]:
    """Microseconds of a line of an answer that is all code, on one screen."""
    bot = world.model("bot")
    alice = await world.join("alice")
    bot.says("```python\n")
    for number in range(lines // 4):
        for line in FUNCTION.format(n=number).splitlines(keepends=True):
            bot.says(line).pauses(0.005)
    bot.says("```\n").ends()
    began = time.process_time()
    alice.types("@bot go\r")
    await world.settle(lines * 0.005 + 3)
    spent = time.process_time() - began
    assert world.rows()[-1][2] == "complete"
    return [spent / lines * 1e6]


async def history(world: World, rows: int, logins: int) -> list[float]:
    """Milliseconds of a login into a room with so many rows."""
    hub, room = world.hub, world.hub.lobby.get("lobby", "")
    for number in range(rows):
        text = message(mark(number), number)
        hub.recorder.submit(room, Add(NewRow(hub.ids.new(), Method.USER, "poster", text, meta={})))
        if number % 100 == 99:
            await trio.sleep(GAP_S)
    await world.settle(1)
    spent = 0.0
    for number in range(logins):
        began = time.process_time()
        person = await world.join(f"user{number}")
        spent += time.process_time() - began
        person.hangs_up()
        await world.settle(1)
    return [spent / logins * 1e3]


async def frame(world: World, columns: int, rows: int, pieces: int) -> list[float]:
    """Milliseconds of a frame: the middle and the longest while ten answers stream, and while somebody types."""
    spent: list[float] = []
    draw = ScreenFront.draw

    async def timed(front: ScreenFront, interface: Interface) -> None:
        began = time.process_time()
        await draw(front, interface)
        spent.append(time.process_time() - began)

    models = [world.model(f"bot{number}") for number in range(ANSWERS)]
    person = await world.join("ann", size=(columns, rows))
    askers = [await world.lines(f"user{number}") for number in range(ANSWERS)]
    for model in models:
        for number in range(pieces):
            model.says(PIECES[number % len(PIECES)]).pauses(PIECE_S)
        model.ends()
    ScreenFront.draw = timed  # type: ignore[assignment, method-assign]
    for number, asker in enumerate(askers):
        asker.types(f"@bot{number} go\n")
    await world.settle(pieces * PIECE_S + 3)
    told = _middle_and_longest(spent)
    spent.clear()
    for number in range(100):
        person.types("x" if number % 2 else "\x7f")
        await world.settle(0.1)
    return told + _middle_and_longest(spent)


def _middle_and_longest(spent: list[float]) -> list[float]:
    ordered = sorted(spent) or [0.0]
    return [ordered[len(ordered) // 2] * 1e3, ordered[-1] * 1e3]


MEASURED: dict[str, Callable[..., Awaitable[list[float]]]] = {
    "row": row, "piece": piece, "code": code, "history": history, "frame": frame,
}  # fmt: skip


def main(name: str, *numbers: int) -> None:
    """Measure one thing in a world of its own."""
    MemoryTerminal.write = shows_nothing  # type: ignore[method-assign]
    told: list[float] = []
    calm_interpreter()

    async def live() -> None:
        settings = Config(limits=LimitsConfig(max_answer=16 << 20, max_sessions_per_address=10_000))
        async with World.open(settings) as world:
            told.extend(await MEASURED[name](world, *numbers))

    trio.run(live, clock=trio.testing.MockClock(autojump_threshold=0))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
