"""What it costs to be there: people who do nothing, the memory of each, a thousand of them around a room that talks."""

from __future__ import annotations

import asyncio
import statistics
from functools import partial

from tests.bench.bench import Bench, idle_cpu
from tests.bench.figure import FLOOR, SERVER, Figure, Numbers, percentile
from tests.bench.keys import TYPES_EVERY_S, EchoMeter
from tests.bench.marks import message
from tests.bench.people import Pace, People, names
from tests.bench.processes import settings

CROWDS = (50, 200, 1000)
IDLE_TARGETS = (0.1, 0.3, 1.0)
"""Percent of a core."""

MEMORY_MB = 0.35
HALL = 200
"""People of the room that talks."""

ROWS = 20
"""A second, in it."""

ROOM = 50
"""People of each other room."""

SETTLED_S = 12
"""Seconds after which whoever has come in has nothing left to do: drafts are kept ten seconds after a key."""

OTHER_DESCRIPTORS = 100


async def standing(bench: Bench) -> list[Figure]:
    """All of it, with one crowd that grows."""
    crowds = tuple(crowd for crowd in CROWDS if 2 * crowd + OTHER_DESCRIPTORS <= bench.descriptors)
    crowds = (5, 20) if bench.quick else crowds
    idle: list[tuple[int, dict[str, Numbers]]] = []
    memory: dict[str, Numbers] = {}
    talking: list[Figure] = []
    async with bench.rivals(settings(max_rooms="1000")) as those:
        began = {one.running.name: 0.0 for one in those}
        for nth, crowd in enumerate(crowds):
            for one in those:
                await _grow(bench, one, crowd)
            idle.append((crowd, await _idle(bench, those)))
            if nth == 0:
                began = {one.running.name: one.running.memory() for one in those}
            elif nth == 1:
                more = crowd - crowds[0]
                memory = {one.running.name: ((one.running.memory() - began[one.running.name]) / more,) for one in those}
            if crowd == max(CROWDS) or (bench.quick and nth == 1):
                talking = await _talking(bench, those, crowd)
    return [*_figures(bench, crowds, idle, memory), *talking]


def _figures(
    bench: Bench, crowds: tuple[int, ...], idle: list[tuple[int, dict[str, Numbers]]], memory: dict[str, Numbers]
) -> list[Figure]:
    points = tuple((n, statistics.median(taken[SERVER])) for n, taken in idle)
    figures = []
    for nth, (crowd, taken) in enumerate(idle):
        fit = points if nth == len(idle) - 1 else ()
        what = f"{crowd} idle sessions"
        figures.append(
            Figure(f"idle-{crowd}", what, "% of a core", taken, IDLE_TARGETS[nth], over="sessions", points=fit)
        )
    figures.append(Figure("memory", "memory of a session beyond start-up", "MB", memory, MEMORY_MB))
    if not bench.quick:
        figures += [skipped(crowd, bench.descriptors) for crowd in CROWDS if crowd not in crowds]
    return figures


def skipped(crowd: int, descriptors: int) -> Figure:
    """A line that says why a crowd did not come."""
    wanted = 2 * crowd + OTHER_DESCRIPTORS
    why = f"left out: the clients take {wanted} descriptors, the process may have {descriptors} (ulimit -Hn)"
    return Figure(f"idle-{crowd}", f"{crowd} idle sessions", "% of a core", note=why)


async def _grow(bench: Bench, one: People, crowd: int) -> None:
    """As many people as this: the first ones in the hall, the others in rooms of ROOM."""
    bench.say(f"{crowd} people come to {one.running.name}")
    server = one.running.name == SERVER
    while (there := len(one.there)) < crowd:
        room = "hall" if there < HALL else f"room{there // ROOM}"
        more = min(crowd, HALL if there < HALL else (there // ROOM + 1) * ROOM) - there
        if server and (there == 0 or there >= HALL):
            maker = await one.enter(f"{room}-{there}")
            maker.types(f"/create {room}\r")
            await asyncio.sleep(0.5)
            there, more = there + 1, more - 1
        await one.crowd(names(room, more, there), f"/join {room}\r" if server else "")
    await one.running.rests()


async def _idle(bench: Bench, those: list[People]) -> dict[str, Numbers]:
    """Percent of a core while nobody does anything, all at the same time: they do not disturb each other."""
    await asyncio.sleep(bench.pick(SETTLED_S, 0))
    taken: dict[str, list[float]] = {one.running.name: [] for one in those}
    for _ in range(bench.rounds):
        shares = await asyncio.gather(*(idle_cpu(one.running, bench.pick(6, 2)) for one in those))
        for one, share in zip(those, shares, strict=True):
            taken[one.running.name].append(share * 100)
    return {name: tuple(numbers) for name, numbers in taken.items()}


async def _talking(bench: Bench, those: list[People], crowd: int) -> list[Figure]:
    """The hall talks, one of it types."""
    seconds = bench.pick(8, 2)
    rounds = await bench.alternate(those, partial(_echo, seconds=seconds))
    what = f"{crowd} sessions, {ROWS} rows/s in a room of {min(HALL, crowd)}, key to echo, p99"
    return [Figure("thousand-p99", what, "ms", {SERVER: rounds[SERVER], FLOOR: rounds[FLOOR]}, 100)]


async def _echo(one: People, seconds: float) -> float:
    """Milliseconds: the 99th percentile."""
    speaker, meter = one.there[1], EchoMeter(one.there[2])

    async def speak() -> None:
        pace = Pace(1 / ROWS)
        for number in range(round(seconds * ROWS)):
            await pace.next()
            speaker.types(message(f"{number % 10}" * 8, number) + "\r")

    async with asyncio.TaskGroup() as group:
        group.create_task(speak())
        waits = await meter.types(TYPES_EVERY_S, seconds)
    await one.running.rests()
    return percentile(waits, 0.99) * 1e3
