"""Scripts of one person that fail, loop, eat or return rubbish wherever they may: the person's session goes on, says
what is wrong, and nobody else sees a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import shipped_lua
from chatd.testing import World, run
from chatd.testing.sources import SCRIPT_SECONDS

RUBBISH = {
    "a number": "7",
    "a list of numbers": "{1, 2, 3}",
    "nested tables": "{content = {{}}, author = {1}, style = {}, {{{}}}}",
    "a huge text": "{content = ('x'):rep(500000), author = ('y'):rep(500000), style = ('z'):rep(500000)}",
    "control bytes": "{content = 'a\\27[2J\\27]0;x\\7b\\0c\\r\\n\\xff', author = '\\27[31m\\nb', style = '\\27[7m'}",
    "lines of control bytes": "{'\\27[2J\\0', {'a\\nb', '\\27[7m', '\\xff\\xfe', 'bold'}}",
    "huge lines": "{('x'):rep(300000), {('y'):rep(300000), ('z'):rep(300000)}}",
    "many lines": "(function() local t = {} for i = 1, 50000 do t[i] = 'x' end return t end)()",
    "lines that are none": "{{1, 2}, print, {{}}}",
    "a function": "print",
    "a lying table": "setmetatable({}, {__index = error, __len = error, __pairs = error})",
    "a table that lies about its length": "setmetatable({}, {__len = function() return 1e9 end})",
    "a table whose length is no number": "setmetatable({}, {__len = function() return 'x' end})",
    "nothing": "nil",
}
ENDINGS = {
    "fails": "error('broken')",
    "fails with a table": "error(setmetatable({}, {__tostring = error}))",
    "loops": "while true do end",
    "eats": "local t = {} while true do t[#t + 1] = ('x'):rep(99) .. #t end",
    "waits": "tools.call('roll', {dice = '2d6'})",
    "yields": "coroutine.yield(1)",
    "draws": "tools.mark_dirty('chat') tools.mark_dirty('screen')",
}
HOOKS = {
    "on_row": "tools.on_row(function(row) {} end)",
    "on_chunk": "tools.on_chunk(function(row, delta) {} end)",
    "render": "tools.render('message.user', function(row, width) {} end)",
    "on_row_added": "tools.on_row_added(function(id, row) {} end)",
    "on_notice": "tools.on_notice(function(text) {} end)",
    "on_tick": "tools.on_tick(function() {} end)",
    "on_resize": "tools.on_resize(function() {} end)",
    "on_room": "tools.on_room(function() {} end)",
    "on_people": "tools.on_people(function() {} end)",
    "on_stop": "tools.on_stop(function() {} end)",
    "on_start": "tools.on_start(function() {} end)",
    "on_timer": "tools.every(0.2, function() {} end)",
}
CASES = {
    **{f"{hook}: {what}": HOOKS[hook].replace("{}", f"return {value}")
       for hook in ("on_row", "on_chunk", "render") for what, value in RUBBISH.items()},
    **{f"{hook} {what}": code.replace("{}", ending)
       for hook, code in HOOKS.items() for what, ending in ENDINGS.items()},
}  # fmt: skip


@pytest.mark.parametrize("script", CASES.values(), ids=CASES)
def test_the_session_goes_on_and_nobody_else_notices(tmp_path: Path, script: str) -> None:
    (tmp_path / "mine.lua").write_text(f"if tools.session().name == 'mallory' then {script} end")

    async def talk() -> None:
        scripts = LuaScripts(shipped_lua(), tmp_path, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            bob = await world.join("bob")
            mallory = await world.join("mallory")
            bob.types("one\r@eliza I am tired\r")
            mallory.types("two\r")
            mallory.resizes(70, 20)
            await world.settle(5)
            bob.types("three\r")
            await world.settle()
            assert "script error" not in bob.screen.text and "three" in bob.screen.text and "two" in bob.screen.text
            assert mallory.exit_status is None
            # What mallory types is on mallory's screen, which is still drawn, and in the room.
            mallory.types("still here")
            await world.settle(1)
            assert "> still here" in mallory.screen.text, mallory.screen.text
            mallory.types("\r")
            await world.settle(1)
            assert ("mallory", "still here", "complete") in world.rows()
            mallory.hangs_up()
            await world.settle(1)
            assert "1 here" in bob.screen.text

    run(talk)
