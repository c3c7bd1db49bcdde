"""What no text may do: hold up the server. Every way a text takes through it is fed with the worst shapes there are, at
half of the way's limit and at the whole of it, and the longest single step of the loop is printed.

python -m tests.bench.abuse [WAY…] [--shape NAME]…

The whole server lives in one real trio loop, its database in a file and on threads, as in `chatd serve`. A step is
counted in processor time of the loop's thread, so that other work on the machine counts as little as can be.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import trio

from chatd.adapters.lua import LuaScripts
from chatd.adapters.system import Worker
from chatd.app import calm_interpreter
from chatd.config import Config, shipped_lua
from chatd.testing import World
from chatd.testing.disk import Disk
from tests.bench.attacks import quiet
from tests.bench.shapes import SHAPES, Shape
from tests.bench.ways import WAYS, Way
from tests.wire.models.test_hostile import VALUES, WHOLE, longest, message

LIMIT_S = 0.05
"""What no step may take."""

NOTABLE_S = 0.01
"""Growth is judged from here on: what is shorter is mostly something else."""

QUADRATIC = 3.0
"""Twice the text may take twice as long, and somewhat more."""

REPLIES = "a reply"

T = TypeVar("T")


class Threads(Disk):
    """Database work on threads, as a server has it."""

    def __init__(self) -> None:
        super().__init__()
        self._writing, self._reading = Worker(), Worker()

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        return await self._writing(function, *args)

    async def read(self, function: Callable[..., T], *args: object) -> T:
        return await self._reading(function, *args)


class Steps(trio.abc.Instrument):
    """The longest step of a task, in seconds of processor time, and whose it was."""

    def __init__(self) -> None:
        self.longest, self.task = 0.0, ""
        self._began = 0.0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._began = time.thread_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        took = time.thread_time() - self._began
        if took > self.longest and not task.name.startswith(MAIN):
            self.longest, self.task = took, task.name.rpartition(".")[2]

    def clear(self) -> None:
        self.longest, self.task = 0.0, ""


MAIN = f"{__name__}."
"""How the names of tasks begin that are this file's own."""


@asynccontextmanager
async def served() -> AsyncIterator[World]:
    """A server whose Lua is run by the loop, as without scripts of an operator's."""
    lua = Config().lua
    scripts = LuaScripts(shipped_lua(), None, instructions=lua.instructions, memory=lua.memory)
    with tempfile.TemporaryDirectory() as home:
        async with World.open(scripts=scripts, database=Path(home) / "chatd.sqlite3", disk=Threads()) as world:
            yield world


async def measure(way: Way, shape: Shape, size: int, steps: Steps) -> tuple[float, str]:
    """Seconds: the longest step while a text of this shape and size goes this way."""
    async with served() as world:
        text = shape(size)
        prepared = await way.prepare(world, text)
        steps.clear()
        with trio.move_on_after(60):
            await way.go(world, prepared)
        return steps.longest, steps.task


def replies() -> list[str]:
    """What a model's server may send, a MiB in one message: the longest step of reading it, whatever is in it."""
    bad = []
    for shape in WHOLE:
        for value in VALUES:
            provider, data = message(value, shape)
            took = longest(provider, data)
            wrong = took > LIMIT_S
            print(f"{REPLIES + ': ' + shape:28}{value:22}{len(data):9}{'':8}{took * 1e3:8.1f}{'':8}  {provider}"
                  + ("  <--" if wrong else ""), flush=True)  # fmt: skip
            bad += [f"{shape}/{value}"] if wrong else []
    return bad


def main(ways: list[str], shapes: list[str]) -> None:
    """Print a line for each way: its worst shape, the step at half the size and at the whole, and who took it."""
    print(f"{'longest step, ms':28}{'shape':22}{'size':>9}{'half':>8}{'whole':>8}{'growth':>8}  task")
    bad = []
    calm_interpreter()
    with quiet():
        for name, way in WAYS.items():
            if ways and name not in ways:
                continue
            for shape_name, shape in SHAPES.items():
                if shapes and shape_name not in shapes:
                    continue
                steps = Steps()
                half, _ = trio.run(measure, way, shape, way.size // 2, steps, instruments=[steps])
                whole, task = trio.run(measure, way, shape, way.size, steps, instruments=[steps])
                growth = whole / max(half, 1e-6)
                wrong = whole > LIMIT_S or (whole > NOTABLE_S and growth > QUADRATIC)
                print(f"{name:28}{shape_name:22}{way.size:9}{half * 1e3:8.1f}{whole * 1e3:8.1f}{growth:8.1f}  {task}"
                      + ("  <--" if wrong else ""), flush=True)  # fmt: skip
                bad += [f"{name}/{shape_name}"] if wrong else []
    if not ways or REPLIES in ways:
        bad += replies()
    print(f"over {LIMIT_S * 1000:.0f} ms, or growing with the square: {', '.join(bad) or 'none'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ways", nargs="*")
    parser.add_argument("--shape", action="append", default=[])
    options = parser.parse_args()
    main(options.ways, options.shape)
