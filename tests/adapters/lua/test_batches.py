"""Callbacks that are run in one entry are as if each had been called alone: its outcome, its budget, its errors, what
the host is told of it; and a batch that takes a while is left before its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import thread_time
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatd.adapters.lua import host_functions
from chatd.adapters.lua.files import Files
from chatd.adapters.lua.runtime import BATCH_SHARE
from chatd.adapters.lua.state import MAX_SECONDS, LuaState
from chatd.ports import MAX_CALLS, MAX_SUSPENDED, Call, Raised, Returned, ScriptOutcome, Suspended
from chatd.testing.sources import SCRIPT_SECONDS
from tests.adapters.lua.conftest import INIT, Box, OpenBox, bounds_of

OUT = Raised("test:1: stopped after 3000000 instructions")


class Told:
    """What was told of a batch: of each callback, how it ended, and what had been printed before."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self.names: list[str] = []
        self.outcomes: list[ScriptOutcome] = []

    def ended(self, callback: str, outcome: ScriptOutcome) -> None:
        self.names.append(callback)
        self.outcomes.append(outcome)
        self._box.printed.append(f"told of {len(self.outcomes)}")


def run(box: Box, *sources: str) -> Told:
    """Run pieces of Lua in one batch, each in a callback of its own."""
    told = Told(box)
    assert box.script.call_each([("on_line", source) for source in sources], told.ended) == len(sources)
    return told


def test_each_has_its_outcome_and_is_told_of_before_the_next_one_begins(box: Box) -> None:
    assert run(box, "print 'a'", "print 'b' error 'oh'", "print 'c'").outcomes == [
        Returned(), Raised("test:1: oh"), Returned(),
    ]  # fmt: skip
    assert box.printed == ["a", "told of 1", "b", "told of 2", "c", "told of 3"]


def test_one_that_is_suspended_holds_up_none_and_is_resumed_later(box: Box) -> None:
    first, second, third = run(
        box, "print(tools.later())", "print 'meanwhile'", "print(tools.later(), tools.later())"
    ).outcomes
    assert isinstance(first, Suspended) and second == Returned() and isinstance(third, Suspended)
    again = box.script.resume(third.call_id, True, 3)
    assert isinstance(again, Suspended)
    assert box.script.resume(first.call_id, True, 1) == Returned()
    assert box.script.resume(again.call_id, True, 4) == Returned()
    assert box.printed == ["told of 1", "meanwhile", "told of 2", "told of 3", "1", "3\t4"]


def test_no_more_are_suspended_than_may_be(open_box: OpenBox) -> None:
    box = open_box(seconds=10.0)
    outcomes = run(box, *["tools.later()"] * (MAX_SUSPENDED + 2)).outcomes
    assert all(isinstance(outcome, Suspended) for outcome in outcomes[:MAX_SUSPENDED])
    refused = f"test:1: later: {MAX_SUSPENDED} callbacks are waiting already, the limit is {MAX_SUSPENDED}"
    assert outcomes[MAX_SUSPENDED:] == [Raised(refused)] * 2


def test_one_that_spends_its_budget_spends_no_other_ones(open_box: OpenBox) -> None:
    """Two thirds of a budget, for each that ends."""
    box, much = open_box(seconds=10.0), "for _ = 1, 4.8e5 do local _ = #'x' end print 'done'"
    assert run(box, much, "while true do end", much, "while true do pcall(error) end", much).outcomes == [
        Returned(), OUT, Returned(), OUT, Returned(),
    ]  # fmt: skip
    assert box.printed.count("done") == 3


def test_one_that_fills_the_memory_leaves_it_to_the_others(open_box: OpenBox) -> None:
    box = open_box(seconds=10.0)
    eats = "local s = 'x' while true do s = s .. s end"
    big = "local t = {} for i = 1, 40 do t[i] = ('x'):rep(100000) .. i end print 'done'"
    full = Raised("not enough memory, the limit is 8388608 bytes")
    assert run(box, big, eats, big, eats, big).outcomes == [Returned(), full, Returned(), full, Returned()]


