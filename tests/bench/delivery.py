"""What a message costs that many are shown: at a pace at which people speak, and at paces that nobody can read."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from tests.bench.bench import Bench
from tests.bench.figure import BY_RATIO, FLOOR, SERVER, SSH_CHAT, Figure, percentile
from tests.bench.marks import Deliveries, last, mark, message
from tests.bench.people import Pace, People, Person, names, until
from tests.bench.processes import settings

VIEWERS = 50
SMALL, LARGE = 10, 200
"""Crowds that the cost's growth is fitted to, beside VIEWERS."""

PACED = 5
FAST, FASTEST = 200, 1000
"""Messages a second."""

TICKS = 50
"""Writes a second in which fast messages go: each is one packet, as of somebody who pipes them in."""

OWN_LIMIT = 3
"""Messages that ssh-chat takes from one person within OWN_LIMIT seconds; there everybody speaks in turn."""

SHOWN_S = 30.0
"""Until the last message has been shown to everybody; a server that is slower has not done it."""

ROOM = "u"


@dataclass
class Talk:
    """One server, somebody who speaks, and those who look on."""

    people: People
    speaker: Person
    deliveries: Deliveries = field(default_factory=Deliveries)
    numbers: count[int] = field(default_factory=count)
    lasts: count[int] = field(default_factory=count)
    latencies: list[list[float]] = field(default_factory=list)
    """Seconds, of each round."""
    lost: int = 0
    """Deliveries that never came."""
    newest: int = 0
    """The number of the newest message."""
    turns: count[int] = field(default_factory=count)

    @classmethod
    async def open(cls, people: People, viewers: int) -> Talk:
        """Everybody comes in."""
        talk = cls(people, await people.enter(f"{ROOM}-speaker"))
        await talk.grow(viewers)
        return talk

    async def grow(self, viewers: int) -> None:
        """As many viewers as this."""
        there = len(self.people.there) - 1
        for at, person in enumerate(await self.people.crowd(names(ROOM, viewers - there, there)), there):
            person.hears = self._reader(at)
        await self.people.running.rests()

    @property
    def viewers(self) -> int:
        """How many look on."""
        return len(self.people.there) - 1

    def _reader(self, viewer: int) -> Callable[[bytes], None]:
        return lambda data: self.deliveries.read(viewer, data, time.monotonic())

    @property
    def takes_turns(self) -> bool:
        """Whether one person alone may not say as much as is measured."""
        return self.people.running.name == SSH_CHAT

    def speak(self, messages: int = 1) -> None:
        """So many messages, in one packet where one person says them."""
        if not self.takes_turns:
            self.speaker.types("".join(self.say() for _ in range(messages)))
            return
        for _ in range(messages):
            viewer = next(self.turns) % self.viewers
            self.people.there[1 + viewer].types(self.say(by=viewer))

    def say(self, its_mark: str = "", by: int = -1) -> str:
        """A message that is now on its way, with its end of line; `by` a viewer, or the speaker."""
        number = self.newest = next(self.numbers)
        its_mark = its_mark or mark(number)
        self.deliveries.send(its_mark, number, time.monotonic(), by)
        return message(its_mark, number) + "\r"

    def take_lost(self) -> int:
        """What was lost since the last time."""
        lost, self.lost = self.lost, 0
        return lost

    async def paced(self, seconds: float) -> float:
        """Microseconds of processor time for each message and viewer at PACED."""
        running, self.deliveries = self.people.running, Deliveries()
        messages = round(seconds * PACED)
        before, pace = running.cpu(), Pace(1 / PACED)
        for _ in range(messages):
            await pace.next()
            self.speak()
        expected = messages * (self.viewers - self.takes_turns)
        await until(lambda: len(self.deliveries.took) >= expected, SHOWN_S)
        self.latencies.append(self.deliveries.took)
        self.lost += expected - len(self.deliveries.took)
        return (running.cpu() - before) / messages / self.viewers * 1e6

    async def rushed(self, rate: int, seconds: float) -> float:
        """Microseconds for each message and viewer at this rate, whether a viewer was shown it or it scrolled past."""
        running, self.deliveries = self.people.running, Deliveries()
        await asyncio.sleep(OWN_LIMIT if self.takes_turns else 0)
        await running.rests()
        before, pace = running.cpu(), Pace(1 / TICKS)
        messages, sent = round(seconds * rate), 0
        if self.takes_turns:
            messages = min(messages, OWN_LIMIT * self.viewers)
        while sent < messages:
            await pace.next()
            due = min(rate // TICKS, messages - sent)
            self.speak(due)
            sent += due
        self.speaker.types(self.say(last(next(self.lasts))))
        number = self.newest
        await until(lambda: self.deliveries.seen(number) >= self.viewers, SHOWN_S)
        self.lost += self.viewers - self.deliveries.seen(number)
        return (running.cpu() - before) / (sent + 1) / self.viewers * 1e6


async def delivered(bench: Bench) -> list[Figure]:
    """Rows at a pace at which people speak."""
    seconds = bench.pick(6, 2)
    async with bench.rivals(settings(), with_ssh_chat=True) as those:
        talks = {one.running.name: await Talk.open(one, bench.count(SMALL, 3)) for one in those}
        server = talks[SERVER]
        points = [(server.viewers, await server.paced(seconds) * server.viewers)]
        for talk in talks.values():
            await talk.grow(bench.count(VIEWERS, 10))
            await talk.paced(2)  # warm
            talk.latencies.clear()
        rounds = await bench.alternate(those, lambda one: talks[one.running.name].paced(seconds))
        points.append((server.viewers, statistics.median(rounds[SERVER]) * server.viewers))
        late = {name: tuple(percentile(took, 0.99) * 1e3 for took in talk.latencies) for name, talk in talks.items()}
        usual = [percentile(took, 0.5) * 1e3 for took in server.latencies]
        lost = server.take_lost()
        await server.grow(bench.count(LARGE, 20))
        points.append((server.viewers, await server.paced(seconds) * server.viewers))
    what = f"delivered row, {bench.count(VIEWERS, 10)} viewers, {PACED}/s"
    said = f"{lost} of the deliveries never came" if lost else ""
    return [
        Figure(
            "delivered",
            f"{what}, CPU",
            "us",
            rounds,
            1.5,
            BY_RATIO,
            (FLOOR,),
            "viewers",
            tuple(points),
            said,
            bool(lost),
        ),
        Figure("delivered-p99", f"{what}, p99", "ms", late, 60, note=f"p50 {statistics.median(usual):.1f} ms"),
    ]


async def offered(bench: Bench) -> list[Figure]:
    """Rows that come more quickly than anybody reads."""
    figures = []
    async with bench.rivals(settings(), with_ssh_chat=True) as those:
        talks = {one.running.name: await Talk.open(one, bench.count(VIEWERS, 10)) for one in those}
        for rate, seconds in ((FAST, bench.pick(2, 1)), (FASTEST, bench.pick(1, 0.5))):
            rounds = await bench.alternate(those, lambda one: talks[one.running.name].rushed(rate, seconds))  # noqa: B023
            late = {name: talk.take_lost() for name, talk in talks.items() if talk.lost}
            figures.append(
                Figure(
                    f"offered-{rate}", f"offered row, {bench.count(VIEWERS, 10)} viewers, {rate}/s, CPU", "us", rounds,
                    1.0, BY_RATIO, (SSH_CHAT, FLOOR),
                    note=f"viewers that did not see the last within {SHOWN_S:.0f} s: {late}" if late else "",
                    unfinished=SERVER in late,
                )
            )  # fmt: skip
    return figures
