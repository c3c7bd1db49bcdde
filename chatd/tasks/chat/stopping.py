"""What waits ends when the server stops: it is told at once, and has some time to end by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub


@asynccontextmanager
async def until_stopped(hub: Hub, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """Run the block; when the server begins to stop, `tell` is called, and what of the block still runs a quarter of
    `grace` later is cancelled: then the block is left without an error.
    """
    async with trio.open_nursery() as nursery:

        async def watch() -> None:
            await hub.stopping.wait()
            tell(STOPPING)
            # An answer that is being printed ends by itself, as `interrupted`; this is for what only waits.
            await trio.sleep(hub.limits.grace / 4)
            nursery.cancel_scope.cancel()

        nursery.start_soon(watch)
        yield
        nursery.cancel_scope.cancel()
