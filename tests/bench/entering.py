"""What it costs to begin: a login, with few and many people there, and the server itself."""

from __future__ import annotations

import asyncio
import statistics
import time
from itertools import count

from tests.bench import processes
from tests.bench.bench import Bench, idle_cpu
from tests.bench.figure import BY_RATIO, FLOOR, SERVER, Figure, Numbers
from tests.bench.people import People, key_of, names
from tests.bench.processes import settings

THERE = (0, 50, 500)
"""People who are in the lobby already."""

AT_ONCE = 10
COMING_S = 60.0
"""For a crowd to come in; the figure is of those who have."""

LOGINS = 10
"""One after the other, for each round."""

SETTLES_S = 0.5
"""After the last of them, until everybody has been told."""

STARTS = 5
READY_S = 0.6
ROOM = "u"


async def login(bench: Bench) -> list[Figure]:
    """Key exchange, signature, session, first screen, and what all who are there are shown of it."""
    figures: list[Figure] = []
    points: list[tuple[float, float]] = []
    numbers = count()
    async with bench.rivals(settings()) as those:
        for wanted in (0, 5, 20) if bench.quick else THERE:
            for one in those:
                bench.say(f"{wanted} people come to {one.running.name}")
                await _grow(one, wanted)
            there = min(len(one.there) for one in those)
            rounds = await bench.alternate(those, lambda one: _logins(one, next(numbers)))
            points.append((there, statistics.median(rounds[SERVER])))
            said = f"of {wanted} no more had come within {COMING_S:.0f} s" if there < wanted else ""
            what = f"login with {there} in the room, CPU"
            fit = tuple(points[1:]) if len(points) > 2 else ()
            figures.append(
                Figure(f"login-{wanted}", what, "ms", rounds, 1.5, BY_RATIO, (FLOOR,), "people there", fit, said)
            )
    return figures


async def _grow(one: People, wanted: int) -> None:
    """As many people as come within COMING_S: each has to be told of by all who are there."""
    deadline = time.monotonic() + COMING_S
    while (there := len(one.there)) < wanted and time.monotonic() < deadline:
        await one.crowd(names(ROOM, min(wanted - there, AT_ONCE), there))
    await one.running.rests()


async def _logins(one: People, turn: int) -> float:
    """Milliseconds of processor time for each, what the server takes anyway left out."""
    coming = [f"new{turn}-{number}" for number in range(LOGINS)]
    for name in coming:
        key_of(name)
    await one.running.rests(5)
    idle = await idle_cpu(one.running)
    before, began = one.running.cpu(), time.monotonic()
    for name in coming:
        await one.enter(name)
    await asyncio.sleep(SETTLES_S)
    spent = one.running.cpu() - before - idle * (time.monotonic() - began)
    await one.send_away(LOGINS)
    return max(0.0, spent) / LOGINS * 1e3


async def start(bench: Bench) -> list[Figure]:
    """From the start of the process to its ready line, on an empty data directory."""
    took: dict[str, list[float]] = {SERVER: [], FLOOR: []}
    spent: dict[str, list[float]] = {SERVER: [], FLOOR: []}
    for _ in range(bench.count(STARTS, 2)):
        for opened in (processes.chatd(settings()), processes.floor()):
            async with opened as running:
                took[running.name].append(running.took)
                spent[running.name].append(running.cpu())
    return [
        Figure("start", "start to ready", "s", _numbers(took), READY_S),
        Figure("start-cpu", "start to ready, CPU", "s", _numbers(spent)),
    ]


def _numbers(taken: dict[str, list[float]]) -> dict[str, Numbers]:
    return {name: tuple(numbers) for name, numbers in taken.items()}
