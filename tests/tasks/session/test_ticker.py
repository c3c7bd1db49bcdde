"""Ticks come while a script wants to hear that time passes, and wake nobody while none does."""

from __future__ import annotations

import trio

from chatd.tasks.session.ticker import Ticker
from chatd.testing import run


def test_ticks_come_only_while_they_are_wanted() -> None:
    ticks: list[float] = []

    async def talk() -> None:
        ticker = Ticker(lambda: 1.0, lambda: ticks.append(trio.current_time()))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ticker.run)
            await trio.sleep(10)
            assert not ticks
            ticker.runs = True
            await trio.sleep(3.5)
            assert len(ticks) == 3
            ticker.runs = False
            await trio.sleep(10)
            assert len(ticks) == 3
            nursery.cancel_scope.cancel()

    run(talk)
