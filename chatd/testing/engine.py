"""The asyncio engine without threads, for runs on the virtual clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from chatd.adapters.ssh.engine import open_engine


@asynccontextmanager
async def inline_engine(log: logging.Logger) -> AsyncIterator[asyncio.AbstractEventLoop]:
    """As `open_engine`, without worker threads: asyncssh's client signs in one, and meanwhile a mock clock jumps."""
    async with open_engine(log) as loop:

        def run_inline(executor: object, function: Callable[..., object], *args: object) -> asyncio.Future[object]:
            future = loop.create_future()
            try:
                future.set_result(function(*args))
            except Exception as error:  # noqa: BLE001 -- the future carries it
                future.set_exception(error)
            return future

        loop.run_in_executor = run_inline  # type: ignore[method-assign, assignment]
        yield loop
