"""A gate: never more inside than places, nobody forgotten, and a place goes to whoever has fewest."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.visit import Account
from chatd.errors import LimitReached
from chatd.tasks.asking.fair_limiter import FairLimiter, Ticket, half
from chatd.testing import run


async def ignore(_position: int) -> None:
    pass


def ticket_of(gate: FairLimiter, name: str) -> Ticket:
    """Somebody's ticket; capitals are guests."""
    return gate.ticket(Account(name, guest=name.isupper()))


@given(
    st.lists(st.one_of(st.sampled_from("abc"), st.integers(0, 9)), max_size=40), st.integers(1, 3), st.integers(0, 6)
)
def test_places_are_never_exceeded_and_never_left_empty(steps: list[str | int], places: int, queue: int) -> None:
    gate = FairLimiter("it", places, queue)
    tickets: list[Ticket] = []
    for step in steps:
        if isinstance(step, str):
            one = ticket_of(gate, step)
            try:
                gate.arrive(one)
            except LimitReached:
                assert sum(t.inside for t in tickets) == places and gate.waiting == queue
            else:
                tickets.append(one)
        elif step < len(tickets):
            gate.depart(tickets.pop(step))
        inside = [t for t in tickets if t.inside]
        waiting = [t for t in tickets if not t.inside]
        assert len(inside) == min(places, len(tickets)) and gate.waiting == len(waiting) <= queue
        assert sorted(gate.position(t) for t in waiting) == list(range(1, len(waiting) + 1))
    for ticket in tickets:
        gate.depart(ticket)
    assert gate.idle


@given(
    st.lists(st.one_of(st.sampled_from("abGHI"), st.integers(0, 9)), max_size=60), st.integers(2, 6), st.integers(0, 6)
)
def test_guests_never_have_more_than_half_and_keep_no_member_out(
    steps: list[str | int], places: int, queue: int
) -> None:
    gate = FairLimiter("it", places, queue)
    tickets: list[Ticket] = []
    for step in steps:
        if isinstance(step, int):
            if step < len(tickets):
                gate.depart(tickets.pop(step))
            continue
        of_guests = [t for t in tickets if t.user.guest]
        one = ticket_of(gate, step)
        try:
            gate.arrive(one)
        except LimitReached:
            members = len(tickets) - len(of_guests)
            if one.user.guest:
                assert len(of_guests) >= half(places) + half(queue) or len(tickets) >= places + queue
            else:  # members themselves take what guests leave
                assert members + min(len(of_guests), half(places) + half(queue)) >= places + queue
            continue
        tickets.append(one)
        assert sum(t.inside for t in tickets if t.user.guest) <= half(places)
        free = places - sum(t.inside for t in tickets)
        assert not free or all(t.inside for t in tickets if not t.user.guest)
    for one in tickets:
        gate.depart(one)
    assert gate.idle


def test_a_crowd_of_guests_leaves_half_of_the_places_to_members() -> None:
    gate = FairLimiter("qwen", 4, 4)
    for name in "ABCD":
        gate.arrive(ticket_of(gate, name))
    with pytest.raises(LimitReached, match="2 questions of guests wait for qwen already"):
        gate.arrive(ticket_of(gate, "E"))
    member = ticket_of(gate, "alice")
    gate.arrive(member)
    assert member.inside and gate.waiting == 2


def test_who_asks_much_delays_a_newcomer_by_one_answer_at_most() -> None:
    gate = FairLimiter("it", 1, 10)
    many = [ticket_of(gate, "greedy") for _ in range(4)]
    late = ticket_of(gate, "newcomer")
    for ticket in (*many, late):
        gate.arrive(ticket)
    assert [gate.position(ticket) for ticket in (late, *many[1:])] == [1, 2, 3, 4]
    gate.depart(many[0])
    assert late.inside


def test_those_who_wait_take_turns() -> None:
    gate = FairLimiter("it", 1, 10)
    gate.arrive(ticket_of(gate, "busy"))
    waiting = [ticket_of(gate, name) for name in "aabb"]
    for ticket in waiting:
        gate.arrive(ticket)
    assert [gate.position(ticket) for ticket in waiting] == [1, 3, 2, 4]


def test_a_place_that_becomes_free_is_heard_of_and_so_is_every_step_towards_it() -> None:
    async def main() -> None:
        gate = FairLimiter("it", 1, 10)
        first, second, third = (ticket_of(gate, name) for name in "abc")
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
        gate = FairLimiter("it", 1, 10)
        with ticket_of(gate, "a"):
            with trio.move_on_after(1), ticket_of(gate, "b") as waiting:
                await waiting.wait(ignore)
            assert gate.waiting == 0
        assert gate.idle
        with ticket_of(gate, "c") as mine:
            await mine.wait(ignore)
            assert mine.inside

    run(main)


def test_a_full_queue_says_what_is_full() -> None:
    gate = FairLimiter("qwen", 1, 1)
    gate.arrive(ticket_of(gate, "a"))
    gate.arrive(ticket_of(gate, "b"))
    with pytest.raises(LimitReached, match="1 questions wait for qwen already"):
        gate.check(Account("c"))
