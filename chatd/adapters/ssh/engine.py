"""The asyncio loop that asyncssh needs, inside trio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio_asyncio  # type: ignore[import-untyped]

from chatd.adapters.ssh.logs import asyncssh_bridged

_LEVELS_OF_OPEN_LOOP = 2


@asynccontextmanager
async def open_engine(log: logging.Logger) -> AsyncIterator[asyncio.AbstractEventLoop]:
    """Within the block asyncio code runs on trio's clock; opened once, around everything that speaks ssh.

    asyncio errors that nobody waits for are logged and go no further: trio_asyncio's own handler raises them in the
    loop's nursery, which would end the server for the fault of one connection. trio_asyncio wraps every exception that
    leaves the block in two groups with one member each; these two are taken off again, groups of the block's own
    are not. Cancellation passes through.
    """
    try:
        async with trio_asyncio.open_loop() as loop:
            loop.set_exception_handler(lambda _, context: _log_stray(log, context))
            with asyncssh_bridged(log):
                yield loop
    except BaseExceptionGroup as group:
        _raise_inner(group)


def _log_stray(log: logging.Logger, context: dict[str, object]) -> None:
    error = context.get("exception")
    log.error(
        "stray asyncio error: %s", context.get("message"), exc_info=error if isinstance(error, Exception) else None
    )


def _raise_inner(group: BaseExceptionGroup[BaseException]) -> None:
    """Raise what the group wraps, with the context it had."""
    error: BaseException = group
    for _ in range(_LEVELS_OF_OPEN_LOOP):
        if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context
