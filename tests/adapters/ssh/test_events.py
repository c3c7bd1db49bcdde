"""The queue of events of a channel."""

from __future__ import annotations

import pytest
import trio

from chatd.adapters.ssh.events import EventQueue
from chatd.core.visit import EndOfInput, Input, Interrupt, Resized, TerminalEvent
from chatd.errors import TerminalGone
from tests.adapters.ssh.world import on_virtual_clock
from tests.support import make_limits


async def drained(queue: EventQueue) -> list[TerminalEvent]:
    queue.close()
    events = []
    try:
        while True:
            events.append(await queue.get())
    except TerminalGone:
        return events


@on_virtual_clock
async def test_order_is_kept_and_only_the_newest_size_counts() -> None:
    queue = EventQueue(make_limits())
    for event in (Input(b"a"), Resized(1, 1), Input(b"b"), Resized(2, 2), Interrupt(), EndOfInput()):
        queue.put(event)
    assert await drained(queue) == [Input(b"a"), Resized(2, 2), Input(b"b"), Interrupt(), EndOfInput()]


@on_virtual_clock
async def test_it_is_full_by_events_or_by_bytes() -> None:
    queue = EventQueue(make_limits(input_events=4, input_bytes=10))
    queue.put(Input(b"x" * 9))
    queue.put(Input(b"x"))
    assert (queue.full, queue.low) == (True, False)
    await queue.get()
    assert (queue.full, queue.low) == (False, True)
    for _ in range(10):
        queue.put(Interrupt())
    queue.put(EndOfInput())
    assert await drained(queue) == [Input(b"x"), Interrupt(), Interrupt(), Interrupt(), EndOfInput()]


@on_virtual_clock
async def test_a_cancelled_wait_takes_nothing_and_several_may_wait() -> None:
    queue = EventQueue(make_limits())
    got: list[TerminalEvent] = []

    async def take() -> None:
        got.append(await queue.get())

    with trio.move_on_after(1):
        await queue.get()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(take)
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        queue.put(Input(b"1"))
        queue.put(Input(b"2"))
    assert sorted(map(repr, got)) == ["Input(data=b'1')", "Input(data=b'2')"]


@on_virtual_clock
async def test_closing_lets_go_who_waits() -> None:
    queue = EventQueue(make_limits())

    async def wait() -> None:
        with pytest.raises(TerminalGone):
            await queue.get()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        queue.close()
