"""Timers on Lua's side: their functions stay there, and the host only sees numbers."""

from __future__ import annotations

from chatd.ports import Plain, Raised, Returned
from tests.adapters.lua.conftest import OpenBox


def test_functions_stay_in_lua_and_run_by_their_number(open_box: OpenBox) -> None:
    started: list[tuple[Plain, Plain]] = []

    def start(seconds: Plain, repeats: Plain) -> int:
        started.append((seconds, repeats))
        return len(started)

    stopped: list[Plain] = []

    def stop(number: Plain) -> bool:
        stopped.append(number)
        return True

    box = open_box({"timer_start": start, "timer_stop": stop})
    box.run("once = tools.after(2, function(id) tools.log('', 'once ' .. id) end)")
    box.run("often = tools.every(1, function() tools.log('', 'often') end)")
    assert started == [(2, False), (1, True)]
    for number in (1, 2, 1, 2, 3):
        assert box.script.call("on_timer", number) == Returned()
    assert box.printed == ["once 1", "often", "often"]
    box.run("tools.log('', tostring(tools.cancel_timer(often)) .. tostring(tools.cancel_timer(often)))")
    box.run("tools.log('', tostring(tools.cancel_timer(nil)) .. tostring(tools.cancel_timer('x')))")
    assert box.printed[3:] == ["truefalse", "falsefalse"] and stopped == [2]
    assert box.script.call("on_timer", 2) == Returned() and len(box.printed) == 5
    box.run("tools.log('', tostring(tools.timer_start) .. tostring(tools.on_timer))")
    assert box.printed[-1] == "nilnil"


def test_wrong_calls_are_errors_at_their_line(open_box: OpenBox) -> None:
    box = open_box({"timer_start": lambda *_: 1, "timer_stop": lambda *_: True})
    assert box.run("\ntools.after(1)") == Raised("test:2: after: function expected, got nil")
    assert open_box().run("tools.every(1, print)") == Raised("test:1: every: there are no timers here")


def test_on_stop_runs_global_and_registered_functions_and_cannot_wait(open_box: OpenBox) -> None:
    box = open_box()
    assert box.script.stop() == Returned()
    box.run("on_stop = function() tools.log('', 'global') end tools.on_stop(function() tools.later() end)")
    assert box.script.stop() == Raised("test:1: later: on_stop cannot wait")
    assert box.printed == ["global"]
    box.script.close()
    assert box.script.stop() == Returned()
