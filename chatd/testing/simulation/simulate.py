"""Living one world: its program is played, its invariants are watched, and at last it must be well again."""

from __future__ import annotations

import hashlib
import logging
import random

import trio
import trio.lowlevel

from chatd.config import Config, LimitsConfig, StreamingConfig
from chatd.core.visit import Visit
from chatd.errors import first_error
from chatd.testing.disk import Disk as SimulatedDisk
from chatd.testing.run import run
from chatd.testing.schedule import Mode
from chatd.testing.simulation import program as acts
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.models import SimulatedModel
from chatd.testing.simulation.outcome import Broken, Outcome
from chatd.testing.simulation.probe import Bugs, Probe, Steps
from chatd.testing.simulation.program import FAULTS, Act, Program, describe
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

SETTINGS = Config(
    streaming=StreamingConfig(chunk_buffer_size=8, timeout=5, first_token_timeout=10, total_timeout=30),
    limits=LimitsConfig(tool_timeout=3, max_tool_rounds=3, history_rows=20, max_answer=4096),
)
"""Limits that are reached."""

ROOM_ENTRIES = 8
"""Entries a room keeps: who is slow falls behind and must resync."""

WELL = "all is well"
ESC = "\x1b"
END = "\x1b[F"

STATUSES = (0, 1, 64, 69, 75, 77, 130)
"""Exit statuses of commands on a server that goes on."""

REST_S = 45.0
"""Virtual seconds after which everything that was begun has met one of its limits."""


def simulate(seed: int, mode: Mode, program: Program | None = None, probe: Probe | None = None) -> Outcome:
    """Live the world of `seed`, or that of a program, under the schedule of `seed` and `mode`, looked at by a probe."""
    program = program or acts.draw(seed)
    probe = probe or Probe()
    life = _Life(program, probe)
    steps = Steps()
    broken: Broken | None = None
    logger = logging.getLogger("chatd")
    bugs = Bugs()
    logger.addHandler(bugs)
    before, logger.propagate = logger.propagate, False
    try:
        run(life.live, seed=seed, mode=mode, instruments=(steps, probe))
    except Exception as error:  # noqa: BLE001 -- whatever comes out of a world is what the run is for
        cause = first_error(error) if isinstance(error, BaseExceptionGroup) else error
        broken = cause if isinstance(cause, Broken) else Broken(type(cause).__name__, str(cause)[:300])
    finally:
        logger.removeHandler(bugs)
        logger.propagate = before
    broken = probe.broken or broken
    if broken is None and bugs.found:
        broken = Broken("no bug is met", bugs.found[0])
    digest = hashlib.sha256("\n".join([*life.trace, steps.digest.hexdigest(), life.dump]).encode()).hexdigest()
    return Outcome(seed, mode, steps.count, life.faults, tuple(life.trace), digest, broken)


