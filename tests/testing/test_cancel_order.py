"""Tasks hear that they are cancelled in the order in which they came, wherever they lie in memory."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.testing import run

CROWD = 40
"""Tasks: by chance alone, so many are in order once in more runs than anybody makes."""


async def until_cancelled(heard: Callable[[], None]) -> None:
    """Wait, and do something as soon as a cancellation is told."""

    def abort(_: object) -> trio.lowlevel.Abort:
        heard()
        return trio.lowlevel.Abort.SUCCEEDED

    await trio.lowlevel.wait_task_rescheduled(abort)


def test_the_tasks_of_a_nursery() -> None:
    order: list[int] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(CROWD):
                nursery.start_soon(until_cancelled, lambda number=number: order.append(number))
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    run(main)
    assert order == list(range(CROWD))


def test_the_scopes_within_a_scope() -> None:
    """The last that came first: trio goes down into them from the end."""
    order: list[int] = []

    async def within(number: int) -> None:
        with trio.CancelScope():
            await until_cancelled(lambda: order.append(number))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(CROWD):
                nursery.start_soon(within, number)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    run(main)
    assert order == list(reversed(range(CROWD)))


def test_scopes_of_one_deadline() -> None:
    order: list[int] = []

    async def bounded(number: int) -> None:
        with trio.CancelScope(deadline=5):
            await until_cancelled(lambda: order.append(number))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(CROWD):
                nursery.start_soon(bounded, number)

    run(main)
    assert order == list(range(CROWD))


def test_trio_is_left_as_it_was() -> None:
    before = trio._core._run.CancelStatus, trio._core._run.Deadlines.add
    run(trio.lowlevel.checkpoint)
    assert (trio._core._run.CancelStatus, trio._core._run.Deadlines.add) == before
