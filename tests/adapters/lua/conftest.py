"""A runtime whose `on_line` runs its argument as Lua, and what that printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from chatd.adapters.lua.files import Files
from chatd.adapters.lua.runtime import Runtime
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, ScriptOutcome

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
    """One runtime, and a diary of what the host was told."""

    def __init__(
        self,
        directory: Path,
        functions: Mapping[str, HostFunction],
        *,
        init: str = INIT,
        instructions: int = 3_000_000,
        memory: int = 8 << 20,
        seed: int = 1,
        seconds: float = 0.1,
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
        self.script = Runtime(
            {**mine, **functions}, files, instructions=instructions, memory=memory, seed=seed, seconds=seconds
        )
        self.script.run_file(files.module("init"))

    def run(self, source: str) -> ScriptOutcome:
        """Run a piece of Lua in a callback of its own."""
        return self.script.call("on_line", source)


def _refuse(why: str = "no") -> Plain:
    raise ScriptError(why)


OpenBox = Callable[..., Box]


@pytest.fixture
def open_box(tmp_path: Path) -> Iterator[OpenBox]:
    boxes: list[Box] = []

    def make(functions: Mapping[str, HostFunction] | None = None, **options: object) -> Box:
        boxes.append(Box(tmp_path, functions or {}, **options))  # type: ignore[arg-type]
        return boxes[-1]

    yield make
    for box in boxes:
        box.script.close()


@pytest.fixture
def box(open_box: OpenBox) -> Box:
    return open_box()