class _Life:
    """One world being lived."""

    def __init__(self, program: Program, probe: Probe) -> None:
        self.trace: list[str] = []
        self.dump = ""
        self.faults = 0
        self._program = program
        self._probe = probe
        self._random = random.Random(f"world {program.seed}")
        self._people: dict[str, MemoryTerminal] = {}
        self._viewers: list[MemoryTerminal] = []
        self._commands: list[tuple[acts.Run, MemoryTerminal]] = []
        self._world: World
        self._watch: Invariants

    def _tell(self, what: str) -> None:
        self.trace.append(f"{trio.current_time():10.3f}  {what}")

    async def live(self) -> None:
        """From the first step to the last check. Raises Broken."""
        disk = SimulatedDisk()
        async with World.open(SETTINGS, room_entries=ROOM_ENTRIES, disk=disk, seed=self._program.seed) as self._world:
            models = [SimulatedModel(name, random.Random(f"{name} {self._program.seed}"), self._tell)
                      for name in ("bot", "sage")]  # fmt: skip
            for model in models:
                self._world.hub.models.add(model.info.name, model)
            self._watch = Invariants(self._world, models)
            with trio.CancelScope() as playing:
                self._probe.enters(self._world, self._watch, playing, self._tell)
                await self._play(disk)
            self._probe.leaves()
            await (self._stop(disk) if self._world.hub.stopping.is_set() else self._recover(disk))
            self.faults += sum(model.faults for model in models)
            self.dump = "\n".join(self._world.database.writer.iterdump())

    async def _play(self, disk: SimulatedDisk) -> None:
        for act in self._program.acts:
            self._tell(describe(act))
            self.faults += isinstance(act, FAULTS)
            await self._do(act, disk)
            self._watch.in_life()

    async def _do(self, act: Act, disk: SimulatedDisk) -> None:
        match act:
            case acts.Join():
                self._join(act)
                await trio.lowlevel.checkpoint()
            case acts.Run():
                await self._run(act)
            case acts.Type(who=who, text=text, cut=cut):
                await self._type(who, text.encode(), cut)
            case acts.Leave(who=who, how=how):
                if who in self._people:
                    terminal = self._people.pop(who)
                    terminal.hangs_up() if how == "hangs up" else terminal.ends_input()
            case acts.Window():
                self._window(act)
            case acts.Disk(how=how):
                self._set_disk(disk, how)
            case acts.Crash():
                self._watch.after_a_kill(self._world.database.writer.serialize())
            case acts.Wait(seconds=seconds):
                await trio.sleep(seconds)

    def _join(self, act: acts.Join) -> None:
        visitor = self._world.visitor(act.who)
        match act.how:
            case "screen":
                visit = Visit(visitor, pty=True, term="xterm-256color", size=act.size)
            case "lines":
                visit = Visit(visitor)
            case _:
                visit = Visit(visitor, "tail lobby --follow --json -n 1000")
        terminal = self._world.connect(visit)
        terminal.observer = lambda data: self._shown(act.who, data)
        if act.how == "events":
            self._viewers.append(terminal)
        else:
            self._people[act.who] = terminal

    async def _run(self, act: acts.Run) -> None:
        terminal = self._world.connect(Visit(self._world.visitor(act.who), act.line))
        terminal.observer = lambda data: self._shown(act.who, data)
        terminal.ends_input()
        self._commands.append((act, terminal))
        if act.gone_after is not None:
            await trio.sleep(act.gone_after)
            terminal.hangs_up()

    async def _look_around(self) -> None:
        """Whoever sits in the lobby and looks at its newest rows sees what is said now."""
        here = {who: terminal for who, terminal in self._people.items() if not terminal.ended.is_set()}
        screens = {who: terminal for who, terminal in here.items() if terminal.visit.pty}
        for key in (ESC, END):
            for terminal in screens.values():
                terminal.types(key)
            await self._world.settle(1)
        # Who follows events is slow once more: what is said meanwhile comes when they read on, though nothing follows.
        self._join(acts.Join("yan", "events"))
        for viewer in self._viewers:
            viewer.stops_reading()
        for number in range(ROOM_ENTRIES + 4):
            await self._world.command("zoe", f"say --room lobby {number}")
        await self._world.command("zoe", f"say --room lobby {WELL}")
        await self._world.settle(1)
        for viewer in self._viewers:
            viewer.reads_on()
        await self._world.settle(1)
        for who, terminal in screens.items():
            in_lobby = self._world.hub.lobby.rooms_of(who) == ["lobby"]
            if in_lobby and terminal.screen.columns >= 40 and WELL not in terminal.screen.text:
                raise Broken("every screen shows the rows", f"{who} sees {terminal.screen.text!r}")

    def _shown(self, who: str, data: bytes) -> None:
        self._watch.when_shown()
        self._tell(f"{who} is sent {len(data)} bytes {hashlib.blake2b(data, digest_size=4).hexdigest()}")

    async def _type(self, who: str, data: bytes, cut: int) -> None:
        terminal = self._people.get(who)
        if terminal is None:
            return
        for start in range(0, len(data), cut or len(data)):
            terminal.sends(data[start : start + (cut or len(data))])
            if cut:
                await trio.lowlevel.checkpoint()

    def _window(self, act: acts.Window) -> None:
        own = [self._people.get(act.who), *(one for one in self._viewers if one.visit.visitor.name == act.who)]
        for terminal in own:
            if terminal is None or terminal.ended.is_set():
                continue
            match act.how:
                case "resizes" if terminal.visit.pty:
                    terminal.resizes(*act.size)
                case "stops reading":
                    terminal.stops_reading()
                case "reads on":
                    terminal.reads_on()
                case _:
                    pass

    def _set_disk(self, disk: SimulatedDisk, how: str) -> None:
        match how:
            case "slow":
                disk.delay = lambda: self._random.choice((0.0, 0.001, 0.02, 0.5))
            case "full":
                disk.fills_up()
            case "read-only":
                disk.becomes_read_only()
            case _:
                disk.works_again()
                disk.delay = lambda: 0.0

    async def _stop(self, disk: SimulatedDisk) -> None:
        """The server was told to stop: with a disk that works and people who read, its grace is enough for all."""
        disk.works_again()
        for terminal in [*self._people.values(), *self._viewers]:
            terminal.reads_on()
        grace = SETTINGS.server.grace / 2
        with trio.move_on_after(grace):
            for terminal in self._world.terminals:
                await terminal.ended.wait()
        if self._world.hub.sessions:
            raise Broken("a server that stops ends its sessions", f"{self._world.hub.sessions} go on")
        with trio.move_on_after(grace):
            await self._world.hub.recorder.flushed()
        self._watch.at_rest(())

    async def _recover(self, disk: SimulatedDisk) -> None:
        """Faults are off: everything converges, and a new question is answered."""
        self._tell("the faults end")
        self._set_disk(disk, "works")
        for terminal in [*self._people.values(), *self._viewers]:
            terminal.reads_on()
        await trio.sleep(REST_S)
        newcomer = self._world.connect(Visit(self._world.visitor("zoe"), "ask @echo still here"))
        newcomer.ends_input()
        with trio.move_on_after(REST_S):
            await newcomer.ended.wait()
        if (newcomer.output, newcomer.exit_status) != ("still here\n", 0):
            raise Broken(
                "a new question is answered", f"{newcomer.output!r}, {newcomer.exit_status}, {newcomer.errors!r}"
            )
        await self._world.settle()
        await self._look_around()
        for act, terminal in self._commands:
            if act.gone_after is None and terminal.exit_status not in STATUSES:
                raise Broken("commands end as they should", f"{act.line!r}: {terminal.exit_status}")
        self._watch.at_rest([viewer for viewer in self._viewers if not viewer.ended.is_set()])
