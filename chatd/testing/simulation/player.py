"""Plays a program: its acts, one after the other, by people who are watched, in a world that may be told to stop."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from random import Random

import trio

from chatd.config import Config
from chatd.core.visit import Visit
from chatd.errors import BadConfig
from chatd.testing import program as acts
from chatd.testing.people import People, PlayedPerson
from chatd.testing.play import Player
from chatd.testing.program import FAULTS, Act, Program, describe
from chatd.testing.simulation.bystander import Bystander
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.world import World

CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
"""What text output never has: all controls but LF and TAB."""


class ConfigFile:
    """The `chatd.toml` of a world: another one each time it is read, or a bad one."""

    def __init__(self, settings: Config) -> None:
        self.good = True
        self._settings = settings
        self._count = 0

    def read(self) -> Config:
        """What it says. Raises BadConfig."""
        if not self.good:
            raise BadConfig("chatd.toml: server.motd is 5")
        self._count += 1
        server = replace(self._settings.server, motd=f"the motd of hang-up {self._count}")
        return replace(self._settings, server=server)


class WatchedPlayer(Player[PlayedPerson]):
    """Plays floods, SIGHUP and SIGTERM, too, and looks at whatever people are shown."""

    def __init__(
        self,
        world: World,
        people: People[PlayedPerson],
        watch: Invariants,
        *,
        file: ConfigFile,
        tell: Callable[[str], None],
        seed: int,
    ) -> None:
        super().__init__(world, people, Random(f"world {seed}"))
        self.watch = watch
        self.tell = tell
        self.seed = seed
        self.faults = 0
        self._file = file

    async def play(self, program: Program, bystander: Bystander) -> None:
        """Every act in its order, while somebody else looks whether they are disturbed. Raises Broken."""
        for act in program.acts:
            self.tell(describe(act))
            self.faults += isinstance(act, FAULTS)
            await self.do(act)
            self.watch.in_life()
            if not self.world.hub.stopping.is_set():
                bystander.looks()

    async def do(self, act: Act) -> None:
        """One act. Raises Broken."""
        match act:
            case acts.Flood(who=who, count=count):
                for _ in range(count):
                    await self.do(acts.RunCommand(who, "health"))
            case acts.HangUp(good=good):
                self._file.good = good
                self.world.sighup()
            case acts.Crash():
                self.watch.after_a_kill()
            case acts.Stop():
                self.world.hub.stop(trio.current_time() + self.world.hub.limits.grace / 2)
            case _:
                await super().do(act)

    def connect(self, visit: Visit) -> PlayedPerson:
        """Somebody comes, whatever for, and is watched."""
        person = super().connect(visit)
        person.observer = lambda data: self._shown(visit, data)
        return person

    def _shown(self, visit: Visit, data: bytes) -> None:
        self.watch.when_shown()
        if not visit.pty and (found := CONTROL.search(data)):
            self.watch.breaks("no foreign control byte on any terminal", f"{found[0]!r} in {data[:200]!r}")
        self.tell(f"{visit.visitor.name} is sent {len(data)} bytes, {blake2b(data, digest_size=4).hexdigest()}")
