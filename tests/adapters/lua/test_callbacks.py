"""Callbacks: global and registered ones, their errors, suspension, resumption and the end."""

from __future__ import annotations

from pathlib import Path

from chatd.ports import CALLBACKS, MAX_SUSPENDED, Raised, Returned, Suspended
from tests.adapters.lua.conftest import Box, OpenBox


def waiting(box: Box, source: str) -> int:
    outcome = box.run(source)
    assert isinstance(outcome, Suspended), outcome
    return outcome.call_id


def test_a_callback_that_is_not_there_does_nothing(box: Box) -> None:
    assert box.script.call("on_tick", 1) == Returned()


def test_a_callback_that_is_no_function_is_said(box: Box) -> None:
    box.run("on_tick = 5")
    assert box.script.call("on_tick", 1) == Raised("on_tick is not a function but a number")


def test_errors_name_file_and_line(open_box: OpenBox) -> None:
    box = open_box(init="\n\nfunction on_tick()\n  local x = nil + 1\nend")
    assert box.script.call("on_tick", 1) == Raised("init.lua:4: attempt to perform arithmetic on a nil value")
    box = open_box(init="function on_tick()\n while true do\n end\nend")
    assert box.script.call("on_tick", 1) == Raised("init.lua:2: stopped after 3000000 instructions")
    box = open_box(init="function on_tick()\n tools.refuse('so')\nend")
    assert box.script.call("on_tick", 1) == Raised("init.lua:2: refuse: so")


def test_registered_functions_run_after_the_global_one_in_order(box: Box) -> None:
    box.run("""
      tools.on_row_added(function(buffer, row) print(1, buffer, row.author) end)
      tools.on_row_added(function(buffer, row) print(2, buffer, row.author) end)
      function on_row_added(buffer, row) print("global", buffer, row.author) end
    """)
    assert box.script.call("on_row_added", "b", {"author": "ann"}) == Returned()
    assert box.printed == ["global\tb\tann", "1\tb\tann", "2\tb\tann"]


def test_a_function_that_is_global_and_registered_runs_once(box: Box) -> None:
    box.run("""
      function on_row_added(buffer, row) print("global", row.author) end
      tools.on_row_added(on_row_added)
      tools.on_row_added(function() print("other") end)
      function on_tick(x) print("tick", x) end
      tools.on_tick(on_tick)
    """)
    assert box.script.call("on_row_added", "b", {"author": "ann"}) == Returned()
    assert box.run("tools.emit('on_tick', 4)") == Returned()
    assert box.printed == ["global\tann", "other", "tick\t4"]


def test_one_that_fails_does_not_stop_the_others(box: Box) -> None:
    box.run("""
      function on_tick() error("first") end
      tools.on_tick(function() error("second") end)
      tools.on_tick(function() print("third runs") end)
    """)
    assert box.script.call("on_tick", 1) == Raised("test:2: first")
    assert box.printed == ["third runs"]


def test_every_callback_can_be_registered(box: Box) -> None:
    for name in CALLBACKS:
        assert box.run(f"tools.{name}(function(x) print('{name}', x) end)") == Returned()
    assert box.run("on_line = nil") == Returned()
    box.printed.clear()
    for name in CALLBACKS:
        assert box.script.call(name, 7) == Returned()
    assert box.printed == [f"{name}\t7" for name in CALLBACKS]


def test_functions_registered_meanwhile_run_from_the_next_time_on(box: Box) -> None:
    box.run("tools.on_tick(function() tools.on_tick(function() print('late') end) end)")
    assert box.script.call("on_tick", 1) == Returned()
    assert box.printed == []
    assert box.script.call("on_tick", 1) == Returned()
    assert box.printed == ["late"]


def test_emit_runs_ones_own_callbacks_in_place(box: Box) -> None:
    box.run("tools.on_tick(function(x) print('registered', x) end) function on_tick(x) return x + 1 end")
    assert box.run("print(tools.emit('on_tick', 4))") == Returned()
    assert box.printed == ["registered\t4", "5"]


def test_a_call_that_waits_suspends_its_callback_only(box: Box) -> None:
    call_id = waiting(box, "local got = tools.later() print('got', got.title, #got.list)")
    assert box.run("print('meanwhile')") == Returned()
    assert box.script.resume(call_id, True, {"title": "T", "list": [1, 2]}) == Returned()
    assert box.printed == ["meanwhile", "got\tT\t2"]


def test_a_call_that_failed_is_an_error_at_its_place(box: Box) -> None:
    assert box.script.resume(waiting(box, "tools.later()"), False, "no such thing") == Raised("test:1: no such thing")
    assert box.script.resume(waiting(box, "print(pcall(tools.later))"), False, "why") == Returned()
    assert box.printed == ["false\twhy"]


def test_a_callback_may_wait_several_times(box: Box) -> None:
    first = waiting(box, "print(tools.later(), tools.later())")
    second = box.script.resume(first, True, 1)
    assert isinstance(second, Suspended)
    assert second.call_id != first
    assert box.script.resume(first, True, "stale") == Returned()
    assert box.script.resume(second.call_id, True, 2) == Returned()
    assert box.printed == ["1\t2"]


