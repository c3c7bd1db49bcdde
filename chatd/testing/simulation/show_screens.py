"""`chatd sim --seed N --step K`: what is on every screen after one step of a world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio

from chatd.testing.checks import Broken
from chatd.testing.people import PlayedPerson
from chatd.testing.program import Program
from chatd.testing.schedule import Mode
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.probe import Probe, Scene
from chatd.testing.simulation.simulate import simulate

BEFORE = 15
"""Events that are shown before the step."""

TEXT, WIDE = 12, 110
"""Lines of output, and characters of each, that are shown of who has no screen."""


def look(
    seed: int, mode: Mode, step: int, say: Callable[[str], None], *,
    program: Program | None = None, profile: Profile = Profile.MEMORY, scripts_path: Path | None = None,
) -> Outcome:  # fmt: skip
    """Live a world, and show what everybody sees after its `step`-th step; at its end when it has fewer."""
    probe = _Look(step)
    outcome = simulate(seed, mode, program, probe, profile, scripts_path=scripts_path)
    told = [line for line in outcome.trace if _step_of(line) <= step]
    say(f"seed {seed}, schedule {mode}, step {probe.at} of {outcome.steps}, after {len(told)} events:")
    for line in told[-BEFORE:]:
        say(f"  {line}")
    for line in probe.shown or ["it has no such step while its acts are played"]:
        say(line)
    return outcome


def _step_of(line: str) -> int:
    return int(line.split()[1])


class _Look(Probe):
    """Takes a picture of all screens, once."""

    def __init__(self, step: int) -> None:
        self.shown: list[str] = []
        self.at = 0
        self._step = step
        self._scene: Scene | None = None

    def enters(self, scene: Scene) -> None:
        self._scene = scene

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """The picture, after this step."""
        if self.at >= self._step:
            return
        self.at += 1
        if self._scene is None or self.at < self._step:
            return
        try:
            self.shown = [line for person in self._scene.people.terminals for line in _picture(person)]
        except Exception as error:  # noqa: BLE001 -- trio would only log it
            self.broken = Broken(type(error).__name__, str(error))


def _picture(person: PlayedPerson) -> list[str]:
    visit = person.visit
    name, ended = visit.visitor.name, f", ended: {person.exit_status}" if person.ended.is_set() else ""
    if visit.pty:
        head = f"{name}, {person.screen.columns}x{person.screen.rows}{ended}"
        return ["", head, *person.screen.framed().split("\n")]
    lines = (person.output + person.errors).splitlines()[-TEXT:]
    return ["", f"{name}: {visit.command or 'line mode'}{ended}", *(f"  {line[:WIDE]}" for line in lines)]
