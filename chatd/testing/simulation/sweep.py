"""One fault at every step: a world is lived again and again, each time with the fault one step later.

`cancel_everywhere` ends something at step k, for every k: an answer, a session, the server. `crash_everywhere` lives
once, and at every step recovers what a `kill -9` would leave there. Up to its fault a world is the same each time, so
seed, schedule, program and step replay it: `cancel_at`, `crash_at`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

import trio
import trio.lowlevel

from chatd.core.row import Status
from chatd.testing.checks import Broken
from chatd.testing.program import DiskFault, Join, LetPass, Program, Type
from chatd.testing.schedule import Mode
from chatd.testing.simulation.bystander import NAME as BYSTANDER
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.probe import Probe, Scene
from chatd.testing.simulation.simulate import simulate
from chatd.testing.simulation.swarm import SETTINGS
from chatd.testing.world import World

MOST_WORLDS = 2000
"""Worlds of one sweep, some 30 a second: more than a short program has steps, and an end for one that never rests."""

MOST_IMAGES = 5000
"""Databases recovered in one life, some 500 a second, for the same reason."""


class What(StrEnum):
    """What is ended: at each step of its own tasks; the server at each step of any task."""

    MENTION = "mention"
    SESSION = "session"
    SERVER = "server"


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


_HERE = (Join("bob", "events"), Join("alice", "screen"))

SCENARIOS = {
    "tools": Program(11, (*_HERE, Type("alice", "@bot hello\r", 0), LetPass(3.0))),
    "side by side": Program(5, (*_HERE, Type("alice", "@bot,sage hello\r", 0), LetPass(3.0))),
    "slow disk": Program(6, (*_HERE, DiskFault("slow"), Type("alice", "@bot hello\r", 0), LetPass(10.0))),
}
"""Programs for sweeps, short enough for every step: their seeds are such that the models do what the name says."""


def cancel_everywhere(
    seed: int, mode: Mode, program: Program, what: What, *, stride: int = 1, most: int = MOST_WORLDS
) -> Swept:
    """Cancel at every `stride`-th step, in at most `most` worlds; stops at the first that breaks."""
    for lived in range(most):
        cancel = _Cancel(what, lived * stride)
        outcome = simulate(seed, mode, program, cancel)
        if outcome.broken is not None:
            return Swept(lived + cancel.done, False, outcome.broken, lived * stride if cancel.done else None)
        if not cancel.done:
            return Swept(lived, whole=stride == 1)
    return Swept(most, whole=False)


def cancel_at(seed: int, mode: Mode, program: Program, what: What, step: int) -> Outcome:
    """One world of such a sweep."""
    return simulate(seed, mode, program, _Cancel(what, step))


def crash_everywhere(seed: int, mode: Mode, program: Program, *, most: int = MOST_IMAGES) -> Swept:
    """Recover what a kill would leave, after every step of any task, at most `most` different databases."""
    crash = _Crash(most)
    outcome = simulate(seed, mode, program, crash)
    whole = outcome.broken is None and crash.images < most
    return Swept(crash.steps, whole, outcome.broken, crash.broken_at)


def crash_at(seed: int, mode: Mode, program: Program, step: int) -> Outcome:
    """The same life, killed in thought at one step."""
    return simulate(seed, mode, program, _Crash(1, step))


class _Cancel(Probe):
    """Ends something after one step of its tasks."""

    def __init__(self, what: What, at: int) -> None:
        self.done = False
        self._what = what
        self._at = at
        self._left = at
        self._act: Callable[[str], None] | None = None

    def enters(self, scene: Scene) -> None:
        world = scene.world

        def act(task: str) -> None:
            scene.tell(f"step {self._at} of the {self._what} ({task}): it is ended")
            match self._what:
                case What.MENTION:
                    _stop_newest(world)
                case What.SESSION:
                    _hang_up(world, task.removeprefix("session "))
                case What.SERVER:
                    world.hub.stop(trio.current_time() + SETTINGS.server.grace / 2)
                    scene.playing.cancel()
                case _:
                    assert_never(self._what)

        self._act = act

    def leaves(self) -> None:
        self._act = None

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count the steps of what is to be ended."""
        if self._act is None or self.done:
            return
        name = task.name if self._what is What.SERVER else _within(task, f"{self._what} ")
        if name in (None, f"session {BYSTANDER}"):  # whose hanging up would be no disturbance of hers
            return
        if self._left == 0:
            self.done = True
            try:
                self._act(name)
            except Exception as error:  # noqa: BLE001 -- trio would only log it
                self.broken = Broken(type(error).__name__, str(error))
        self._left -= 1


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


def _hang_up(world: World, who: str) -> None:
    for terminal in reversed(world.terminals):
        if terminal.visit.visitor.name == who and not terminal.ended.is_set():
            terminal.hangs_up()
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
