"""From a key to its echo: what it takes of the processor, and how long it takes while others keep the server busy."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from tests.bench.bench import Bench, idle_cpu
from tests.bench.delivery import ROOM
from tests.bench.figure import FLOOR, SERVER, Figure, Numbers, percentile
from tests.bench.marks import LETTERS
from tests.bench.people import Pace, People, Person, names, until
from tests.bench.processes import settings
from tests.bench.recording import Recording
from tests.bench.upstream import upstream

MODELS = ("ann", "ben")
ASKERS = 5
ANSWERS = ASKERS * len(MODELS)
PACE = 20
"""Tokens a second of each answer."""

WATCHERS = 50

LINE = 40
"""Letters before the line is cleared: on one line of the screen."""

CLEAR = "\x15"
LATE_S = 3.0
"""After that an echo is no longer waited for."""

TYPES_EVERY_S = 0.1
FLOOD_EVERY_S = 0.002
"""A paste without brackets, or a key held down."""

APART_EVERY_S = 0.04
"""Longer than a frame, so that each key is drawn for itself."""


class EchoMeter:
    """Has somebody type, and sees when each letter is there."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._waiting: dict[bytes, float] = {}
        self._letters = LETTERS
        self.waits: list[float] = []
        """Seconds."""
        self.missed = 0

    def _hear(self, data: bytes) -> None:
        now = time.monotonic()
        for letter in [one for one in self._waiting if one in data]:
            self.waits.append(now - self._waiting.pop(letter))

    async def types(self, every: float, seconds: float) -> list[float]:
        """Letters at this pace, whatever comes back; seconds to the echo of each."""
        self.waits, self._person.hears = [], self._hear
        end, pace, typed = time.monotonic() + seconds, Pace(every), 0
        while time.monotonic() < end:
            await pace.next()
            if typed < LINE:
                letter = self._letters[typed]
                self._waiting[letter.encode()] = time.monotonic()
                self._person.types(letter)
                typed += 1
            elif not self._waiting or time.monotonic() - max(self._waiting.values()) > LATE_S:
                self._clear()
                typed = 0
        await until(lambda: not self._waiting, LATE_S)
        self._clear()
        self._person.hears = None
        return self.waits

    def _clear(self) -> None:
        """Another letter will be in each place: what stands there already is not sent again."""
        self.missed += len(self._waiting)
        self._waiting.clear()
        self._person.types(CLEAR)
        self._letters = self._letters[1:] + self._letters[0]


async def keys(bench: Bench) -> list[Figure]:
    """Alone, and while ten answers stream and fifty look on."""
    seconds = bench.pick(6, 2)
    watchers = bench.count(WATCHERS, 5)
    limits = {"max_streams_per_room": "16", "max_streams_per_user": "16"}
    with upstream() as url:
        config = settings(url, dict.fromkeys(MODELS, "ollama"), **limits)
        async with bench.rivals(config) as (server, floor):
            meters = {one.running.name: EchoMeter(await one.enter(f"{ROOM}-typist")) for one in (server, floor)}
            for one in (server, floor):
                await one.running.rests()
            spent = await bench.alternate((server, floor), lambda one: _spent(one, meters[one.running.name], seconds))
            for one in (server, floor):
                await one.crowd(names(ROOM, watchers))
                await one.running.rests()
            late: dict[str, list[float]] = {SERVER: [], FLOOR: []}
            flooded: dict[str, list[float]] = {SERVER: [], FLOOR: []}
            for _ in range(bench.rounds):
                await _busy(server, floor, meters, seconds, late, flooded)
    missed = sum(meter.missed for meter in meters.values())
    told = f"{missed} letters never came" if missed else ""
    busy = f"{ANSWERS} answers stream, {watchers} look on"
    return [
        Figure("key-cpu", "key to echo, nobody else there, CPU", "ms", spent, 0.2),
        Figure("key-p99", f"key to echo, {busy}, p99", "ms", _numbers(late), 20, note=told),
        Figure("flood-p99", f"the same at {1 / FLOOD_EVERY_S:.0f} keys a second, p99", "ms", _numbers(flooded)),
    ]


def _numbers(taken: dict[str, list[float]]) -> dict[str, Numbers]:
    return {name: tuple(numbers) for name, numbers in taken.items()}


async def _spent(one: People, meter: EchoMeter, seconds: float) -> float:
    """Milliseconds of processor time for a key, what the server takes anyway left out."""
    idle = await idle_cpu(one.running)
    before, began = one.running.cpu(), time.monotonic()
    waits = await meter.types(APART_EVERY_S, seconds)
    spent = one.running.cpu() - before - idle * (time.monotonic() - began)
    return max(0.0, spent) / max(1, len(waits)) * 1e3


async def _busy(
    server: People, floor: People, meters: dict[str, EchoMeter], seconds: float,
    late: dict[str, list[float]], flooded: dict[str, list[float]],
) -> None:  # fmt: skip
    """One round: the answers stream at the server, then at the floor what one of those who look on was sent."""
    tokens = round((2 * seconds + 6) * PACE)
    question = f"say {tokens} tokens, {PACE} a second"
    asked = f"ask --room lobby @{','.join(MODELS)} {question}"
    watcher = server.there[1]
    async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
        for number in range(ASKERS):
            group.create_task(server.runs(f"asker-{number}", asked, seconds=120))
        await asyncio.sleep(3)  # all of them have begun
        recording = Recording(watcher)
        stack.callback(setattr, watcher, "hears", None)
        for every, into in ((TYPES_EVERY_S, late), (FLOOD_EVERY_S, flooded)):
            waits = await meters[SERVER].types(every, seconds)
            into[SERVER].append(percentile(waits, 0.99) * 1e3)
    await server.running.rests()
    replayed = asyncio.create_task(recording.replay(floor.running))
    for every, into in ((TYPES_EVERY_S, late), (FLOOD_EVERY_S, flooded)):
        waits = await meters[FLOOR].types(every, seconds)
        into[FLOOR].append(percentile(waits, 0.99) * 1e3)
    await replayed
