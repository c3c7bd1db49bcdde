"""Living one world: its program is played on one server after the other, its invariants are watched, and at last it
must be well again.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from random import Random

import trio

from chatd.config import LuaConfig
from chatd.errors import first_error
from chatd.testing.bugs import bugs_met
from chatd.testing.checks import Broken
from chatd.testing.images import DiskFiles
from chatd.testing.program import Act, DiskDamage, Program, Restart, Stop
from chatd.testing.run import run
from chatd.testing.schedule import Mode
from chatd.testing.simulation import after_restart, come_to_rest, damaged_start, older
from chatd.testing.simulation.bystander import Bystander
from chatd.testing.simulation.conversations import Conversation
from chatd.testing.simulation.disk_damage import Storage
from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.editions import EditedScripts
from chatd.testing.simulation.found_models import WHERE, FoundModels
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.models import SimulatedModel
from chatd.testing.simulation.oracles.web import GivenSecrets, overheard
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.patience import patience
from chatd.testing.simulation.people import Profile, engine_for, open_people
from chatd.testing.simulation.player import ConfigFile, WatchedPlayer
from chatd.testing.simulation.probe import MAX_STEPS, Probe, Scene, StepCounter, Trace
from chatd.testing.simulation.swarm import Swarm, swarm
from chatd.testing.simulation.tools import simulated_tools
from chatd.testing.simulation.web.people import WebLeft, open_web_people
from chatd.testing.simulation.wire_model import NAME, WireModel
from chatd.testing.sources import CountingIds, VirtualTime
from chatd.testing.upstream import FakeUpstream, MemoryNetwork
from chatd.testing.world import World

MAX_LIFE_S = 7200.0
"""Virtual seconds of one world, some 200 of what is drawn: one that waits for ever is broken, and ends."""

WITH_BYSTANDER = 3
"""One world of so many has somebody who types in a quiet room all the time: another session costs much."""


def simulate(
    seed: int, mode: Mode, program: Program | None = None, probe: Probe | None = None,
    profile: Profile = Profile.MEMORY, *, scripts_path: Path | None = None,
) -> Outcome:  # fmt: skip
    """Live the world of `seed`, or that of a program, under the schedule of `seed` and `mode`, looked at by a probe.

    With `scripts_path`, a directory as `[lua] path` names it, the scripts are those, and none of them may err.
    """
    program, probe, steps = program or draw(seed), probe or Probe(), StepCounter()
    life = _Life(program, probe, Trace(steps), profile, scripts_path)
    held: list[Broken] = []
    with bugs_met() as bugs, overheard(life.secrets), patience(lambda: steps.count, held.append):
        broken = _lived(life, steps, seed, mode)
    broken = next(iter(held), None) or life.broken or probe.broken or broken
    if broken is None and bugs.found:
        broken = Broken("no bug is met", bugs.found[0])
    lines = life.trace.lines
    digest = hashlib.sha256("\n".join([*lines, steps.digest(), life.dump]).encode()).hexdigest()
    return Outcome(seed, mode, steps.count, life.acts, life.faults, tuple(lines), digest, broken)


def _lived(life: _Life, steps: StepCounter, seed: int, mode: Mode) -> Broken | None:
    """What came out of the world, when something did."""

    async def bounded() -> None:
        with steps.life:
            with trio.move_on_after(MAX_LIFE_S) as patience:
                await life.live()
            if patience.cancelled_caught:
                raise Broken("a world comes to an end", f"not within {MAX_LIFE_S:g} s")
        if steps.life.cancelled_caught:
            raise Broken("a world comes to an end", f"not within {MAX_STEPS} steps")

    try:
        run(bounded, seed=seed, mode=mode, instruments=(steps, life.probe))
    except Exception as error:  # noqa: BLE001 -- whatever comes out of a world is what the run is for
        cause = first_error(error) if isinstance(error, BaseExceptionGroup) else error
        return cause if isinstance(cause, Broken) else Broken(type(cause).__name__, str(cause)[:300])
    return None


def _reigns(program: Program) -> list[tuple[list[Act], Restart | None]]:
    """The acts of each server in turn, and how it ends; the last one ends as the world does."""
    reigns: list[tuple[list[Act], Restart | None]] = []
    own: list[Act] = []
    for act in program.acts:
        if isinstance(act, Restart):
            reigns.append((own, act))
            own = []
        else:
            own.append(act)
    return [*reigns, (own, None)]


def _damage(acts: list[Act]) -> DiskDamage | None:
    """What the server after these acts finds damaged."""
    return next((act for act in reversed(acts) if isinstance(act, DiskDamage)), None)


class _Life:
    """One world being lived."""

    def __init__(
        self, program: Program, probe: Probe, trace: Trace, profile: Profile, scripts_path: Path | None
    ) -> None:
        self.probe = probe
        self.trace = trace
        self.dump = ""
        self.faults = 0
        self.acts = 0
        self._program = program
        self._profile = profile
        self._swarm = swarm(program.seed) if program.drawn else Swarm()
        if scripts_path is not None:
            settings = replace(self._swarm.settings, lua=LuaConfig(path=scripts_path))
            self._swarm = replace(self._swarm, settings=settings)
        self._authors = scripts_path is not None
        self._scripts = EditedScripts(self._swarm.settings, own=self._authors)
        self._watch: Invariants | None = None
        self._script_errors: list[str] = []
        """Those of the server that runs."""
        self._ids = CountingIds()
        self._later: list[tuple[str, int, Conversation]] = []
        """What conversations want to see on the next server."""
        self._web = WebLeft()
        self._storage: Storage
        self._found: FoundModels
        self._wire: WireModel
        self._clock: VirtualTime

    @property
    def broken(self) -> Broken | None:
        """The first invariant that broke inside the server, where nobody but its own boundaries heard of it. What an
        error of one's own scripts leads to is told by that error.
        """
        if self._authors and self._script_errors:
            return Broken("no script errs", self._script_errors[0])
        return self._web.secrets.broken or (self._watch.broken if self._watch is not None else None)

    @property
    def secrets(self) -> GivenSecrets:
        """What people over the web have been given."""
        return self._web.secrets

    async def live(self) -> None:
        """From the first step to the last check. Raises Broken."""
        wire = self._wire = WireModel(
            Random(f"{NAME} {self._program.seed}"), self.trace.tell, self._swarm.settings.models[0].provider
        )
        self._found, self._clock = FoundModels(Random(f"found {self._program.seed}"), self.trace.tell), VirtualTime()
        left: after_restart.Left | None = None
        async with engine_for(self._profile), FakeUpstream().answers(wire).network() as network:
            wire.network = network
            network.attach(WHERE, self._found.fake.handle)
            with Storage(self._program) as self._storage:
                for acts, end in _reigns(self._program):
                    left = await self._reign(acts, end, left, network)
        self.faults += wire.faults

    async def _reign(
        self, acts: list[Act], end: Restart | None, before: after_restart.Left | None, network: MemoryNetwork
    ) -> after_restart.Left | None:
        """One server from its start to its end, on what the one before has left. Raises Broken."""
        settings, seed, file = self._swarm.settings, self._program.seed, ConfigFile(self._swarm.settings)
        left: after_restart.Left | None = None
        database, image = self._storage.put(await self._files(before))
        self._found.is_member = lambda _: False  # what a kill has lost is not known before the names are loaded
        with trio.CancelScope() as kill:
            async with (
                World.open(
                    settings, room_entries=self._swarm.room_entries, page_chars=self._swarm.page_chars, seed=seed,
                    scripts=self._scripts, network=network,
                    read_again=file.read, ids=self._ids, database=database, image=image, clock=self._clock,
                    web=True,
                ) as world,
                open_people(self._profile, world) as people,
            ):  # fmt: skip
                self._found.is_member = world.hub.names.is_member
                self._script_errors = world.heard.found
                watch = self._furnish(world)
                if before is not None:
                    after_restart.check(before, world)
                elif self._swarm.older:
                    older.check(world, self._swarm.older)
                player = WatchedPlayer(
                    world, people, watch, settings=settings, scripts=self._scripts, file=file,
                    tell=self.trace.tell, seed=seed, found=self._found, wire=self._wire,
                )  # fmt: skip
                try:
                    async with open_web_people(world, watch, player.connect, self._web) as player.web:
                        later, self._later = self._later, []
                        await player.go_on(later)
                        left = await self._play(player, acts, end)
                    # Of what a disk lied about, a kill leaves less than people were told.
                    lost = (world.disk.is_lying and end is not None and end.killed) or _damage(acts) is not None
                    if world.clock.was_set or lost:
                        self._web.doubts()
                    else:
                        self._later = player.later
                finally:
                    self.acts += player.acts
                    self.faults += player.faults
                if self.broken is not None:
                    raise self.broken
                if end is not None and end.killed:
                    self.trace.tell("the server is killed")
                    kill.cancel()
                    await trio.lowlevel.checkpoint()
        return left

    async def _files(self, before: after_restart.Left | None) -> DiskFiles | None:
        """What a server begins with: the database of the one before, of an older one, or none. Raises Broken."""
        if before is None:
            return DiskFiles(older.image(self._swarm.older)) if self._swarm.older else None
        if before.damage is None or not before.is_flipped:
            return before.files
        flipped = before.files.flipped(before.damage.where)
        scripts = EditedScripts(self._swarm.settings, own=self._authors)  # a broken edition would lie over what is said
        path, _ = self._storage.put(flipped)
        whole = await damaged_start.start(
            Path(path), flipped, before.files, settings=self._swarm.settings, scripts=scripts, tell=self.trace.tell,
        )  # fmt: skip
        return flipped if whole else before.files

    def _furnish(self, world: World) -> Invariants:
        """A new server gets the models and tools of the simulation, and is watched."""
        seed = self._program.seed
        models = [SimulatedModel(name, Random(f"{name} {seed}"), self.trace.tell) for name in ("bot", "sage")]
        for model in models:
            world.hub.models.add(model.info.name, model)
        watch = self._watch = Invariants(world, self._swarm.settings, models, self._web.secrets)
        for tool in simulated_tools(watch.tool_begins):
            world.hub.answers.router.tools.add(tool)
        return watch

    async def _play(self, player: WatchedPlayer, acts: list[Act], end: Restart | None) -> after_restart.Left | None:
        world, bystander = player.world, Bystander(player.world, player.people, player.connect)
        if self._program.seed // len(Mode) % WITH_BYSTANDER == 0:
            await bystander.sits_down()
        with trio.CancelScope() as playing:
            self.probe.enters(Scene(world, player.people, player.watch, playing, self.trace.tell))

            def look() -> None:
                if not world.hub.stopping.is_set():
                    bystander.looks()

            await player.play(acts, look)
        self.probe.leaves()
        bystander.gets_up()
        if end is not None and end.killed:
            return after_restart.leave(world, _damage(acts), killed=True)
        if end is not None and not world.hub.stopping.is_set():
            await player.do(Stop("in good order"))
        if world.hub.stopping.is_set():
            orderly = all(act.how == "in good order" for act in acts if isinstance(act, Stop))
            await come_to_rest.stop(player, orderly=orderly or end is not None)
        else:
            await come_to_rest.recover(player)
        self.faults += sum(model.faults for model in player.watch.models)
        self.dump = "\n".join(world.database.writer.iterdump())
        return after_restart.leave(world, _damage(acts), killed=False) if end is not None else None