def test_waiting_travels_through_the_scripts_own_coroutines(box: Box) -> None:
    call_id = waiting(
        box,
        """
        local inner = coroutine.wrap(function() coroutine.yield("a") coroutine.yield(tools.later()) error("end") end)
        local outer = coroutine.create(function() coroutine.yield(inner()) coroutine.yield(inner()) inner() end)
        print(coroutine.resume(outer)) print(coroutine.resume(outer)) print(coroutine.resume(outer))
        """,
    )
    assert box.printed == ["true\ta"]
    assert box.script.resume(call_id, True, "b") == Returned()
    assert box.printed[1:] == ["true\tb", "false\ttest:2: end"]


def test_nobody_but_the_host_resumes_a_coroutine_that_waits(box: Box) -> None:
    call_id = waiting(box, "co = coroutine.create(function() return tools.later() end) print(coroutine.resume(co))")
    assert box.run("print(coroutine.resume(co, true, 'forged'))") == Returned()
    assert box.printed == ["false\tcannot resume a coroutine that waits for the host"]
    assert box.script.resume(call_id, True, "real") == Returned()
    assert box.printed[1:] == ["true\treal"]


def test_nobody_but_the_host_resumes_a_callback_that_waits(box: Box) -> None:
    call_id = waiting(box, "me = coroutine.running() print(tools.later())")
    assert box.run("print(coroutine.resume(me, true, 'forged'))") == Returned()
    assert box.script.resume(call_id, True, "real") == Returned()
    assert box.printed == ["false\tcannot resume a coroutine that waits for the host", "real"]
    call_id = waiting(box, "me = coroutine.running() tools.later()")
    assert box.run("coroutine.close(me)") == Returned()
    assert box.script.resume(call_id, True, "late") == Raised("cannot resume dead coroutine")


def test_arguments_too_large_are_said(box: Box) -> None:
    outcome = box.script.call("on_line", [[1]] * 70_000)
    assert isinstance(outcome, Raised)
    assert outcome.message.startswith("on_line: ") and "more than" in outcome.message


def test_tools_for_models_are_made_elsewhere(box: Box) -> None:
    assert box.run("tools.define{name = 'x', run = function() end} tools.actor{name = 'y'}") == Returned()


def test_a_waiting_coroutine_that_is_closed_is_dead_for_its_callback(box: Box) -> None:
    call_id = waiting(box, "co = coroutine.create(function() tools.later() end) print(coroutine.resume(co))")
    assert box.run("coroutine.close(co)") == Returned()
    assert box.script.resume(call_id, True, 1) == Returned()
    assert box.printed == ["false\tcannot resume dead coroutine"]


def test_waiting_again_in_a_loop_has_a_budget_each_time(box: Box) -> None:
    call_id = waiting(box, "for i = 1, 5 do tools.later() for j = 1, 500000 do end end print('done')")
    for _ in range(4):
        outcome = box.script.resume(call_id, True, None)
        assert isinstance(outcome, Suspended)
        call_id = outcome.call_id
    assert box.script.resume(call_id, True, None) == Returned()
    assert box.printed == ["done"]


def test_only_so_many_callbacks_may_wait(box: Box) -> None:
    ids = [waiting(box, "tools.later()") for _ in range(MAX_SUSPENDED)]
    assert box.run("tools.later()") == Raised("test:1: later: 16 callbacks are waiting already, the limit is 16")
    assert box.script.resume(ids[0], True, None) == Returned()
    waiting(box, "tools.later()")


def test_registered_functions_run_when_the_one_before_has_waited(box: Box) -> None:
    box.run("""
      tools.on_tick(function() print("a", tools.later()) end)
      tools.on_tick(function() print("b") end)
    """)
    outcome = box.script.call("on_tick", 1)
    assert isinstance(outcome, Suspended)
    assert box.printed == []
    assert box.script.resume(outcome.call_id, True, 1) == Returned()
    assert box.printed == ["a\t1", "b"]


def test_closing_unwinds_what_waits_oldest_first(open_box: OpenBox) -> None:
    box = open_box()
    for name in "ab":
        waiting(
            box,
            f"""local x <close> = setmetatable({{}}, {{__close = function() print("closed {name}") end}})
            local ok, e = pcall(tools.later) print(ok, e) print(pcall(tools.later))""",
        )
    box.script.close()
    assert box.printed == [
        line for name in "ab" for line in ("false\tcancelled", "false\tlater: cancelled", f"closed {name}")
    ]
    assert box.script.call("on_line", "print('dead')") == Returned()
    assert box.script.resume(1, True, None) == Returned()
    box.script.close()


def test_closing_is_bounded(open_box: OpenBox) -> None:
    box = open_box()
    for _ in range(MAX_SUSPENDED):
        waiting(box, "while true do pcall(tools.later) end")
    box.script.close()
    assert box.printed == []


def test_a_file_cannot_wait_while_it_is_run(tmp_path: Path, open_box: OpenBox) -> None:
    box = open_box(init="ok, why = pcall(tools.later) function on_key() print(ok, why) end")
    box.script.call("on_key")
    assert box.printed == ["false\tlater: a file cannot wait while it is run; do it in on_start"]


def test_print_is_silent_without_a_log(open_box: OpenBox) -> None:
    box = open_box()
    assert box.run("tools.log = nil print('x')") == Returned()
    assert box.printed == []
