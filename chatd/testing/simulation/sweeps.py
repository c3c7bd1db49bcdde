"""`chatd sim --sweep`: every scenario, ended and killed at its every step, under every schedule."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from chatd.testing.schedule import Mode
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.sweep import (
    SCENARIOS,
    Swept,
    What,
    cancel_at,
    cancel_everywhere,
    crash_at,
    crash_everywhere,
)

CRASH = "crash"
KINDS = (*What, CRASH)

Sweep = tuple[str, str, Mode]
"""Scenario, kind and schedule."""


def sweep_all(stride: int, jobs: int, say: Callable[[str], None]) -> bool:
    """Sweep everything, each `stride`-th step of cancels; kills are at every step. Returns whether all worlds held."""
    sweeps: list[Sweep] = [(name, kind, mode) for name in SCENARIOS for kind in KINDS for mode in Mode]
    held, steps = True, 0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for sweep, swept in zip(sweeps, pool.map(_sweep, sweeps, [stride] * len(sweeps)), strict=True):
            steps += swept.steps
            if swept.broken is not None:
                held = False
                name, kind, mode = sweep
                say(f"{name}, {kind} at step {swept.at}, {mode}: an invariant is broken: {swept.broken}")
                say(f"again: chatd sim --scenario '{name}' --schedule {mode} --at {kind}:{swept.at}")
    say(f"{len(sweeps)} sweeps: an end or a kill at {steps} steps, {'all held' if held else 'not all held'}")
    return held


def _sweep(sweep: Sweep, stride: int) -> Swept:
    name, kind, mode = sweep
    program = SCENARIOS[name]
    if kind == CRASH:
        return crash_everywhere(program.seed, mode, program)
    return cancel_everywhere(program.seed, mode, program, What(kind), stride=stride)


def replay(name: str, mode: Mode, kind: str, step: int, say: Callable[[str], None]) -> bool:
    """One world of a sweep, with its trace. Returns whether it held."""
    program = SCENARIOS[name]
    outcome: Outcome
    if kind == CRASH:
        outcome = crash_at(program.seed, mode, program, step)
    else:
        outcome = cancel_at(program.seed, mode, program, What(kind), step)
    for line in outcome.trace:
        say(line)
    say("it held" if outcome.broken is None else f"an invariant is broken: {outcome.broken}")
    return outcome.broken is None
