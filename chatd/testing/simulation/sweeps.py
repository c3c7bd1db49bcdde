"""`chatd sim --sweep`: every scenario, ended and killed at its every step, under every schedule."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from chatd.testing.schedule import Mode
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.scenarios import SCENARIOS
from chatd.testing.simulation.sweep import (
    PAIRS,
    Faults,
    Swept,
    What,
    cancel_at,
    cancel_everywhere,
    crash_at,
    crash_everywhere,
)

CRASH = "crash"
KINDS = (*What, *("+".join(pair) for pair in PAIRS), CRASH)
"""Faults, pairs of them as `disk+server`, and kills."""

DEAR = {"notices": 25}
"""Scenarios that take longer than all others: of their steps one of so many less is tried."""
PAIR_STRIDE = 16
"""Of the steps at which a fault is tried alone, one of so many is tried as the last of a pair."""
SHORT = "one line"
"""What is swept through the ssh stack, where a world takes three times as long."""
SSH_KINDS = (What.MENTION, What.HANGUP, What.SERVER)
NEW_STRIDE = 8
"""As PAIR_STRIDE, of the faults of disks, rooms and guests: each step of any task is theirs."""

ENDS = (What.MENTION, What.SESSION, What.SERVER, CRASH)
THOROUGH = ("tools", "side by side", "slow disk")

Sweep = tuple[str, str, Mode, int, Profile]
"""Scenario, kind, schedule, stride and how people come in."""


def plan(stride: int, profile: Profile) -> list[Sweep]:
    """What is swept. With a stride, in which it must be quick, each fault and each pair is tried in one scenario, and
    the ends of THOROUGH alone have every schedule; else every fault is tried in every scenario.
    """
    modes, quick = tuple(Mode), stride > 1
    if profile is Profile.SSH:
        return [(SHORT, kind, modes[place], stride, profile) for place, kind in enumerate(SSH_KINDS)]
    sweeps: list[Sweep] = []
    for number, name in enumerate(SCENARIOS):
        own = stride * DEAR.get(name, 1)
        for place, kind in enumerate(KINDS):
            if kind in ENDS:
                turn = modes[(number + place) % len(modes)]
                sweeps += [(name, kind, mode, own, profile) for mode in modes if name in THOROUGH or mode is turn]
            elif not quick or place % len(SCENARIOS) == number:
                factor = PAIR_STRIDE if "+" in kind else NEW_STRIDE
                sweeps.append((name, kind, modes[place % len(modes)], own * factor, profile))
    return sweeps


def sweep_all(stride: int, jobs: int, say: Callable[[str], None], profile: Profile = Profile.MEMORY) -> bool:
    """Sweep everything, each `stride`-th step of faults; kills are at every step. Returns whether all worlds held."""
    sweeps = plan(stride, profile)
    held, steps = True, 0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for sweep, swept in zip(sweeps, pool.map(_sweep, sweeps), strict=True):
            steps += swept.steps
            if swept.broken is not None:
                held = False
                name, kind, mode, _, _ = sweep
                through = "" if profile is Profile.MEMORY else f" --profile {profile}"
                say(f"{name}, {kind} at step {swept.at}, {mode}: an invariant is broken: {swept.broken}")
                say(f"again: chatd sim --scenario '{name}' --schedule {mode} --at {kind}:{swept.at}{through}")
    say(f"{len(sweeps)} sweeps: a fault or a kill at {steps} steps, {'all held' if held else 'not all held'}")
    return held


def _sweep(sweep: Sweep) -> Swept:
    name, kind, mode, stride, profile = sweep
    program = SCENARIOS[name]
    if kind == CRASH:
        return crash_everywhere(program.seed, mode, program)
    return cancel_everywhere(program.seed, mode, program, faults_of(kind), stride=stride, profile=profile)


def faults_of(kind: str) -> Faults:
    """The faults that a kind names. Raises ValueError."""
    return tuple(map(What, kind.split("+")))


def replay(
    name: str,
    mode: Mode,
    kind: str,
    step: int,
    say: Callable[[str], None],
    *,
    profile: Profile = Profile.MEMORY,
) -> bool:
    """One world of a sweep, with its trace. Returns whether it held."""
    program = SCENARIOS[name]
    outcome: Outcome
    if kind == CRASH:
        outcome = crash_at(program.seed, mode, program, step)
    else:
        outcome = cancel_at(program.seed, mode, program, faults_of(kind), step, profile=profile)
    for line in outcome.trace:
        say(line)
    say("it held" if outcome.broken is None else f"an invariant is broken: {outcome.broken}")
    return outcome.broken is None
