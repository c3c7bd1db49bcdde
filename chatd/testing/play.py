"""Playing what was drawn in a world of one's own: programs of people's acts, and scripts of models.

async with World.open(settings) as world:
    people = await play(world, program)
    assert all("Traceback" not in person.screen for person in people.values())
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import trio
import trio.lowlevel

from chatd.core.stream import Done, Failed, Thinking, Token, ToolCall
from chatd.core.visit import Visit
from chatd.testing.checks import check_recoverable
from chatd.testing.models import ScriptedModel
from chatd.testing.simulation import program as acts
from chatd.testing.simulation.program import Act, Program
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

Said = Token | Thinking | ToolCall | Done | Failed | float
"""A piece, a call, an end; or a silence in seconds."""


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

    Nobody waits for what an act leads to: an act `Wait` lets time pass, `world.settle()` afterwards lets all of it come
    to rest. What somebody does who is not there is left out; a name comes a second time when it joins again. At a
    `Crash` what a `kill -9` would leave is recovered in a copy, and must be whole; raises Broken when it is not.

    Plays whatever `strategies.acts` draws; raises ValueError for other acts, which are those of `chatd sim` alone.
    """
    player = _Player(world, Random(f"play {program.seed}"))
    for act in program.acts:
        await player.do(act)
    return player.people


class _Player:
    def __init__(self, world: World, source: Random) -> None:
        self.people: dict[str, MemoryTerminal] = {}
        self._world = world
        self._source = source

    async def do(self, act: Act) -> None:
        match act:
            case acts.Join(who=who, how="screen", size=size):
                await self._comes(Visit(self._world.visitor(who), pty=True, term="xterm-256color", size=size))
            case acts.Join(who=who, how="lines"):
                await self._comes(Visit(self._world.visitor(who)))
            case acts.Type(who=who, text=text, cut=cut) if who in self.people:
                data = text.encode()
                for start in range(0, len(data), cut or len(data)):
                    self.people[who].sends(data[start : start + (cut or len(data))])
                    await trio.lowlevel.checkpoint()
            case acts.Leave(who=who, how="hangs up") if who in self.people:
                self.people[who].hangs_up()
            case acts.Leave(who=who, how="ends input") if who in self.people:
                self.people[who].ends_input()
            case acts.Window(who=who, how=how, size=size) if who in self.people:
                _change(self.people[who], how, size)
            case acts.Type() | acts.Leave() | acts.Window():
                await trio.lowlevel.checkpoint()  # nobody of that name is here
            case acts.RunCommand(who=who, line=line, gone_after=gone_after):
                terminal = self._world.connect(Visit(self._world.visitor(who), line)).ends_input()
                if gone_after is not None:
                    await trio.sleep(gone_after)
                    terminal.hangs_up()
            case acts.DiskFault(how=how):
                self._set_disk(how)
            case acts.Crash():
                check_recoverable(self._world)
            case acts.LetPass(seconds=seconds):
                await trio.sleep(seconds)
            case _:
                raise ValueError(f"no {act} is played")

    async def _comes(self, visit: Visit) -> None:
        self.people[visit.visitor.name] = self._world.connect(visit)
        await trio.lowlevel.checkpoint()

    def _set_disk(self, how: str) -> None:
        disk = self._world.disk
        match how:
            case "slow":
                disk.delay = lambda: self._source.choice((0.0, 0.001, 0.02, 0.5))
            case "full":
                disk.fills_up()
            case "read-only":
                disk.becomes_read_only()
            case "works":
                disk.works_again()
                disk.delay = lambda: 0.0
            case _:
                raise ValueError(f"no disk {how!r} is played")


def _change(terminal: MemoryTerminal, how: str, size: tuple[int, int]) -> None:
    match how:
        case "resizes" if terminal.visit.pty:
            terminal.resizes(*size)
        case "stops reading":
            terminal.stops_reading()
        case "reads on":
            terminal.reads_on()
        case _:
            pass
