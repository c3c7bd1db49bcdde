"""One fault at every step: no step of an answer, a session or the server is a wrong one to end it."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from chatd.adapters.sqlite import recovery
from chatd.core.mention import Mention
from chatd.core.row import Finish
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.session.session import Session
from chatd.testing import Mode
from chatd.testing.program import Join, LetPass, Program, Type
from chatd.testing.simulation import simulate
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.scenarios import SCENARIOS
from chatd.testing.simulation.sweep import (
    EARLY,
    PAIRS,
    Faults,
    What,
    cancel_at,
    cancel_everywhere,
    crash_at,
    crash_everywhere,
)

SHORT = Program(1, (Join("alice", "lines"), Type("alice", "@echo hi\n", 0), LetPass(0.2)))
"""One answer, in line mode: few steps, so that a sweep of all of them is quick."""


def asked(name: str) -> list[str]:
    """What is told of the models in a scenario's life."""
    outcome = simulate(0, Mode.FIFO, SCENARIOS[name])
    told = [line.split(maxsplit=3)[3] for line in outcome.trace]
    return [" ".join(line.split()[:3]) for line in told if line.startswith(("bot is", "sage is"))]


def test_the_scenarios_are_what_their_names_say() -> None:
    assert asked("tools").count("bot is asked") >= 2, "a second round: its calls were answered"
    first, second, *_ = asked("side by side")
    assert {first, second} == {"bot is asked", "sage is asked"}, "both are asked before one is left"
    assert "bot is asked" in asked("slow disk")


def told(name: str, what: What | Faults, step: int) -> str:
    return "\n".join(cancel_at(0, Mode.FIFO, SCENARIOS[name], what, step).trace)


def test_faults_are_what_their_names_say() -> None:
    assert "rita is sent b'carol: hello there" in told("one line", What.LOAD, 30)
    assert "of the guest (" in told("one line", What.GUEST, 30)
    both = told("one line", (What.DISK, What.LOAD), 30)
    assert both.index(f"step {EARLY} of the disk") < both.index("step 30 of the load")


@pytest.mark.parametrize("what", [What.DISK, What.WRITE, What.LOAD, What.GUEST, What.HANGUP])
def test_some_steps_at_which_something_happens(what: What) -> None:
    swept = cancel_everywhere(0, Mode.SHUFFLE, SHORT, what, stride=61)
    assert swept.broken is None and swept.steps >= 1, swept


@pytest.mark.parametrize("pair", [PAIRS[0], (What.DISK, What.SERVER), (What.GUEST, What.DISK)])
def test_some_steps_of_pairs(pair: Faults) -> None:
    swept = cancel_everywhere(0, Mode.PCT, SHORT, pair, stride=61)
    assert swept.broken is None and swept.steps >= 1, swept


def test_the_ssh_stack_is_swept_too() -> None:
    swept = cancel_everywhere(0, Mode.FIFO, SHORT, What.HANGUP, stride=199, profile=Profile.SSH)
    assert swept.broken is None and swept.steps >= 1, swept


@pytest.mark.parametrize(
    ("what", "stride", "fewest"), [(What.MENTION, 1, 8), (What.SESSION, 2, 16), (What.SERVER, 2, 25)]
)
def test_every_step_is_a_good_one_to_end_it(what: What, stride: int, fewest: int) -> None:
    swept = cancel_everywhere(0, Mode.SERIAL, SHORT, what, stride=stride)
    assert swept.broken is None and swept.steps >= fewest, f"a sweep of fewer does not see what it should: {swept}"
    assert swept.whole is (stride == 1)


@pytest.mark.parametrize(("what", "stride"), [(What.MENTION, 13), (What.SESSION, 41), (What.SERVER, 53)])
@pytest.mark.parametrize("name", ["tools", "side by side", "slow disk"])
def test_some_steps_of_the_scenarios(name: str, what: What, stride: int) -> None:
    swept = cancel_everywhere(1, Mode.PCT, SCENARIOS[name], what, stride=stride)
    assert swept.broken is None and swept.steps >= 2, swept


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in ("notices", "one line")])
def test_every_step_is_a_good_one_to_be_killed(name: str) -> None:
    swept = crash_everywhere(1, Mode.SHUFFLE, SCENARIOS[name])
    assert swept.broken is None and swept.whole and swept.steps > 80, swept


def test_bounds_end_a_sweep_and_it_says_so() -> None:
    swept = cancel_everywhere(0, Mode.FIFO, SHORT, What.MENTION, most=2)
    assert (swept.steps, swept.whole, swept.broken) == (2, False, None)
    assert not crash_everywhere(0, Mode.FIFO, SHORT, most=2).whole


def test_until_its_fault_a_world_is_the_same_each_time() -> None:
    whole = simulate(0, Mode.SERIAL, SHORT).trace
    for step in (0, 5, 9):
        trace = cancel_at(0, Mode.SERIAL, SHORT, What.SESSION, step).trace
        at = next(i for i, line in enumerate(trace) if f"step {step} of the session" in line)
        assert trace[:at] == whole[:at] and trace[at:] != whole[at:]


# --- what people get wrong, and a sweep finds


async def awaits_before_it_finishes(self: Any) -> None:
    """Answer.run with an await too early: whoever hangs up leaves an open row."""
    try:
        with self.scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._stream)
    finally:
        await trio.lowlevel.checkpoint()
        self._submit(self.mention.interrupt(self._stop_as, self._clock.now_ms()))
        self._on_end(self)
        await self._settle()


@pytest.mark.parametrize("what", [What.SESSION, What.SERVER])
def test_an_await_before_the_finish_is_found_and_its_step_replays_it(
    what: What, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunningAnswer, "run", awaits_before_it_finishes)
    assert simulate(0, Mode.FIFO, SHORT).broken is None, "only the sweep sees it"
    swept = cancel_everywhere(0, Mode.FIFO, SHORT, what)
    assert swept.broken is not None and swept.at is not None and not swept.whole
    again = cancel_at(0, Mode.FIFO, SHORT, what, swept.at).broken
    assert again is not None and (again.name, again.detail) == (swept.broken.name, swept.broken.detail)


def test_a_row_that_a_stop_leaves_open_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Mention.interrupt

    def interrupt(self: Mention, *args: Any) -> Any:
        return [draft for draft in original(self, *args) if not isinstance(draft, Finish)]

    monkeypatch.setattr(Mention, "interrupt", interrupt)
    swept = cancel_everywhere(0, Mode.FIFO, SHORT, What.MENTION)
    assert swept.broken is not None and swept.broken.name == "every row is finished"


def test_a_session_that_outlives_its_server_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hears_nothing(_: Session) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(Session, "_watch_stop", hears_nothing)
    broken = cancel_at(0, Mode.FIFO, SHORT, What.SERVER, 40).broken
    assert broken is not None and broken.name == "a server that stops ends its sessions"


def test_a_recovery_that_leaves_calls_without_results_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_answer_calls", lambda *_: None)
    swept = crash_everywhere(0, Mode.FIFO, SCENARIOS["tools"])
    assert swept.broken is not None and swept.broken.name == "every call has one result" and swept.at is not None
    again = crash_at(0, Mode.FIFO, SCENARIOS["tools"], swept.at).broken
    assert again is not None and again.detail == swept.broken.detail
    before = crash_at(0, Mode.FIFO, SCENARIOS["tools"], swept.at - 1).broken
    assert before is None, "one step earlier the call was not on disk"
