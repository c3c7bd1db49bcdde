"""Playing what was drawn in a world of one's own: programs of people's acts, and scripts of models.

async with World.open(settings) as world:
    people = await play(world, program)
    assert all("Traceback" not in person.screen for person in people.values())
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import trio
import trio.lowlevel

from chatd.core.stream import Done, Failed, Thinking, Token, ToolCall
from chatd.core.visit import Visit
from chatd.testing import program as acts
from chatd.testing.checks import check_recoverable
from chatd.testing.connection import GOOD
from chatd.testing.models import ScriptedModel
from chatd.testing.people import People, PlayedPerson
from chatd.testing.program import Act, Program
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

Said = Token | Thinking | ToolCall | Done | Failed | float
"""A piece, a call, an end; or a silence in seconds."""

FOLLOW = "tail lobby --follow --json -n 1000"
"""How a bot follows the lobby's events."""


@dataclass(frozen=True, slots=True)
class ModelScript:
    """What a model says to one question, round by round."""

    steps: tuple[Said, ...]


def follow(model: ScriptedModel, script: ModelScript) -> None:
    """Have the model say all of it, to the question that is its next."""
    for step in script.steps:
        match step:
            case Token(text=text):
                model.says(text)
            case Thinking(text=text):
                model.thinks(text)
            case ToolCall(id=call_id, name=name, arguments=arguments):
                model.calls(name, arguments, call_id=call_id)
            case Done(status=status):
                model.ends(status)
            case Failed(reason=reason, status=status):
                model.fails(reason, status)
            case _:
                model.pauses(step)


async def play(world: World, program: Program) -> dict[str, MemoryTerminal]:
    """Do every act of the program, one after the other; returns the newest terminal of everybody who came, by name.

    Nobody waits for what an act leads to: an act `LetPass` lets time pass, `world.settle()` afterwards lets all of it
    come to rest. What somebody does who is not there is left out; a name comes a second time when it joins again. At a
    `Crash` what a `kill -9` would leave is recovered in a copy, and must be whole; raises Broken when it is not.

    Plays whatever `strategies.acts` draws; raises ValueError for acts of `chatd sim` alone.
    """
    player = Player(world, world, Random(f"play {program.seed}"))
    for act in program.acts:
        await player.do(act)
    return player.newest


P = TypeVar("P", bound=PlayedPerson)


class Player(Generic[P]):
    """Has people do what acts say, and keeps who came. `source` draws how slow a slow disk is."""

    def __init__(self, world: World, people: People[P], source: Random) -> None:
        self.world = world
        self.people = people
        self.here: dict[str, P] = {}
        """Who sits at a screen or in line mode, by name; the last of that name."""
        self.newest: dict[str, P] = {}
        """As `here`, with those who have left."""
        self.viewers: list[P] = []
        """Who follows the lobby's events."""
        self.commands: list[tuple[acts.RunCommand, P]] = []
        self._source = source
        self._deaf: list[P] = []
        """Who has stopped reading."""

    def reads(self, person: P) -> bool:
        """Whether somebody takes what they are sent, as it comes."""
        return person.quality is GOOD and not any(one is person for one in self._deaf)

    async def do(self, act: Act) -> None:
        """One act. Raises Broken for a kill that would lose something, ValueError for what is not played here."""
        match act:
            case acts.Join():
                self.join(act)
                await trio.lowlevel.checkpoint()
            case acts.RunCommand():
                await self._run(act)
            case acts.Type(who=who, text=text, cut=cut):
                await self._type(who, text.encode(), cut)
            case acts.Leave(who=who, how=how):
                self._leave(who, how)
            case acts.Window():
                self._window(act)
            case acts.DiskFault(how=how, write=write):
                self.set_disk(how, write)
            case acts.Crash():
                check_recoverable(self.world)
            case acts.LetPass(seconds=seconds):
                await trio.sleep(seconds)
            case _:
                raise ValueError(f"no {act} is played")

    def join(self, act: acts.Join) -> None:
        """Somebody comes."""
        visitor = self.people.visitor(act.who)
        match act.how:
            case "screen":
                visit = Visit(visitor, pty=True, term="xterm-256color", size=act.size)
            case "dumb":
                visit = Visit(visitor, pty=True, term="dumb", size=act.size)
            case "lines":
                visit = Visit(visitor)
            case "events" | "events, slowly":
                visit = Visit(visitor, FOLLOW)
            case _:
                raise ValueError(f"no {act} is played")
        person = self.connect(visit)
        if visit.command is None:
            self.here[act.who] = self.newest[act.who] = person
        else:
            self.viewers.append(person)
        if act.how == "events, slowly":
            person.stops_reading()

    def connect(self, visit: Visit) -> P:
        """Somebody comes, whatever for."""
        return self.people.connect(visit)

    async def _run(self, act: acts.RunCommand) -> None:
        person = self.connect(Visit(self.people.visitor(act.who), act.line))
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
                    self._deaf.append(person)
                    person.stops_reading()
                case "reads on":
                    self._deaf = [one for one in self._deaf if one is not person]
                    person.reads_on()
                case _:
                    pass

    def set_disk(self, how: str, write: int = 0) -> None:
        """The disk is so from now on, or fails at its `write`-th next write."""
        disk = self.world.disk
        match how:
            case "slow":
                disk.delay = lambda: self._source.choice((0.0, 0.001, 0.02, 0.5))
            case "full":
                disk.fills_up()
            case "read-only":
                disk.becomes_read_only()
            case "fails at" | "lands but fails at":
                disk.fails_at(write, lands=how != "fails at")
            case "lies":
                disk.lies()
            case "works":
                disk.works_again()
            case _:
                raise ValueError(f"no disk {how!r} is played")

    def everybody_reads(self) -> None:
        """Whoever had stopped takes what waits."""
        for person in self._deaf:
            person.reads_on()
        self._deaf.clear()
        for person in [*self.here.values(), *self.viewers, *(person for _, person in self.commands)]:
            person.reads_on()
        for person in self.people.terminals:  # those too whose place somebody of the same name has taken
            person.links(GOOD)
