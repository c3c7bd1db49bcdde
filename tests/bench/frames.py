"""What a frame costs: CPU of drawing one with the real UI, while ten answers stream into the room and while one types.

python -m tests.bench.frames [DIRECTORY OF AN INTERFACE]
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import Config, shipped_lua
from chatd.tasks.session.front import Interface
from chatd.tasks.session.screen_front import ScreenFront
from chatd.testing import World, run
from chatd.testing.sources import SCRIPT_SECONDS

ANSWERS = 10
PIECES = 300
PACE_S = 0.02
TEXT = """Here are *some* words of `code` and a [link](https://example.org/) that go on for a while, as models do.

- a point that is made
- another one, **stressed**

```python
def answer(question: str) -> int:
    return 42  # of course
```

"""

PIECE = [*re.findall(r"\s*\S+", TEXT), "\n\n"]


class Stopwatch:
    """CPU seconds of every frame drawn."""

    def __init__(self) -> None:
        self.spent: list[float] = []
        self._draw = ScreenFront.draw

    def __enter__(self) -> Stopwatch:
        watch = self

        async def draw(front: ScreenFront, interface: Interface) -> None:
            began = time.process_time()
            await watch._draw(front, interface)
            watch.spent.append(time.process_time() - began)

        ScreenFront.draw = draw  # type: ignore[assignment, method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        ScreenFront.draw = self._draw  # type: ignore[method-assign]

    def take(self) -> str:
        """The median and the longest since the last time."""
        spent, self.spent = sorted(self.spent), []
        if not spent:
            return "no frames"
        middle, longest = spent[len(spent) // 2] * 1e3, spent[-1] * 1e3
        return f"{middle:6.2f} ms a frame, {longest:6.2f} ms the longest of {len(spent)}"


def measure(size: tuple[int, int], interface: Path) -> None:
    """Print what frames of this size cost."""

    async def main() -> None:
        settings = Config()
        scripts = LuaScripts(
            interface, None, instructions=settings.lua.instructions, memory=settings.lua.memory, seconds=SCRIPT_SECONDS
        )
        async with World.open(settings, scripts=scripts) as world:
            models = [world.model(f"bot{i}") for i in range(ANSWERS)]
            person = await world.join("ann", size=size)
            askers = [await world.lines(f"user{i}") for i in range(ANSWERS)]
            for model in models:
                for i in range(PIECES):
                    model.says(PIECE[i % len(PIECE)]).pauses(PACE_S)
                model.ends()
            with Stopwatch() as watch:
                for i, asker in enumerate(askers):
                    asker.types(f"@bot{i} go\n")
                await world.settle(PIECES * PACE_S + 3)
                print(f"{size[0]:4} x {size[1]:<3} {ANSWERS} answers stream: {watch.take()}")
                for i in range(100):
                    person.types("x" if i % 2 else "\x7f")
                    await world.settle(0.1)
                print(f"{size[0]:4} x {size[1]:<3} somebody types:     {watch.take()}")

    run(main, seed=0)


def main() -> None:
    """Print the table."""
    interface = Path(sys.argv[1]) if len(sys.argv) > 1 else shipped_lua()
    for size in ((80, 24), (200, 60)):
        measure(size, interface)


if __name__ == "__main__":
    main()
