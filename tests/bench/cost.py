"""What an answer costs: CPU per piece as answers grow, and per viewer as crowds grow, in the harness with the real UI.

python -m tests.bench.cost
"""

from __future__ import annotations

import time

from chatd.testing import World
from tests.support import converse

PACE_S = 0.02
"""Virtual seconds between two pieces: fifty a second, as a quick local model speaks."""


def cost(viewers: int, pieces: int) -> float:
    """CPU seconds for one answer of so many pieces on so many screens, entering and leaving not counted."""
    spent: list[float] = []

    async def conversation(world: World) -> None:
        bot = world.model("bot")
        people = [await world.join(f"user{i}") for i in range(viewers)]
        for i in range(pieces):
            bot.says(f"word{i} ").pauses(PACE_S)
        bot.ends()
        began = time.process_time()
        people[0].types("@bot go\r")
        await world.settle(pieces * PACE_S + 3)
        spent.append(time.process_time() - began)
        assert world.rows()[-1][2] == "complete"

    converse(conversation, shipped=True)
    return spent[0]


def main() -> None:
    """Print both tables."""
    print("CPU of one answer on one screen, by its length")
    base = 0.0
    for pieces in (500, 1000, 2000, 4000, 8000):
        each = cost(1, pieces) / pieces * 1e6
        base = base or each
        print(f"  {pieces:6} pieces  {each:7.0f} us a piece   x {each / base:.2f}")
    print("CPU of one answer of 500 pieces, by its viewers")
    base = 0.0
    for viewers in (1, 5, 10, 20, 40):
        each = cost(viewers, 500) / 500 / viewers * 1e6
        base = base or each
        print(f"  {viewers:6} viewers {each:7.0f} us a piece and viewer   x {each / base:.2f}")


if __name__ == "__main__":
    main()
