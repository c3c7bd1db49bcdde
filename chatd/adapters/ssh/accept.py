"""Taking connections no faster than asyncio keeps up with."""

from __future__ import annotations

import asyncio

import trio


async def caught_up(loop: asyncio.AbstractEventLoop) -> None:
    """Wait until asyncio has done what it has to do at this moment: it does one thing in each turn of trio's."""
    done = trio.Event()
    loop.call_soon(done.set)
    await done.wait()
