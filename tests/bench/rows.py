"""What rows cost: CPU per delivered row by viewers and width, and of a long answer of code by its lines.

python -m tests.bench.rows
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from chatd.config import Config, LimitsConfig
from chatd.testing import World
from tests.support import converse

ROWS = 60
FUNCTION = """def number_{n}(values: list[int]) -> int:
    \"\"\"Adds them up.\"\"\"
    return sum(value * {n} for value in values)  # each {n} times

"""

Conversation = Callable[[World], Awaitable[float]]


def measured(conversation: Conversation) -> float:
    """CPU seconds that the conversation says it took."""
    spent: list[float] = []

    async def main(world: World) -> None:
        spent.append(await conversation(world))

    converse(main, Config(limits=LimitsConfig(max_answer=16 << 20)), shipped=True)
    return spent[0]


def row(viewers: int, width: int) -> float:
    """CPU seconds of one row, for each viewer."""

    async def conversation(world: World) -> float:
        for number in range(viewers):
            await world.join(f"user{number}", size=(width, 24))
        writer = await world.lines("writer")
        await world.settle(1)
        began = time.process_time()
        for number in range(ROWS):
            writer.types(f"{number} a line that is about as long as people write them in a chat\n")
            await world.settle(0.2)
        return (time.process_time() - began) / ROWS / viewers

    return measured(conversation)


def answer(lines: int) -> float:
    """CPU seconds of an answer with so many lines of code, streamed to one screen."""

    async def conversation(world: World) -> float:
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
        assert world.rows()[-1][2] == "complete"
        return time.process_time() - began

    return measured(conversation)


def main() -> None:
    """Print the tables."""
    print("CPU of one row, by viewers and width")
    base = 0.0
    for viewers, width in ((1, 80), (10, 80), (40, 80), (10, 40), (10, 200)):
        each = row(viewers, width) * 1e6
        base = base or each
        print(f"  {viewers:4} viewers, {width:3} columns {each:7.0f} us a row and viewer   x {each / base:.2f}")
    print("CPU of an answer of code on one screen, by its lines")
    base = 0.0
    for lines in (1250, 2500, 5000, 10000):
        each = answer(lines) / lines * 1e6
        base = base or each
        print(f"  {lines:6} lines {each:7.0f} us a line   x {each / base:.2f}")


if __name__ == "__main__":
    main()
