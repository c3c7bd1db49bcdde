"""Scripts that fail, loop or wait while a line is sent: what was typed is never lost, and never said twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatd.adapters.lua import LuaScripts
from chatd.config import shipped_lua
from chatd.ports import Raised, Suspended
from chatd.testing import World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.lua.conftest import Write
from tests.lua.fake_host import FakeHost

FAILING = """
  local add = require("commands.registry").add
  add { name = "err", help = "fails", run = function() error("it is broken") end }
  add { name = "odd", help = "fails oddly", run = function() error({}) end }
  add { name = "loop", help = "takes too long", run = function() while true do end end }
  add { name = "eat", help = "takes all memory", run = function()
    local t = {}
    while true do t[#t + 1] = ("x"):rep(99) .. #t end
  end }
  add { name = "wait", help = "waits", run = function(rest)
    tools.history(1)
    if rest == "loop" then while true do end elseif rest == "err" then error("waited in vain") end
  end }
"""


def killed(host: FakeHost, line: str) -> None:
    """Send a line; the script is stopped in the middle of it, and the host says so."""
    host.type(line)
    outcome = host.script.call("on_key", "Enter", "", 0)
    assert isinstance(outcome, Raised)
    host.tells(f"script error in on_key: {outcome.message}", "error")


def test_a_line_whose_command_fails_comes_back(with_script: Write) -> None:
    alice = with_script(FAILING)
    alice.type("/err long precious text\n")
    assert alice.input() == ("/err long precious text", 23)
    assert "script error in on_line: hook.lua:3: it is broken" in alice.frame()
    alice.tick(5000)
    alice.press("M-<", *["Delete"] * 5, "Enter")
    assert alice.done == [("say", "long precious text")]
    assert alice.input()[0] == ""


def test_every_time_it_fails_it_is_told(with_script: Write) -> None:
    alice = with_script(FAILING)
    for _ in range(2):
        alice.press("C-c").type("/odd\n")
        assert "script error in on_line: (the error is a table)" in alice.frame()
        alice.tick(20_000)


@pytest.mark.parametrize("line", ["/loop long precious text", "/eat long precious text"])
def test_a_line_whose_command_is_stopped_comes_back(with_script: Write, line: str) -> None:
    alice = with_script(FAILING)
    killed(alice, line)
    assert alice.input() == (line, len(line))
    assert "script error in on_key: " in alice.frame()


def test_it_comes_back_when_the_host_has_said_so_before(with_script: Write) -> None:
    """The same error is not told twice: then time passes, or a key is pressed."""
    alice = with_script(FAILING)
    for line in ("/loop one", "/loop two"):
        alice.type(line)
        assert isinstance(alice.script.call("on_key", "Enter", "", 0), Raised)
        assert alice.input()[0] == ""
        alice.tick()
        assert alice.input()[0] == line
        assert "a script was stopped while the line was being sent" in alice.frame()
        alice.press("C-c").tick(20_000)
    alice.type("/loop three")
    assert isinstance(alice.script.call("on_key", "Enter", "", 0), Raised)
    assert alice.press("Left").input() == ("/loop three", 10)


def test_what_was_typed_ahead_behind_it_is_a_line_of_its_own(with_script: Write) -> None:
    alice = with_script(FAILING)
    alice.type("/loop").script.call("on_key", "Enter", "", 0)
    alice.type("hello\n")
    assert alice.done == [("say", "hello")]
    assert alice.press("Up", "Up").input()[0] == "/loop"


def test_a_line_that_waits_is_not_lost(with_script: Write) -> None:
    alice = with_script(FAILING)
    alice.slow = True
    alice.type("/wait long\n").tick(60_000)
    alice.tells("something else")
    assert alice.press("a").input() == ("a", 1)
    alice.press("C-c").load()
    assert alice.input() == ("", 0)
    assert alice.press("Up").input()[0] == "/wait long"


@pytest.mark.parametrize("how", ["err", "loop"])
def test_a_line_that_has_waited_and_fails_then_comes_back(with_script: Write, how: str) -> None:
    alice = with_script(FAILING)
    alice.slow = True
    alice.type(f"/wait {how}")
    outcome = alice.script.call("on_key", "Enter", "", 0)
    assert isinstance(outcome, Suspended)
    alice.script.resume(outcome.call_id, True, [])
    alice.tick()
    assert alice.input()[0] == f"/wait {how}"


@pytest.mark.parametrize(
    "script",
    [
        'tools.on_line(function() error("broken hook") end)',
        "tools.on_line(function() while true do end end)",
        'local shipped = on_line function on_line(text) shipped(text) error("broken hook") end',
    ],
)
def test_a_line_that_was_said_does_not_come_back_whatever_fails_then(with_script: Write, script: str) -> None:
    alice = with_script(script)
    alice.type("long precious text").script.call("on_key", "Enter", "", 0)
    alice.tick()
    assert alice.done == [("say", "long precious text")]
    assert alice.input() == ("", 0)
    assert alice.press("Up").input()[0] == "long precious text"


def test_a_refused_line_comes_back_when_a_hook_fails_as_well(with_script: Write) -> None:
    alice = with_script('tools.on_line(function() error("broken hook") end)')
    alice.type("/hlep\n")
    assert alice.input()[0] == "/hlep"


def test_it_comes_back_over_a_real_session(tmp_path: Path) -> None:
    (tmp_path / "hook.lua").write_text(FAILING)

    async def main() -> None:
        scripts = LuaScripts(shipped_lua(), tmp_path, instructions=400_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            ann = await world.join("ann", size=(100, 24))
            for line, why in (("/err one", "it is broken"), ("/loop two", "stopped after"), ("/loop three", "")):
                ann.types(f"{line}\r")
                await world.settle(8)
                assert f"> {line}" in ann.screen.text and why in ann.screen.text
                ann.types("\x03")
            ann.types("hello\r")
            await world.settle()
            assert [row[1] for row in world.rows()] == ["hello"]

    run(main)


# --- what commands return ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "kind"), [("42", "number"), ("{}", "table"), ("print", "function")])
def test_a_command_that_returns_what_makes_no_sense(with_script: Write, value: str, kind: str) -> None:
    alice = with_script(
        f'require("commands.registry").add {{ name = "odd", help = "", run = function() return {value} end }}'
    )
    alice.type("/odd one\n")
    assert f"script error in /odd: it returned a {kind}; nil or a text is wanted" in alice.frame(100, 24)
    assert alice.input()[0] == "/odd one"


@pytest.mark.parametrize("value", ["nil", "false", "true"])
def test_a_command_that_returns_nothing_went_well(with_script: Write, value: str) -> None:
    alice = with_script(
        f'require("commands.registry").add {{ name = "fine", help = "", run = function() return {value} end }}'
    )
    alice.type("/fine\n")
    assert alice.input()[0] == ""
    assert "script error" not in alice.frame()


def test_a_command_that_has_very_much_to_say(with_script: Write) -> None:
    alice = with_script(
        'require("commands.registry").add '
        '{ name = "long", help = "", run = function() return "it is x" .. ("日本"):rep(20000) end }'
    )
    alice.type("/long\n")
    frame = alice.frame()
    assert "it is x日本日本" in frame
    assert "本 …" in alice.frame(300, 60)
    assert "\ufffd" not in str(alice.frame(300, 60))


def test_a_notice_is_a_text(with_script: Write) -> None:
    alice = with_script('require("keys").bind("F5", function() require("notice").show({}) end)')
    outcome = alice.script.call("on_key", "F5", "", 0)
    assert isinstance(outcome, Raised)
    assert "hook.lua:1: notice.show: string expected, got table" in outcome.message
    assert "lobby" in alice.frame().lines[22]
