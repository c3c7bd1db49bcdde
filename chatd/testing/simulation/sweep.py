"""One fault at every step: a world is lived again and again, each time with the fault one step later.

`cancel_everywhere` has a fault at step k, for every k: an answer, a session or the server is ended, the disk fails, a
room has to be loaded, a guest goes; or two of them, the first always early. `crash_everywhere` lives once, and at every
step recovers what a `kill -9` would leave there. Up to its fault a world is the same each time, so seed, schedule,
program and step replay it: `cancel_at`, `crash_at`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

import trio
import trio.lowlevel

from chatd.core.row import Status
from chatd.core.visit import Visit
from chatd.testing.checks import Broken
from chatd.testing.program import Program, Restart
from chatd.testing.schedule import Mode
from chatd.testing.simulation.bystander import NAME as BYSTANDER
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.probe import Probe, Scene
from chatd.testing.simulation.scenarios import GUEST, READER, ROOM, guest_comes, room_on_disk
from chatd.testing.simulation.simulate import simulate
from chatd.testing.simulation.swarm import SETTINGS
from chatd.testing.world import World

MOST_WORLDS = 2000
"""Worlds of one sweep, some 30 a second: more than a short program has steps, and an end for one that never rests."""

MOST_IMAGES = 5000
"""Databases recovered in one life, some 500 a second, for the same reason."""


class What(StrEnum):
    """What happens: the first two at each step of their own tasks, the others at each step of any task."""

    MENTION = "mention"
    """The newest answer is stopped."""
    SESSION = "session"
    """Whoever's session took the step hangs up."""
    SERVER = "server"
    """The server is told to stop."""
    HANGUP = "hangup"
    """The newest person's connection goes, whoever's task took the step."""
    DISK = "disk"
    """Every write fails from now on."""
    WRITE = "write"
    """The next write fails, and no other."""
    LOAD = "load"
    """Somebody reads a room that is on disk alone."""
    GUEST = "guest"
    """A guest goes, and so does their private room."""


Faults = tuple[What, ...]
"""One, or a pair: the first at the step EARLY of any task, the last at each step."""

EARLY = 20
"""The step at which the first of a pair happens: the program's people are there, and what they want is not yet done."""

FIRST = (What.DISK, What.WRITE, What.LOAD, What.GUEST)
PAIRS: tuple[Faults, ...] = tuple(
    (first, last) for first in FIRST for last in (*FIRST, What.SERVER) if first is not last
)
"""A server that stops has no later fault: with it the program is over."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of a sweep."""

    steps: int
    """Steps at which the fault was tried."""
    whole: bool
    """Whether those were all there are: none was left out by the stride, and neither a bound nor a break ended it."""
    broken: Broken | None = None
    at: int | None = None
    """The step at which it broke, from 0 on; None also when the world is broken without the fault."""


def cancel_everywhere(
    seed: int,
    mode: Mode,
    program: Program,
    what: What | Faults,
    *,
    stride: int = 1,
    most: int = MOST_WORLDS,
    profile: Profile = Profile.MEMORY,
) -> Swept:
    """The fault at every `stride`-th step, in at most `most` worlds; stops at the first that breaks."""
    for lived in range(most):
        cancel = _At(_faults(what), lived * stride, program)
        outcome = simulate(seed, mode, prepared(program, _faults(what)), cancel, profile)
        if outcome.broken is not None:
            return Swept(lived + cancel.done, False, outcome.broken, lived * stride if cancel.done else None)
        if not cancel.done:
            return Swept(lived, whole=stride == 1)
    return Swept(most, whole=False)


def cancel_at(
    seed: int,
    mode: Mode,
    program: Program,
    what: What | Faults,
    step: int,
    *,
    profile: Profile = Profile.MEMORY,
) -> Outcome:
    """One world of such a sweep."""
    faults = _faults(what)
    return simulate(seed, mode, prepared(program, faults), _At(faults, step, program), profile)


def prepared(program: Program, faults: Faults) -> Program:
    """The program, and before it whatever such faults need: a room that is on disk alone, a guest."""
    if What.GUEST in faults:
        program = guest_comes(program)
    return room_on_disk(program) if What.LOAD in faults else program


def _faults(what: What | Faults) -> Faults:
    return (what,) if isinstance(what, What) else what


def crash_everywhere(seed: int, mode: Mode, program: Program, *, most: int = MOST_IMAGES) -> Swept:
    """Recover what a kill would leave, after every step of any task, at most `most` different databases."""
    crash = _Crash(most)
    outcome = simulate(seed, mode, program, crash)
    whole = outcome.broken is None and crash.images < most
    return Swept(crash.steps, whole, outcome.broken, crash.broken_at)


