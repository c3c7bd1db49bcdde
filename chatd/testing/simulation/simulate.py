"""Living one world: its program is played, its invariants are watched, and at last it must be well again."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from random import Random

import trio

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import Config, LimitsConfig, LuaConfig, ServerConfig, StreamingConfig, shipped_lua
from chatd.errors import first_error
from chatd.testing.bugs import bugs_met
from chatd.testing.checks import Broken
from chatd.testing.program import Program, Stop
from chatd.testing.run import run
from chatd.testing.schedule import Mode
from chatd.testing.simulation import come_to_rest
from chatd.testing.simulation.bystander import Bystander
from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.models import SimulatedModel
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.people import Profile, engine_for, open_people
from chatd.testing.simulation.player import ConfigFile, WatchedPlayer
from chatd.testing.simulation.probe import MAX_STEPS, Probe, Scene, StepCounter, Trace
from chatd.testing.simulation.slow_scripts import DawdlingScripts
from chatd.testing.simulation.wire_model import MODEL, NAME, WireModel
from chatd.testing.sources import SCRIPT_SECONDS
from chatd.testing.upstream import FakeUpstream
from chatd.testing.world import World

SETTINGS = Config(
    streaming=StreamingConfig(chunk_buffer_size=8, timeout=4, first_token_timeout=6, total_timeout=15),
    limits=LimitsConfig(tool_timeout=3, max_tool_rounds=3, history_rows=20, max_answer=4096, max_streams_per_user=2),
    server=ServerConfig(discover=False),
    models=(MODEL,),
    lua=LuaConfig(path=Path(__file__).parent / "lua", instructions=1_000_000, memory=4 << 20),
)
"""Limits that are reached, and scripts that go wrong."""

ROOM_ENTRIES = 8
"""Entries a room keeps: who is slow falls behind and must resync."""

MAX_LIFE_S = 3600.0
"""Virtual seconds of one world, some 100 of what is drawn: one that waits for ever is broken, and ends."""


@cache
def _scripts() -> LuaScripts:
    """One for all worlds of a process: it keeps nothing but what it has read of the files."""
    lua = SETTINGS.lua
    return DawdlingScripts(
        shipped_lua(), lua.path, instructions=lua.instructions, memory=lua.memory, seconds=SCRIPT_SECONDS
    )


def simulate(
    seed: int, mode: Mode, program: Program | None = None, probe: Probe | None = None,
    profile: Profile = Profile.MEMORY,
) -> Outcome:  # fmt: skip
    """Live the world of `seed`, or that of a program, under the schedule of `seed` and `mode`, looked at by a probe."""
    program, probe, steps = program or draw(seed), probe or Probe(), StepCounter()
    life = _Life(program, probe, Trace(steps), profile)
    with bugs_met() as bugs:
        broken = _lived(life, steps, seed, mode)
    broken = life.broken or probe.broken or broken
    if broken is None and bugs.found:
        broken = Broken("no bug is met", bugs.found[0])
    lines = life.trace.lines
    digest = hashlib.sha256("\n".join([*lines, steps.digest.hexdigest(), life.dump]).encode()).hexdigest()
    return Outcome(seed, mode, steps.count, life.faults, tuple(lines), digest, broken)


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


class _Life:
    """One world being lived."""

    def __init__(self, program: Program, probe: Probe, trace: Trace, profile: Profile) -> None:
        self.probe = probe
        self.trace = trace
        self.dump = ""
        self.faults = 0
        self._program = program
        self._profile = profile
        self._watch: Invariants | None = None

    @property
    def broken(self) -> Broken | None:
        """The first invariant that broke inside the server, where nobody but its own boundaries heard of it."""
        return self._watch.broken if self._watch is not None else None

    async def live(self) -> None:
        """From the first step to the last check. Raises Broken."""
        seed, file = self._program.seed, ConfigFile(SETTINGS)
        wire = WireModel(Random(f"{NAME} {seed}"), self.trace.tell)
        async with (
            engine_for(self._profile),
            FakeUpstream().answers(wire).network() as network,
            World.open(
                SETTINGS, room_entries=ROOM_ENTRIES, seed=seed, scripts=_scripts(), network=network,
                read_again=file.read,
            ) as world,
            open_people(self._profile, world) as people,
        ):  # fmt: skip
            models = [SimulatedModel(name, Random(f"{name} {seed}"), self.trace.tell) for name in ("bot", "sage")]
            for model in models:
                world.hub.models.add(model.info.name, model)
            self._watch = Invariants(world, SETTINGS, models)
            bystander = Bystander(world, people)
            player = WatchedPlayer(world, people, self._watch, file=file, tell=self.trace.tell, seed=seed)
            # Another session costs a fifth of a world: one for every other seed of each schedule.
            if seed // len(Mode) % 2 == 0:
                await bystander.sits_down()
            await self._play(player, bystander)
            self.faults = player.faults + sum(model.faults for model in models) + wire.faults
            self.dump = "\n".join(world.database.writer.iterdump())

    async def _play(self, player: WatchedPlayer, bystander: Bystander) -> None:
        with trio.CancelScope() as playing:
            self.probe.enters(Scene(player.world, player.people, player.watch, playing, self.trace.tell))
            await player.play(self._program, bystander)
        self.probe.leaves()
        stops = [act for act in self._program.acts if isinstance(act, Stop)]
        if player.world.hub.stopping.is_set():
            await come_to_rest.stop(player, orderly=all(act.how == "in good order" for act in stops))
        else:
            bystander.gets_up()
            await come_to_rest.recover(player)
