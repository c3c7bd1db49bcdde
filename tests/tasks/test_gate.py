"""A gate: never more inside than places, nobody forgotten, and a place goes to whoever has fewest."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import LimitReached
from chatd.tasks.gate import Gate, Ticket
from chatd.testing import run


async def ignore(_position: int) -> None:
    pass


@given(
    st.lists(st.one_of(st.sampled_from("abc"), st.integers(0, 9)), max_size=40), st.integers(1, 3), st.integers(0, 6)
)
def test_places_are_never_exceeded_and_never_left_empty(steps: list[str | int], places: int, queue: int) -> None:
    gate = Gate("it", places, queue)
    tickets: list[Ticket] = []
    for step in steps:
        if isinstance(step, str):
            ticket = gate.ticket(step)
            try:
                gate.arrive(ticket)
            except LimitReached:
                assert sum(t.inside for t in tickets) == places and gate.waiting == queue
            else:
                tickets.append(ticket)
        elif step < len(tickets):
            gate.depart(tickets.pop(step))
        inside = [t for t in tickets if t.inside]
        waiting = [t for t in tickets if not t.inside]
        assert len(inside) == min(places, len(tickets)) and gate.waiting == len(waiting) <= queue
        assert sorted(gate.position(t) for t in waiting) == list(range(1, len(waiting) + 1))
    for ticket in tickets:
        gate.depart(ticket)
    assert gate.idle


def test_who_asks_much_delays_a_newcomer_by_one_answer_at_most() -> None:
    gate = Gate("it", 1, 10)
    many = [gate.ticket("greedy") for _ in range(4)]
    late = gate.ticket("newcomer")
    for ticket in (*many, late):
        gate.arrive(ticket)
    assert [gate.position(ticket) for ticket in (late, *many[1:])] == [1, 2, 3, 4]
    gate.depart(many[0])
    assert late.inside


def test_those_who_wait_take_turns() -> None:
    gate = Gate("it", 1, 10)
    gate.arrive(gate.ticket("busy"))
    waiting = [gate.ticket(name) for name in "aabb"]
    for ticket in waiting:
        gate.arrive(ticket)
    assert [gate.position(ticket) for ticket in waiting] == [1, 3, 2, 4]


def test_a_place_that_becomes_free_is_heard_of_and_so_is_every_step_towards_it() -> None:
    async def main() -> None:
        gate = Gate("it", 1, 10)
        first, second, third = (gate.ticket(name) for name in "abc")
        heard: list[int] = []

        async def hear(position: int) -> None:
            heard.append(position)

        async with trio.open_nursery() as nursery:
            gate.arrive(first)
            gate.arrive(second)
            gate.arrive(third)
            nursery.start_soon(third.wait, hear)
            await trio.testing.wait_all_tasks_blocked()
            gate.depart(first)
            await trio.testing.wait_all_tasks_blocked()
            gate.depart(second)
        assert heard == [2, 1] and third.inside

    run(main)


def test_a_cancelled_wait_gives_its_turn_back() -> None:
    async def main() -> None:
        gate = Gate("it", 1, 10)
        with gate.ticket("a"):
            with trio.move_on_after(1), gate.ticket("b") as waiting:
                await waiting.wait(ignore)
            assert gate.waiting == 0
        assert gate.idle
        with gate.ticket("c") as mine:
            await mine.wait(ignore)
            assert mine.inside

    run(main)


def test_a_full_queue_says_what_is_full() -> None:
    gate = Gate("qwen", 1, 1)
    gate.arrive(gate.ticket("a"))
    gate.arrive(gate.ticket("b"))
    with pytest.raises(LimitReached, match="1 questions wait for qwen already"):
        gate.check()
