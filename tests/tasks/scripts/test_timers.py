"""Timers of scripts: on time, few, and gone with the runtime they belong to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import ScriptError
from chatd.tasks.scripts.timers import MAX_TIMERS, SHORTEST_S, Timers
from chatd.testing import MemoryTerminal, World, run
from tests.tasks.scripted import with_files

SCRIPT = """
local plain, ids = on_line, {}
local function tell(word) return function() tools.say(word) end end
function on_line(text)
  local what, seconds, word = text:match("^(%a+) (%S+) ?(.*)")
  if what == "after" or what == "every" then ids[word] = tools[what](tonumber(seconds) or seconds, tell(word))
  elseif what == "cancel" then tools.say("cancelled " .. tostring(tools.cancel_timer(ids[seconds])))
  elseif text == "flood" then for i = 1, 17 do tools.after(1, print) end
  elseif text == "bad" then tools.after(0.1, function() error("in a timer") end)
  elseif text == "waits" then
    tools.after(0.1, function() tools.say(tools.call("calculate", { expression = "6*7" }).result) end)
  elseif text == "ends" then
    local count, id = 0, nil
    id = tools.every(0.5, function(me)
      count = count + 1
      if count == 3 then tools.cancel_timer(me) end
      tools.say("tick " .. count .. " " .. tostring(me == id))
    end)
  else plain(text) end
end
"""

Talk = Callable[[World, MemoryTerminal], Awaitable[None]]


def converse(tmp_path: Path, talk: Talk, script: str = SCRIPT) -> None:
    async def main() -> None:
        async with World.open(scripts=with_files(tmp_path, mine=script)) as world:
            await talk(world, await world.join("alice", size=(200, 24)))

    run(main)


def said(world: World) -> list[str]:
    return [text for _, text, _ in world.rows()]


def test_after_runs_once_and_every_until_it_is_cancelled(tmp_path: Path) -> None:
    async def talk(world: World, alice: MemoryTerminal) -> None:
        alice.types("after 2 once\revery 1 often\r")
        await world.settle(3.2)
        assert sorted(said(world)) == ["often", "often", "often", "once"]
        alice.types("cancel often\rcancel often\rcancel once\r")
        await world.settle(5)
        assert said(world)[4:] == ["cancelled true", "cancelled false", "cancelled false"]

    converse(tmp_path, talk)


def test_one_may_cancel_itself_wait_and_fail(tmp_path: Path) -> None:
    async def talk(world: World, alice: MemoryTerminal) -> None:
        alice.types("ends\r")
        await world.settle(5)
        assert said(world) == ["tick 1 true", "tick 2 true", "tick 3 true"]
        alice.types("waits\r")
        await world.settle()
        assert said(world)[-1] == "42"
        alice.types("bad\r")
        await world.settle()
        assert "script error in a timer: mine.lua:9: in a timer" in alice.screen

    converse(tmp_path, talk)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("flood", "mine.lua:8: after: there are 16 timers already, that is the limit"),
        ("every 0.01 x", "every: 0.01 s is too often, the shortest time is 0.05 s"),
        ("after -1 x", "after takes seconds from 0 to 604800"),
        ("after soon x", "after takes seconds"),
        ("after nan x", "after takes seconds"),
    ],
)
def test_what_cannot_be_is_an_error_at_its_line(tmp_path: Path, line: str, reason: str) -> None:
    async def talk(world: World, alice: MemoryTerminal) -> None:
        alice.types(f"{line}\r")
        await world.settle()
        assert reason in alice.screen

    converse(tmp_path, talk, SCRIPT.replace("tonumber(seconds)", '(seconds == "nan" and 0/0 or tonumber(seconds))'))


def test_they_end_with_the_runtime_and_begin_with_it(tmp_path: Path) -> None:
    async def talk(world: World, alice: MemoryTerminal) -> None:
        alice.types("every 0.3 old\r")
        await world.settle(1)
        (tmp_path / "mine.lua").write_text('tools.every(1, function() tools.say("new") end)')
        await world.settle(1.5)
        before = len(said(world))
        await world.settle(3)
        assert set(said(world)[before:]) == {"new"}

    converse(tmp_path, talk)


def test_those_of_a_file_that_is_run_at_the_begin_run_too(tmp_path: Path) -> None:
    async def talk(world: World, alice: MemoryTerminal) -> None:
        await world.settle(2)
        assert said(world) == ["from the file"]

    converse(tmp_path, talk, 'tools.after(0, function() tools.say("from the file") end)')


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("start"), st.sampled_from([0.0, 0.05, 0.3, 1.0]), st.booleans()),
            st.tuples(st.just("stop"), st.integers(1, 20), st.just(False)),
            st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.04, 0.2, 1.5]), st.just(False)),
            st.tuples(st.just("take"), st.integers(0, 40), st.just(False)),
        ),
        max_size=40,
    ),
)
def test_however_slow_the_reader_is_each_timer_has_one_place(acts: list[tuple[str, float, bool]]) -> None:
    """Never more than MAX_TIMERS in the channel, nothing runs that was cancelled, and nothing early."""

    async def main() -> None:
        waiting: list[int] = []
        begun: dict[int, float] = {}
        cancelled: set[int] = set()

        async def say(number: int) -> None:
            waiting.append(number)
            assert len(waiting) == len(set(waiting)) <= MAX_TIMERS
            assert trio.current_time() >= begun[number] + SHORTEST_S - 1e-9

        async with trio.open_nursery() as nursery:
            timers = Timers(say)
            timers.begin(nursery)
            start, stop = timers.functions()["timer_start"], timers.functions()["timer_stop"]
            for act, value, repeats in acts:
                match act:
                    case "start":
                        try:
                            number = start(max(value, SHORTEST_S) if repeats else value, repeats)
                        except ScriptError:
                            continue
                        assert isinstance(number, int)
                        begun[number] = trio.current_time()
                    case "stop":
                        if stop(int(value)):
                            cancelled.add(int(value))
                    case "sleep":
                        await trio.sleep(value)
                    case _:
                        for number in waiting[: int(value)]:
                            waiting.remove(number)
                            assert timers.take(number) == (number not in cancelled)
            timers.close()
        while waiting:
            assert not timers.take(waiting.pop())

    run(main)


def test_cancelled_ones_keep_their_place_until_what_they_said_has_arrived() -> None:
    """Else a script that makes and cancels timers would fill the channel without end."""

    async def main() -> None:
        waiting: list[int] = []

        async def say(number: int) -> None:
            waiting.append(number)

        async with trio.open_nursery() as nursery:
            timers = Timers(say)
            timers.begin(nursery)
            start, stop = timers.functions()["timer_start"], timers.functions()["timer_stop"]
            for _ in range(MAX_TIMERS):
                start(0.05, True)
            await trio.sleep(1)
            assert len(waiting) == MAX_TIMERS and stop(1)
            with pytest.raises(ScriptError, match="16 timers already"):
                start(0.05, False)
            assert not timers.take(1) and start(0.05, False) == MAX_TIMERS + 1
            timers.close()

    run(main)


def test_at_the_end_of_a_session_one_may_be_set_and_does_not_ring(caplog: pytest.LogCaptureFixture) -> None:
    async def said(number: int) -> None:
        raise AssertionError(f"timer {number} has rung")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            timers = Timers(said)
            timers.begin(nursery)
        start = timers.functions()["timer_start"]
        assert start(1.0, False) == 1 and start(1.0, True) == 2
        timers.close()

    run(main)
    assert not caplog.records
