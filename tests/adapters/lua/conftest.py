"""A runtime whose `on_line` runs its argument as Lua, and what that printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from chatd.adapters.lua.files import Files
from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.state import Bounds, LuaState
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, Returned, ScriptOutcome

INIT = """
function on_line(source)
  local f, problem = load(source, "=test")
  if not f then error(problem, 0) end
  return f()
end
"""


async def _never() -> Plain:
    raise AssertionError("nobody runs this job")


class Box:
    """One runtime, alone or in a state with others, and a diary of what the host was told."""

    def __init__(
        self,
        directory: Path,
        functions: Mapping[str, HostFunction],
        *,
        init: str = INIT,
        state: LuaState | None = None,
        seed: int = 1,
        **bounds: float,
    ) -> None:
        self.printed: list[str] = []
        self.told: list[tuple[Plain, ...]] = []
        mine: dict[str, HostFunction] = {
            "log": lambda _level, text: self.printed.append(text),
            "tell": lambda *values: self.told.append(values),
            "echo": lambda *values: list(values),
            "same": lambda value=None: value,
            "later": lambda *_: Later(_never),
            "refuse": _refuse,
        }
        (directory / "init.lua").write_text(init)
        files = Files(directory, None)
        self.state = state or LuaState(bounds_of(**bounds), seed=seed)
        self.script = Runtime({**mine, **functions}, files, self.state, seed=seed)
        self.script.run_file(files.module("init"))

    def run(self, source: str) -> ScriptOutcome:
        """Run a piece of Lua in a callback of its own."""
        return self.script.call("on_line", source)


def _refuse(why: str = "no") -> Plain:
    raise ScriptError(why)


def bounds_of(
    *, instructions: float = 3_000_000, memory: float = 8 << 20, seconds: float = 0.1,
) -> Bounds:  # fmt: skip
    """What an entry of a test may take."""
    return Bounds(int(instructions), int(memory), seconds)


class Building:
    """States by what is asked of them, each with a neighbour who must not notice what the others do."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._neighbours: dict[tuple[str, int, Bounds], Box] = {}

    def state(self, init: str, seed: int, bounds: Bounds) -> LuaState:
        """The state for such sessions, with somebody in it."""
        key = (init, seed, bounds)
        if key not in self._neighbours:
            (self._directory / "init.lua").write_text(init)
            modules = Files(self._directory, None).modules()
            state = LuaState(bounds, seed=seed, most=100, modules=modules)
            self._neighbours[key] = Box(self._directory, {}, init=init, state=state, seed=seed)
            self._neighbours[key].script.call("on_line", NEIGHBOUR)
        return self._neighbours[key].state

    def leave(self) -> None:
        """Look whether all is as the neighbours left it, if they have a say."""
        for (init, _, _), box in self._neighbours.items():
            if init == INIT:
                assert box.run(UNHARMED) == Returned()
                assert box.printed == ["unharmed"]
            box.script.close()


NEIGHBOUR = """
mine = { 1, 2, x = { y = "z" } }
function string.shout(s) return s:upper() .. "!" end
function tools.on_tick_of_mine() return "mine" end
math.floor = nil
"""

UNHARMED = """
assert(#mine == 2 and mine.x.y == "z" and ("a"):shout() == "A!" and tools.on_tick_of_mine() == "mine")
assert(math.floor == nil and math.max(1, 2) == 2 and ("%d"):format(3) == "3" and next(mine) == 1)
local made = {} for i = 1, 3 do made[i] = tools.same({ i }) end
assert(#made == 3 and made[3][1] == 3 and tools.echo({ a = 1 })[1].a == 1 and not pcall(tools.refuse))
print "unharmed"
"""


OpenBox = Callable[..., Box]


@pytest.fixture(params=["alone", "shared"])
def open_box(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenBox]:
    """Boxes, each alone in its state or all in one with a neighbour: what holds for one kind holds for the other."""
    boxes: list[Box] = []
    building = Building(tmp_path)

    def make(
        functions: Mapping[str, HostFunction] | None = None, *, init: str = INIT, seed: int = 1, **bounds: float
    ) -> Box:
        state = building.state(init, seed, bounds_of(**bounds)) if request.param == "shared" else None
        boxes.append(Box(tmp_path, functions or {}, init=init, state=state, seed=seed, **bounds))
        return boxes[-1]

    yield make
    for box in boxes:
        box.script.close()
    building.leave()


@pytest.fixture
def box(open_box: OpenBox) -> Box:
    return open_box()