def test_what_the_host_may_take_is_for_each(open_box: OpenBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function takes half of it, so each may call it three times: the last time there is something left."""
    clocks = SimpleNamespace(perf_counter=iter(range(100)).__next__, thread_time=thread_time)
    monkeypatch.setattr(host_functions, "time", clocks)
    box = open_box({"slow": lambda: None}, seconds=0.2)
    refused = Raised("test:1: slow: the host has worked 2 s for this callback, that is the limit")
    thrice, more = "for _ = 1, 3 do tools.slow() end", "for _ = 1, 4 do tools.slow() end"
    monkeypatch.setattr(box.script, "_batch_s", 1000.0)
    assert run(box, thrice, thrice, more, thrice).outcomes == [Returned(), Returned(), refused, Returned()]


def test_one_that_registers_another_is_heard_from_the_next_one_on(box: Box) -> None:
    registers = "tools.on_tick(function(x) print('tick', x) end)"
    calls: list[Call] = [("on_tick", 1), ("on_line", registers), ("on_tick", 2), ("on_line", "on_tick = 5")]
    told = Told(box)
    assert box.script.call_each([*calls, ("on_tick", 3)], told.ended) == 5
    assert told.names == ["on_tick", "on_line", "on_tick", "on_line", "on_tick"]
    assert [line for line in box.printed if line.startswith("tick")] == ["tick\t2", "tick\t3"]


def test_what_nobody_has_anything_for_is_not_entered(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(box)
    with monkeypatch.context() as patch:
        patch.setattr(box.state, "enter", None)
        assert box.script.call_each([("on_row_added", "b", {}), ("on_row_done", "b", {})], told.ended) == 2
    assert told.outcomes == [Returned(), Returned()]


def test_a_batch_that_takes_long_is_left(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the time is a millisecond later; the first callback is run in any case."""
    now = iter(range(1000))
    monkeypatch.setattr(box.script, "_now", lambda: next(now) / 1000)
    told = Told(box)
    calls: list[Call] = [("on_line", "print 'x'")] * 5
    made = []
    for share in (0.0, 0.001, 0.0025, 1.0):
        monkeypatch.setattr(box.script, "_batch_s", share)
        made.append(box.script.call_each(calls, told.ended))
    assert made == [1, 2, 3, 5]
    assert len(told.outcomes) == box.printed.count("x") == 11


def test_where_no_callback_is_stopped_by_time_no_batch_is(open_box: OpenBox) -> None:
    """Or simulated worlds would differ."""
    short, long = open_box(seconds=MAX_SECONDS).script, open_box(seconds=SCRIPT_SECONDS).script
    assert (short._batch_s, long._batch_s) == (MAX_SECONDS * BATCH_SHARE, SCRIPT_SECONDS * BATCH_SHARE)


def test_a_batch_has_so_many_and_no_more(open_box: OpenBox) -> None:
    box = open_box(seconds=60.0)
    told = Told(box)
    assert box.script.call_each([("on_line", "print 'x'")] * (MAX_CALLS + 5), told.ended) == MAX_CALLS
    assert len(told.outcomes) == MAX_CALLS


def test_an_interrupt_is_raised_and_what_came_before_is_told(open_box: OpenBox) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    box = open_box({"interrupt": interrupt})
    told = Told(box)
    with pytest.raises(KeyboardInterrupt):
        box.script.call_each([("on_line", "print 'x'"), ("on_line", "tools.interrupt()"), ("on_line", "")], told.ended)
    assert told.outcomes == [Returned()]
    assert box.run("print 'on'") == Returned()


def test_after_close_nothing_is_run(box: Box) -> None:
    box.script.close()
    assert run(box, "print 'x'", "print 'y'").outcomes == [Returned(), Returned()]


ACTS = (
    "tools.tell('plain', #text)",
    "error('oh')",
    "error({})",
    "tools.refuse('so')",
    "while true do end",
    "while true do pcall(tools.tell, 'again') end",
    "kept = (kept or '') .. ('x'):rep(200000) tools.tell(#kept)",
    "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
    "tools.tell(tools.later()) tools.tell('resumed')",
    "local c = coroutine.wrap(function() tools.later() tools.tell('in') end) c() tools.tell('out')",
    "coroutine.yield(1)",
    "tools.tell(tools.echo({ a = #text, b = { 1, 2 } })[1].a)",
    "tools.on_row_done(function(_, row) tools.tell('registered', row.content) end)",
    "function on_row_changed(_, row, piece) tools.tell('changed', row.content .. piece) end",
    "on_row_added = nil",
    "on_tick = 7",
    "string.rep = nil",
)
"""What a callback may do, with `text` at hand."""

CALLS = st.one_of(
    st.tuples(st.just("on_line"), st.sampled_from(ACTS).map("local text = 'x' ".__add__)),
    st.tuples(st.sampled_from(["on_row_added", "on_row_done"]), st.just("b"), st.fixed_dictionaries({
        "content": st.text(max_size=3), "seq": st.integers(0, 3), "meta": st.none() | st.just({"n": 1}),
    })),
    st.tuples(st.just("on_row_changed"), st.just("b"), st.just({"content": "é"}), st.text(max_size=3)),
    st.tuples(st.just("on_tick"), st.integers(0, 9)),
)  # fmt: skip

BEGINNING = INIT + "\nfunction on_row_added(_, row) tools.tell('added', row.content, row.meta and row.meta.n) end"


BOUNDS = bounds_of(instructions=60_000, memory=3 << 20, seconds=60.0)


def one_by_one(box: Box, calls: Sequence[Call]) -> list[ScriptOutcome]:
    return [box.script.call(callback, *arguments) for callback, *arguments in calls]


def in_batches(box: Box, calls: Sequence[Call], sizes: Sequence[int]) -> list[ScriptOutcome]:
    """So many at once, and however many are left."""
    told, at = Told(box), 0
    for size in sizes:
        at += box.script.call_each(calls[at : at + size], told.ended) if at < len(calls) else 0
    while at < len(calls):
        at += box.script.call_each(calls[at:], told.ended)
    assert told.names == [call[0] for call in calls]
    return told.outcomes


def shown(outcomes: Sequence[ScriptOutcome]) -> list[object]:
    """With what can be compared of a suspended one."""
    return [outcome.call_id if isinstance(outcome, Suspended) else outcome for outcome in outcomes]


@pytest.mark.parametrize("shared", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CALLS, max_size=12), st.lists(st.integers(1, 5), max_size=4))
@example([("on_line", act) for act in ACTS], [100])
def test_batches_are_as_one_by_one(
    shared: bool, tmp_path: Path, calls: list[Call], sizes: list[int]
) -> None:  # fmt: skip
    def opened() -> Box:
        state = LuaState(BOUNDS, seed=1, most=40 if shared else 1, modules=Files(tmp_path, None).modules())
        return Box(tmp_path, {}, init=BEGINNING, state=state)

    (tmp_path / "init.lua").write_text(BEGINNING)
    one, other = opened(), opened()
    try:
        expected = one_by_one(one, calls)
        outcomes = in_batches(other, calls, sizes)
        assert shown(outcomes) == shown(expected)
        assert other.told == one.told
        for outcome in expected:
            if isinstance(outcome, Suspended):
                resumed = [box.script.resume(outcome.call_id, True, {"t": 1}) for box in (one, other)]
                assert shown(resumed[:1]) == shown(resumed[1:])
        assert other.told == one.told
    finally:
        one.script.close()
        other.script.close()
