"""What a hostile script costs everybody else: how late the loop is, and how long a bystander waits for a key's echo.

python -m tests.bench.attacks [NAME…]

One real trio loop, the whole server with terminals in memory: mallory's scripts attack, bob types.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from chatd.adapters.lua import LuaScripts, StallBudget
from chatd.app import calm_interpreter
from chatd.bounds import SCRIPT_PATIENCE_S
from chatd.config import Config, shipped_lua
from chatd.testing import MemoryTerminal, World

LIMIT_S = 0.05
"""What nobody else should ever wait longer than."""

BEAT_S = 0.002
LASTS_S = 1.5
"""How long each attack is looked at."""

HEAD = """
if tools.session().name ~= "mallory" then return end
local plain = on_line
local function often(f) for _ = 1, 16 do tools.every(0.05, f) end end
local function on_go(f) function on_line(text) if text == "go" then return f() end return plain(text) end end
"""

ATTACKS = {
    "nothing": "",
    "loop in a timer": "on_go(function() often(function() while true do end end) end)",
    "loop in every key": "function on_key() while true do end end",
    "loop in every frame": "on_go(function() function on_frame() tools.mark_dirty() while true do end end end)",
    "frames without end": """on_go(function() function on_frame() tools.mark_dirty('screen') end
        tools.mark_dirty() end)""",
    "host calls": "on_go(function() often(function() while true do tools.now() end end) end)",
    "wrong host calls": "on_go(function() often(function() while true do pcall(tools.kv_get, {}) end end) end)",
    "errors": "on_go(function() local n = 0 often(function() n = n + 1 error('no ' .. n) end) end)",
    "long strings": """on_go(function() often(function()
        local s = ('x'):rep(3e6) while true do local _ = s .. 'y' end end) end)""",
    "comparisons": """on_go(function() often(function() local a, b = ('x'):rep(2e6) .. 'a', ('x'):rep(2e6) .. 'b'
        while true do local _ = a == b end end) end)""",
    "arithmetic on text": """on_go(function() often(function()
        local s = (' '):rep(3e6) .. '1' while true do local _ = s + 1 end end) end)""",
    "short coroutines": """on_go(function() often(function() local s = ('x'):rep(2e6)
        local function slow() for _ = 1, 40 do local _ = s .. 'y' end end
        local function f(n) if n == 0 then return slow() end for _ = 1, 2 do coroutine.wrap(f)(n - 1) end end
        while true do coroutine.wrap(f)(9) end end) end)""",
    "moves in a table": """on_go(function() often(function() local t = {} for i = 1, 1e5 do t[i] = i end
        while true do table.insert(t, '1', 1) end end) end)""",
    "memory": """on_go(function() often(function()
        local t = {} while true do t[#t + 1] = ('a'):rep(100) .. #t end end) end)""",
    "weak keys": """on_go(function() often(function() local t, k = setmetatable({}, {__mode = 'k'}), {} first = k
        for i = 1, 30000 do local n = {} t[k] = n k = n end while true do local _ = {} end end) end)""",
    "layout of text": """on_go(function() local s = ('word *word* `x` '):rep(4000)
        often(function() while true do tools.layout(s, 40) end end) end)""",
    "layout of brackets": """on_go(function() local s = ('[a]('):rep(16000)
        often(function() while true do tools.layout(s, 40) end end) end)""",
    "layout of stars": """on_go(function() local s = ('*a_'):rep(21000)
        often(function() while true do tools.layout(s, 40) end end) end)""",
    "layout of quotes": """on_go(function() local s = ('> '):rep(32000)
        often(function() while true do tools.layout(s, 40) end end) end)""",
    "layout of a table": """on_go(function() local s = '|a|b|\\n|-|-|\\n' .. ('|x|y|\\n'):rep(10000)
        often(function() while true do tools.layout(s, 1) end end) end)""",
    "layout of code": """on_go(function() local s = '```python\\n' .. ('x = \\'a\\' + (1, [2]) # c\\n'):rep(2500)
        often(function() while true do tools.layout(s, 40) end end) end)""",
    "wrapping": """on_go(function() local s = ('é́ 日'):rep(16000)
        often(function() while true do tools.wrap(s, 1) end end) end)""",
    "widths": """on_go(function() local s = ('👩‍👩‍👧é'):rep(10000)
        often(function() while true do tools.display_width(s) tools.graphemes(s) tools.clip(s, 70000) end end) end)""",
    "long notices": """on_go(function() local s = ('x\\27 '):rep(80000)
        often(function() while true do tools.notify(s) end end) end)""",
    "logging": """on_go(function() local s = ('x'):rep(2e5)
        often(function() while true do tools.log('info', s) end end) end)""",
    "searching": "on_go(function() often(function() tools.search('a') tools.history(1000) end) end)",
    "keeping": """on_go(function() local n = 0 often(function() while true do n = n + 1
        pcall(tools.kv_set, 'k' .. n % 200, ('x'):rep(200 + n % 9)) end end) end)""",
    "help pages": """on_go(function()
        often(function() while true do tools.help_topics() tools.help('keys') end end) end)""",
    "a long row": """on_go(function() for _ = 1, 60 do tools.say(('word '):rep(3000)) end
        local w = 1 tools.on_row_done(function(_, row) often(function() while true do
        w = w % 500 + 1 tools.lines(row.id, w) tools.markdown(row.id, w) end end) end) end)""",
    "on_row in a loop": "tools.on_row(function() while true do end end)",
    "render in a loop": "tools.render('message.user', function() while true do end end)",
    "on_stop in a loop, reloaded": "function on_stop() while true do end end",
    "on_stop of long strings, reloaded": """function on_stop()
        local s = ('x'):rep(3e6) while true do local _ = s .. 'y' end end""",
    "a file of long strings, reloaded": """if tools.session().reloaded then
        local s = ('x'):rep(3e6) while true do local _ = s .. 'y' end end""",
}  # fmt: skip


HERDS = {
    "herd: rows in a loop": "function on_row_added() for _ = 1, 2e6 do end end",
    "herd: rows of long strings": """function on_row_added()
        local s = ('x'):rep(1e6) for _ = 1, 60 do local _ = s .. 'y' end end""",
    "herd: on_stop in a loop, reloaded": "function on_stop() while true do end end",
    "herd: on_stop of long strings, all leave": """function on_stop()
        local s = ('x'):rep(3e6) while true do local _ = s .. 'y' end end""",
}
"""A mistake in everybody's script, twenty people at a time: mallory and her friends, but not bob."""

FRIENDS = 19


def overlay(name: str, attack: str) -> str:
    """The file that mallory's session has beside the shipped ones, and in a herd everybody's but bob's."""
    if name in HERDS:
        return "if tools.session().name == 'bob' then return end\n" + attack + "\n"
    return HEAD + attack + "\n"


class Beat:
    """How late a task is that does nothing but sleep."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def run(self) -> None:
        while True:
            due = time.perf_counter() + BEAT_S
            await trio.sleep(BEAT_S)
            self.worst = max(self.worst, time.perf_counter() - due)


class Echo:
    """How long a bystander's keys take to be on their screen."""

    def __init__(self, person: MemoryTerminal) -> None:
        self._person = person
        self.took: list[float] = []

    async def run(self) -> None:
        while True:
            await trio.sleep(0.03)
            seen, pressed = len(self._person.writes), time.perf_counter()
            self._person.types("x")
            while len(self._person.writes) == seen:  # noqa: ASYNC110 - a bell of its own would be measured too
                await trio.sleep(0.001)
            self.took.append(time.perf_counter() - pressed)
            if len(self.took) % 40 == 0:
                self._person.types("\x15")


async def attacked(name: str, attack: str) -> tuple[float, float, float]:
    """Seconds: the loop's worst lateness, a bystander's worst echo and the usual one."""
    with tempfile.TemporaryDirectory() as directory:
        mine = Path(directory) / "mine.lua"
        mine.write_text(overlay(name, attack))
        lua = Config().lua
        scripts = LuaScripts(
            shipped_lua(),
            mine.parent,
            instructions=lua.instructions,
            memory=lua.memory,
            patience=StallBudget(SCRIPT_PATIENCE_S),
        )
        async with World.open(scripts=scripts) as world:
            mallory, bob = await world.join("mallory"), await world.join("bob")
            friends = [await world.join(f"friend{n}") for n in range(FRIENDS if name in HERDS else 0)]
            bob.types("hello\r")
            await trio.sleep(0.3)
            beat, echo = Beat(), Echo(bob)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(beat.run)
                nursery.start_soon(echo.run)
                mallory.types("go\r")
                end = trio.current_time() + LASTS_S
                while trio.current_time() < end:
                    await trio.sleep(0.05)
                    mallory.types("k\r" if friends else "k")
                    if "reloaded" in name:
                        for bell in world.hub.script_watch.bells.hung():
                            bell.ring()
                if "all leave" in name:
                    for friend in friends:
                        friend.hangs_up()
                    await trio.sleep(0.5)
                nursery.cancel_scope.cancel()
            assert mallory.exit_status is None, f"{name}: the attacker's session ended"
            mallory.hangs_up()
            return beat.worst, max(echo.took, default=LASTS_S), sorted(echo.took or [LASTS_S])[len(echo.took) // 2]


@contextmanager
def quiet() -> Iterator[None]:
    """Log lines are made, as a server makes them, and go nowhere."""
    root, handler = logging.getLogger(), logging.FileHandler("/dev/null")
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield
    root.removeHandler(handler)
    handler.close()


def main(names: list[str]) -> None:
    """Print a line for each attack."""
    print(f"{'ms':30}{'loop late':>10}{'echo max':>10}{'median':>10}")
    late = []
    calm_interpreter()
    with quiet():
        for name, attack in (ATTACKS | HERDS).items():
            if not names or name in names:
                worst, echo, usual = trio.run(attacked, name, attack)
                print(f"{name:30}{worst * 1000:10.1f}{echo * 1000:10.1f}{usual * 1000:10.1f}", flush=True)
                if worst > LIMIT_S:
                    late.append(name)
    print(f"over {LIMIT_S * 1000:.0f} ms: {', '.join(late) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