def crash_at(seed: int, mode: Mode, program: Program, step: int) -> Outcome:
    """The same life, killed in thought at one step."""
    return simulate(seed, mode, program, _Crash(1, step))


class _At(Probe):
    """Has one fault after one step, and perhaps another one before. On the last server of the program."""

    def __init__(self, faults: Faults, at: int, program: Program) -> None:
        self.done = False
        self._left = [(fault, EARLY) for fault in faults[:-1]] + [(faults[-1], at)]
        self._last = faults[-1]
        self._seen = dict.fromkeys(faults, 0)
        self._scene: Scene | None = None
        self._servers = sum(isinstance(act, Restart) for act in prepared(program, faults).acts) + 1

    def enters(self, scene: Scene) -> None:
        self._servers -= 1
        self._scene = scene if self._servers == 0 else None

    def leaves(self) -> None:
        self._scene = None

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count the steps of what the faults are about."""
        scene = self._scene
        if scene is None or not self._left or self.broken is not None:
            return
        for fault, at in tuple(self._left):
            own = fault in (What.MENTION, What.SESSION)
            name = _within(task, f"{fault} ") if own else task.name
            if name is None or name == f"session {BYSTANDER}":  # whose hanging up would be no disturbance of hers
                continue
            if self._seen[fault] == at:
                self._left.remove((fault, at))
                self.done = self.done or fault is self._last
                scene.tell(f"step {at} of the {fault} ({name}): it happens")
                try:
                    _happens(fault, name, scene)
                except Exception as error:  # noqa: BLE001 -- trio would only log it
                    self.broken = Broken(type(error).__name__, str(error))
            self._seen[fault] += 1


def _happens(fault: What, task: str, scene: Scene) -> None:
    world, people = scene.world, scene.people
    match fault:
        case What.MENTION:
            _stop_newest(world)
        case What.SESSION:
            _hang_up(scene, task.removeprefix("session "))
        case What.SERVER:
            world.hub.stop(trio.current_time() + SETTINGS.server.grace / 2)
            scene.playing.cancel()
        case What.HANGUP:
            _hang_up(scene, None)
        case What.DISK:
            scene.watch.disturbed()
            world.disk.becomes_read_only()
        case What.WRITE:
            scene.watch.disturbed()
            world.disk.fails_at(1)
        case What.LOAD:
            reader = people.connect(Visit(people.visitor(READER), f"tail {ROOM}"))
            reader.observer = lambda data: scene.tell(f"{READER} is sent {data!r}")
            reader.ends_input()
        case What.GUEST:
            _hang_up(scene, GUEST)
        case _:
            assert_never(fault)


def _within(task: trio.lowlevel.Task | None, prefix: str) -> str | None:
    """The name of the nearest task with that prefix, from this one outwards."""
    while task is not None and not task.name.startswith(prefix):
        task = task.parent_nursery.parent_task if task.parent_nursery is not None else None
    return task.name if task is not None else None


def _stop_newest(world: World) -> None:
    """As Ctrl-C does; an answer that only waits for the disk is out of its reach."""
    for answer in reversed(world.hub.answers.running):
        if not answer.stopped:
            answer.stop(Status.CANCELLED)
            return


def _hang_up(scene: Scene, who: str | None) -> None:
    """The newest connection, of that person if one is named."""
    for person in reversed(scene.people.terminals):
        name = person.visit.visitor.name
        if name != BYSTANDER and who in (None, name) and not person.ended.is_set():
            scene.watch.attendance.goes(person)
            person.hangs_up()
            return


class _Crash(Probe):
    """Recovers a copy of the database after every step, or after one."""

    def __init__(self, most: int, only: int | None = None) -> None:
        self.steps = 0
        self.images = 0
        self.broken_at: int | None = None
        self._most = most
        self._only = only
        self._scene: Scene | None = None
        self._seen: object = None

    def enters(self, scene: Scene) -> None:
        self._scene = scene

    def leaves(self) -> None:
        self._scene = None

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Kill the server here, in thought."""
        if self._scene is None or self.broken is not None or self.images >= self._most:
            return
        world = self._scene.world
        step, self.steps = self.steps, self.steps + 1
        if self._only not in (None, step) or world.database.writer.in_transaction:
            return
        # The check sees the database and what the rooms hold: the same ones need no second look.
        seen = world.database.writer.total_changes, tuple((room.id, room.number) for room in world.hub.lobby.rooms)
        if seen == self._seen:
            return
        self._seen = seen
        self.images += 1
        try:
            self._scene.watch.after_a_kill()
        except Exception as error:  # noqa: BLE001 -- trio would only log it
            self.broken = error if isinstance(error, Broken) else Broken(type(error).__name__, str(error))
            self.broken_at = step
