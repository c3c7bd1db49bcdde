"""A receipt: everybody who waits hears of it, once it is committed and not before."""

from __future__ import annotations

import trio
import trio.testing

from chatd.tasks.log.bell import Bell
from chatd.tasks.log.receipt import Receipt
from chatd.testing import run


def test_all_who_wait_hear_of_it_and_who_comes_late_does_not_wait() -> None:
    async def main() -> None:
        receipt, bell, heard = Receipt(), Bell(), []
        receipt.hang(bell)

        async def wait(name: str) -> None:
            await receipt.wait()
            heard.append(name)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, "a")
            nursery.start_soon(wait, "b")
            await trio.testing.wait_all_tasks_blocked()
            assert heard == [] and not receipt.committed
            receipt.fulfil()
        await bell.wait()
        await receipt.wait()
        assert sorted(heard) == ["a", "b"] and receipt.committed

    run(main)


def test_who_waits_no_longer_leaves_nothing_behind() -> None:
    async def main() -> None:
        receipt = Receipt()
        with trio.move_on_after(1):
            await receipt.wait()
        assert receipt._bells is not None and receipt._bells.empty

    run(main)
