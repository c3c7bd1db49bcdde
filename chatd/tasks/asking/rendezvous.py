"""From a task that makes things to one that asks for them, one at a time: nothing is made before it is wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Rendezvous(Generic[T]):
    """`give` returns when the take after its own has begun, so the giver knows that the thing has been dealt with."""

    def __init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[T](0)
        self._turn = trio.Lock()
        self._asked = trio.Event()
        self._begun = 0
        self._given = 0

    async def give(self, thing: T, *, last: bool = False) -> None:
        """Hand over; one giver after the other. After the `last` thing nobody asks again."""
        async with self._turn:
            await self._send.send(thing)
            self._given += 1
            while self._begun <= self._given and not last:
                await self._asked.wait()

    async def take(self) -> T:
        """The next thing. One taker only."""
        self._begun += 1
        asked, self._asked = self._asked, trio.Event()
        asked.set()
        taken = False
        try:
            thing = await self._receive.receive()
            taken = True
            return thing
        finally:
            if not taken:
                self._begun -= 1


@asynccontextmanager
async def beside(job: Callable[[], Awaitable[object]], name: str) -> AsyncIterator[None]:
    """Run `job` while the block runs; leaving the block cancels it, and a failure of one ends the other.

    What either raises comes out as it is, in no group, unless both have failed. Cancelling goes on up as always.
    """
    problems: list[Exception] = []
    try:
        # Always a group, whatever the program we are part of has chosen: so exactly one is taken off below.
        async with trio.open_nursery(strict_exception_groups=True) as nursery:
            nursery.start_soon(job, name=name)
            try:
                yield
            except Exception as error:  # noqa: BLE001 -- raised again below, where no nursery wraps it in a group
                problems.append(error)
            nursery.cancel_scope.cancel()
    except ExceptionGroup as group:
        problems += group.exceptions
    if len(problems) > 1:
        raise ExceptionGroup(f"{name} failed, and so did who used it", problems)
    if problems:
        raise problems[0]
