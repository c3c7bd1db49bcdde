"""From a task that makes things to one that asks for them, one at a time: nothing is made before it is wanted."""

from __future__ import annotations

from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Handover(Generic[T]):
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
