"""The fan: what is new reaches everybody it concerns, at the pace of frames, and nobody holds up the others."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from types import SimpleNamespace
from typing import Any

import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import TerminalGone
from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.screens.display import NOTHING, Missing
from chatd.tasks.screens.fan import AT_ONCE, Fan, Rounds
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.things import Look, Want
from chatd.testing import run

INTERVAL = 0.1


class Anybody:
    """Somebody with a screen; `says` is what each visit answers, the last of it again and again."""

    def __init__(self, *says: Missing | None) -> None:
        self.says = list(says) or [NOTHING]
        self.visits: list[tuple[float, bool]] = []
        self.handed_over = 0
        self.bugs: list[Exception] = []
        self.moves = False
        self.is_due = True

    def visit(self, *, again: bool) -> Missing | None:
        self.visits.append((trio.current_time(), again))
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]

    def changed(self) -> None:
        self.says = [NOTHING]

    def hand_over(self) -> None:
        self.handed_over += 1

    def fail(self, bug: Exception) -> None:
        self.bugs.append(bug)


class Gone(Anybody):
    """Somebody whose channel has closed."""

    def visit(self, *, again: bool) -> Missing | None:
        super().visit(again=again)
        raise TerminalGone("gone")


class Broken(Anybody):
    """Somebody whose screen meets a bug."""

    def visit(self, *, again: bool) -> Missing | None:
        raise ZeroDivisionError


class Nothing:
    """Draws nothing."""

    async def draw(self, canvases: object) -> None:
        await trio.lowlevel.checkpoint()


def with_fan(talk: object) -> None:
    async def main() -> None:
        facts: Any = SimpleNamespace(due=inf, renew=lambda: None, ring_late=lambda: None)
        fan = Fan(Looks(Nothing()), facts, lambda: INTERVAL, lambda: round(trio.current_time() * 1000))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fan.run)
            await talk(fan)  # type: ignore[operator]
            nursery.cancel_scope.cancel()

    run(main)


def test_what_is_new_is_shown_at_once_and_then_at_the_pace_of_frames() -> None:
    async def talk(fan: Fan) -> None:
        somebody = Anybody()
        fan.join(somebody)
        began = trio.current_time()
        for _ in range(100):
            fan.ring(somebody)
            await trio.sleep(INTERVAL / 10)
        times = [when - began for when, _ in somebody.visits]
        assert times[0] == 0 and times[AT_ONCE - 1] < INTERVAL
        assert len(times) <= 100 / 10 + AT_ONCE
        await trio.sleep(INTERVAL * 2)
        assert len(somebody.visits) - len(times) <= 1, "and nobody is visited without something new"

    with_fan(talk)


@given(calls=st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.05)), max_size=40))
def test_no_more_rounds_than_intervals_but_for_some_at_once(calls: list[tuple[float, float]]) -> None:
    rounds, now = Rounds(), 0.0
    begun = []
    for pause, seconds in calls:
        now = max(now + pause, rounds.due)
        begun.append(now)
        rounds.took(now, seconds, INTERVAL)
        now += seconds
    for first, start in enumerate(begun):
        for count, end in enumerate(begun[first:], 1):
            assert count <= (end - start) / INTERVAL + AT_ONCE + 1e-6


def test_who_cannot_be_served_goes_on_alone() -> None:
    async def talk(fan: Fan) -> None:
        slow, far, gone, fine = Anybody(None), Anybody(Missing(row=7)), Gone(), Anybody()
        for one in (slow, far, gone, fine):
            fan.join(one)
            fan.ring(one)
        await trio.sleep(INTERVAL)
        assert (slow.handed_over, far.handed_over, gone.handed_over, fine.handed_over) == (1, 1, 0, 0)
        assert len(fine.visits) == 1

    with_fan(talk)


def test_a_bug_in_one_visit_is_of_that_session_alone() -> None:
    async def talk(fan: Fan) -> None:
        broken, fine = Broken(), Anybody()
        for one in (broken, fine):
            fan.join(one)
            fan.ring(one)
        await trio.sleep(INTERVAL)
        assert [type(bug) for bug in broken.bugs] == [ZeroDivisionError]
        assert len(fine.visits) == 1 and not fine.bugs

    with_fan(talk)


def test_who_has_left_is_not_visited_even_in_the_midst_of_a_round() -> None:
    async def talk(fan: Fan) -> None:
        second = Anybody()

        class First(Anybody):
            def visit(self, *, again: bool) -> Missing | None:
                fan.leave(second)
                return super().visit(again=again)

        first = First()
        for one in (first, second):
            fan.join(one)
            fan.ring(one)
        await trio.sleep(INTERVAL)
        assert first.visits and not second.visits

    with_fan(talk)


def test_what_moves_is_visited_with_each_phase_until_it_rests() -> None:
    async def talk(fan: Fan) -> None:
        mover = Anybody()
        mover.moves = True
        fan.join(mover)
        fan.move(mover)
        await trio.sleep(2.1)
        assert len(mover.visits) == 8
        mover.moves = False
        await trio.sleep(5)
        assert len(mover.visits) <= 10

    with_fan(talk)


def test_when_things_look_otherwise_everybody_is_visited() -> None:
    async def talk(fan: Fan) -> None:
        people = [Anybody(None) for _ in range(60)]
        for one in people:
            fan.join(one)
        fan.ring_all()
        await trio.sleep(INTERVAL)
        assert all(len(one.visits) == 1 and not one.handed_over for one in people)

    with_fan(talk)


def test_what_is_late_is_rung_for_while_answers_stream() -> None:
    """Somebody is rung for in every round, and each of them takes as long as it is until the next one rings."""

    class Slow:
        async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
            await trio.sleep(0.004)
            for canvas in canvases:
                canvas.measure(0, None)

    class Streamed(Anybody):
        def visit(self, *, again: bool) -> Missing | None:
            super().visit(again=again)
            look, key = Look({}, 80), f"row {len(self.visits)}"
            return NOTHING if again else Missing((Want(look, key, "row", 1, 1, lambda: ()),))

    late: list[float] = []

    async def main() -> None:
        def ring_late() -> None:
            late.append(trio.current_time())
            facts.due = inf

        facts: Any = SimpleNamespace(due=1.0, renew=lambda: None, ring_late=ring_late)
        fan, busy = Fan(Looks(Slow()), facts, lambda: INTERVAL, lambda: 0), Streamed()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fan.run)
            fan.join(busy)
            for _ in range(1000):
                fan.ring(busy)
                await trio.sleep(0.004)
            nursery.cancel_scope.cancel()

    run(main)
    assert late and late[0] < 2
