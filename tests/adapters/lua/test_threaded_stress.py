"""Many scripts on threads at once, called, cancelled, stopped and closed at odd moments: whatever happens, host
functions are run by the loop and only for who is wanted, and in the end every runtime is freed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
import trio

from chatd.adapters.lua import threaded
from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.scripts import LuaScripts
from chatd.adapters.lua.stall_budget import StallBudget
from chatd.errors import ScriptError
from chatd.ports import Call, HostFunction, Later, Plain, Script, ScriptOutcome, Suspended

INIT = """
local acts = {
  function() for i = 1, 20 do tools.tell(i) end end,
  function() for _ = 1, 2e4 do end tools.tell('x') end,
  function() pcall(tools.refuse) tools.refuse() end,
  function()
    local _ <close> = setmetatable({}, {__close = function() pcall(tools.tell, 'closing') pcall(tools.free) end})
    tools.tell(tools.later())
  end,
  function() for i = 1, 30 do tools.free() tools.tell(i) end end,
  function() while true do pcall(tools.tell, 'loop') end end,
  function() local s = ('x'):rep(2e5) for i = 1, 50 do local _ = s .. i end end,
  function() local t = {} while true do t[#t + 1] = ('a'):rep(1000) .. #t end end,
}
function on_line(act) acts[act]() end
function on_stop() tools.tell('stop') end
"""
SCRIPTS = 300
AT_ONCE = 10
"""Scripts that live side by side."""


class Owner:
    """Whom one script belongs to."""

    def __init__(self, random: Random, wrong: list[str]) -> None:
        self._random = random
        self._wrong = wrong
        self._loop = threading.get_ident()
        self._gone = False

    def functions(self) -> Mapping[str, HostFunction]:
        return {
            "tell": self._tell, "refuse": self._refuse, "free": self._free,
            "later": lambda: Later(trio.lowlevel.checkpoint),
        }  # fmt: skip

    def _tell(self, value: Plain = None) -> None:
        if threading.get_ident() != self._loop:
            self._wrong.append(f"tell({value!r}) was not run by the loop")
        if self._gone:
            self._wrong.append(f"tell({value!r}) for nobody")

    def _free(self) -> None:
        if self._gone and threading.get_ident() == self._loop:
            self._wrong.append("the loop ran what the thread should")

    def _refuse(self) -> Plain:
        raise self._random.choice([ScriptError("no"), ValueError("a bug")])

    async def lives(self, scripts: LuaScripts) -> None:
        """From opening to closing, with cancellations in between."""
        script: Script | None = None
        with self._scope():
            script = await scripts.open(self.functions(), seed=1, off_loop=frozenset({"free"}))
        if script is None:
            self._gone = True
            return
        for _ in range(self._random.randrange(6)):
            with self._scope() as scope:
                for outcome in await self._outcomes(script):
                    if isinstance(outcome, Suspended) and self._random.random() < 0.5:
                        await script.resume(outcome.call_id, True, "there")
            if scope.cancelled_caught:
                break
        if self._random.random() < 0.7:
            with self._scope():
                await script.stop()
        self._gone = True
        script.close()

    async def _outcomes(self, script: Script) -> list[ScriptOutcome]:
        """Of one call, or of a batch."""
        if self._random.random() < 0.5:
            return [await script.call("on_line", self._random.randint(1, 8))]
        outcomes: list[ScriptOutcome] = []

        def ended(callback: str, outcome: ScriptOutcome) -> None:
            self._tell(callback)
            outcomes.append(outcome)

        calls: list[Call] = [("on_line", self._random.randint(1, 8)) for _ in range(self._random.randint(1, 6))]
        made = await script.call_each(calls, ended)
        if made != len(outcomes):
            self._wrong.append(f"{made} callbacks were made, and {len(outcomes)} told of")
        return outcomes

    def _scope(self) -> trio.CancelScope:
        seconds = self._random.random() * 0.004 if self._random.random() < 0.2 else 30
        return trio.CancelScope(deadline=trio.current_time() + seconds)


@pytest.mark.parametrize("most", [0.0, 1e-4, 1e-3])
def test_whatever_happens_everything_is_freed(most: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "init.lua").write_text(INIT)
    random, wrong = Random(1), list[str]()
    made, freed, all_freed = [0], [0], threading.Event()
    begin, free = Runtime.__init__, Runtime.close

    def init(runtime: Runtime, *args: object, **options: object) -> None:
        begin(runtime, *args, **options)  # type: ignore[arg-type]
        made[0] += 1

    def close(runtime: Runtime) -> None:
        alive = runtime._state is not None
        free(runtime)
        freed[0] += alive
        if freed[0] == made[0]:
            all_freed.set()

    monkeypatch.setattr(Runtime, "__init__", init)
    monkeypatch.setattr(Runtime, "close", close)
    monkeypatch.setattr(threaded, "MAX_REST_S", 0.0005)

    async def main() -> None:
        scripts = LuaScripts(tmp_path, None, instructions=100_000, memory=2 << 20, patience=StallBudget(most))
        with trio.fail_after(60):
            for _ in range(SCRIPTS // AT_ONCE):
                async with trio.open_nursery() as nursery:
                    for _ in range(AT_ONCE):
                        nursery.start_soon(Owner(random, wrong).lives, scripts)
            while made[0] != freed[0]:
                all_freed.clear()
                if made[0] != freed[0]:
                    await trio.to_thread.run_sync(all_freed.wait, 20)

    trio.run(main)
    assert wrong == []
    assert made[0] == freed[0] > SCRIPTS // 2
