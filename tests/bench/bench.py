"""What every measurement is given: how many rounds, how long, and whom to measure."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tests.bench import processes
from tests.bench.figure import Figure, Numbers
from tests.bench.people import People, people
from tests.bench.processes import Running


@dataclass(frozen=True)
class Bench:
    """One run of the table.

    Attributes:
        rounds: how often each figure is taken.
        quick: with less of everything: to see whether it works.
        ssh_chat: the program, "" where there is none.
        descriptors: as many as this process may have; a session of a client and one of a server take one each.
    """

    rounds: int = 3
    quick: bool = False
    ssh_chat: str = ""
    descriptors: int = 1024
    began: float = field(default_factory=time.monotonic)

    def pick(self, full: float, quick: float) -> float:
        """How long, in a full run and in a quick one."""
        return quick if self.quick else full

    def count(self, full: int, quick: int) -> int:
        """How many, likewise."""
        return quick if self.quick else full

    def say(self, text: str) -> None:
        """Tell whoever waits what is done now; stderr, as the table is on stdout."""
        sys.stderr.write(f"[{time.monotonic() - self.began:5.0f} s] {text}\n")
        sys.stderr.flush()

    @asynccontextmanager
    async def rivals(self, config: str, *, with_ssh_chat: bool = False) -> AsyncIterator[list[People]]:
        """The server, the floor, and ssh-chat if it is wanted and there; all run at once, nobody is there yet."""
        async with AsyncExitStack() as stack:
            opened = [processes.chatd(config), processes.floor()]
            if with_ssh_chat and self.ssh_chat:
                opened.append(processes.ssh_chat(self.ssh_chat))
            running = [await stack.enter_async_context(one) for one in opened]
            yield [await stack.enter_async_context(people(one)) for one in running]

    async def alternate(
        self, those: Iterable[People], measure: Callable[[People], Awaitable[float]]
    ) -> dict[str, Numbers]:
        """Measure everybody in turn, round by round, so that what else the machine does meets all of them."""
        taken: dict[str, list[float]] = {one.running.name: [] for one in those}
        for _ in range(self.rounds):
            for one in those:
                taken[one.running.name].append(await measure(one))
        return {name: tuple(numbers) for name, numbers in taken.items()}


async def idle_cpu(running: Running, seconds: float = 1.5) -> float:
    """What it takes of a core, 0 to 1, while nobody does anything."""
    before, began = running.cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    return (running.cpu() - before) / (time.monotonic() - began)


Measurement = Callable[[Bench], Awaitable[list[Figure]]]
"""Lines of the table."""
