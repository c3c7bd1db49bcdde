"""Plays a program: its acts, one after the other, by people in a world on a disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b
from random import Random
from typing import assert_never

import trio
import trio.lowlevel

from chatd.config import Config, ServerConfig
from chatd.core.name_registry import NameRegistry
from chatd.core.visit import Visit
from chatd.errors import BadConfig
from chatd.tasks.log.bell import Bell
from chatd.testing.disk import Disk as SimulatedDisk
from chatd.testing.simulation import program as acts
from chatd.testing.simulation.bystander import Bystander
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.people import People, PlayedPerson
from chatd.testing.simulation.program import FAULTS, Act, Program, describe
from chatd.testing.world import World, inline
from chatd.wiring.reread import Reread

CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
"""What text output never has: all controls but LF and TAB."""

FOLLOW = "tail lobby --follow --json -n 1000"


class Player:
    """Of one world."""

    def __init__(
        self,
        world: World,
        people: People,
        watch: Invariants,
        *,
        disk: SimulatedDisk,
        tell: Callable[[str], None],
        seed: int,
    ) -> None:
        self.world = world
        self.people = people
        self.watch = watch
        self.tell = tell
        self.faults = 0
        self.here: dict[str, PlayedPerson] = {}
        """Who sits at a screen or in line mode, by name; the last of that name."""
        self.viewers: list[PlayedPerson] = []
        """Who follows the lobby's events."""
        self.commands: list[tuple[acts.RunCommand, PlayedPerson]] = []
        self._disk = disk
        self.seed = seed
        self._source = Random(f"world {seed}")
        self._reread = Bell()
        self._configuration = True
        self._motd = 0

    async def play(self, program: Program, bystander: Bystander) -> None:
        """Every act in its order, while somebody else looks whether they are disturbed. Raises Broken."""
        reread = Reread(Config(), self._read_again, self.world.hub, NameRegistry(()), self._reread)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reread.run, inline)
            await self._play(program, bystander)
            nursery.cancel_scope.cancel()

    def _read_again(self) -> Config:
        if not self._configuration:
            raise BadConfig("chatd.toml: server.motd is 5")
        self._motd += 1
        return Config(server=ServerConfig(motd=f"the motd of hang-up {self._motd}"))

    async def _play(self, program: Program, bystander: Bystander) -> None:
        for act in program.acts:
            self.tell(describe(act))
            self.faults += isinstance(act, FAULTS)
            await self._do(act)
            self.watch.in_life()
            if not self.world.hub.stopping.is_set():
                bystander.looks()

    async def _do(self, act: Act) -> None:
        match act:
            case acts.Join():
                self.join(act)
                await trio.lowlevel.checkpoint()
            case acts.RunCommand():
                await self._run(act)
            case acts.Flood(who=who, count=count):
                for _ in range(count):
                    await self._run(acts.RunCommand(who, "health"))
            case acts.HangUp(good=good):
                self._configuration = good
                self._reread.ring()
            case acts.Type(who=who, text=text, cut=cut):
                await self._type(who, text.encode(), cut)
            case acts.Leave(who=who, how=how):
                self._leave(who, how)
            case acts.Window():
                self._window(act)
            case acts.DiskFault(how=how, write=write):
                self.set_disk(how, write)
            case acts.Crash():
                self.watch.after_a_kill(self.world.database.writer.serialize())
            case acts.Stop():
                self.world.hub.stop(trio.current_time() + self.world.hub.limits.grace / 2)
            case acts.LetPass(seconds=seconds):
                await trio.sleep(seconds)
            case _:
                assert_never(act)

    def join(self, act: acts.Join) -> None:
        """Somebody comes."""
        visitor = self.world.visitor(act.who)
        match act.how:
            case "screen":
                visit = Visit(visitor, pty=True, term="xterm-256color", size=act.size)
            case "lines":
                visit = Visit(visitor)
            case _:
                visit = Visit(visitor, FOLLOW)
        person = self._connect(visit)
        if act.how.startswith("events"):
            self.viewers.append(person)
        else:
            self.here[act.who] = person
        if act.how == "events, slowly":
            person.stops_reading()

    def _connect(self, visit: Visit) -> PlayedPerson:
        person = self.people.connect(visit)
        person.observer = lambda data: self._shown(visit, data)
        return person

    def _shown(self, visit: Visit, data: bytes) -> None:
        self.watch.when_shown()
        if not visit.pty and (found := CONTROL.search(data)):
            self.watch.breaks("no foreign control byte on any terminal", f"{found[0]!r} in {data[:200]!r}")
        self.tell(f"{visit.visitor.name} is sent {len(data)} bytes, {blake2b(data, digest_size=4).hexdigest()}")

    async def _run(self, act: acts.RunCommand) -> None:
        person = self._connect(Visit(self.world.visitor(act.who), act.line))
        if not act.reads:
            person.stops_reading()
        if act.piped:
            person.sends(act.piped.encode())
        person.ends_input()
        self.commands.append((act, person))
        if act.gone_after is not None:
            await trio.sleep(act.gone_after)
            person.hangs_up()

    async def _type(self, who: str, data: bytes, cut: int) -> None:
        person = self.here.get(who)
        if person is None:
            return
        for start in range(0, len(data), cut or len(data)):
            person.sends(data[start : start + (cut or len(data))])
            if cut:
                await trio.lowlevel.checkpoint()

    def _leave(self, who: str, how: str) -> None:
        if who not in self.here:
            return
        person = self.here.pop(who)
        match how:
            case "hangs up":
                person.hangs_up()
            case "resets":
                person.resets()
            case _:
                person.ends_input()

    def _window(self, act: acts.Window) -> None:
        own = [self.here.get(act.who), *(one for one in self.viewers if one.visit.visitor.name == act.who)]
        for person in own:
            if person is None or person.ended.is_set():
                continue
            match act.how:
                case "resizes" if person.visit.pty:
                    person.resizes(*act.size)
                case "stops reading":
                    person.stops_reading()
                case "reads on":
                    person.reads_on()
                case _:
                    pass

    def set_disk(self, how: str, write: int = 0) -> None:
        """The disk is so from now on, or fails at its `write`-th next write."""
        disk = self._disk
        match how:
            case "slow":
                disk.delay = lambda: self._source.choice((0.0, 0.001, 0.02, 0.5))
            case "full":
                disk.fills_up()
            case "read-only":
                disk.becomes_read_only()
            case "fails at" | "lands but fails at":
                disk.fails_at(write, lands=how != "fails at")
            case _:
                disk.works_again()
                disk.delay = lambda: 0.0

    def everybody_reads(self) -> None:
        """Whoever had stopped takes what waits."""
        for person in [*self.here.values(), *self.viewers, *(person for _, person in self.commands)]:
            person.reads_on()
