"""`chatd sim`: worlds from seeds, one after the other, and what is told of one that broke."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

from chatd.testing.program import Program
from chatd.testing.schedule import Mode
from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.long_run import go_on
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.show_screens import look
from chatd.testing.simulation.simulate import simulate
from chatd.testing.simulation.telling import tell

CHUNK = 4
"""Worlds that a process gets at a time: a broken one is told soon."""


def schedule_of(seed: int, wanted: Mode | None) -> Mode:
    """The schedule of a seed: the one that is wanted, else the seeds take turns."""
    return wanted or list(Mode)[seed % len(Mode)]


def simulate_all(
    seed: int, runs: int, wanted: Mode | None, *, trace: Path | None = None, jobs: int = 1,
    profile: Profile = Profile.MEMORY, scripts_path: Path | None = None, say: Callable[[str], None],
) -> bool:  # fmt: skip
    """Live the worlds of `runs` seeds from `seed` on; stop at the first that breaks. Returns whether all held.

    `jobs` processes live them; what is told and written is the same for any number.

    `scripts_path` is a directory of scripts, which the worlds have in the place of the simulation's own.
    `trace` is a file for every world's trace. Raises OSError when that cannot be written.
    """
    began = time.perf_counter()
    steps = acts = faults = lived = 0
    digest = hashlib.sha256()
    file = trace.open("w", encoding="utf-8", newline="\n") if trace is not None else None
    try:
        for outcome in _outcomes(range(seed, seed + runs), wanted, jobs, profile, scripts_path=scripts_path):
            lived, steps, faults = lived + 1, steps + outcome.steps, faults + outcome.faults
            acts += outcome.acts
            digest.update(outcome.digest.encode())
            if file is not None:
                _write(file, outcome)
            if outcome.broken is not None:
                tell(outcome, draw(outcome.seed), profile, scripts_path, say)
                return False
    finally:
        if file is not None:
            file.close()
    took = time.perf_counter() - began
    say(f"{lived} worlds held: {acts} acts, {steps} steps, {faults} faults, {lived / took:.1f} worlds a second")
    say(f"all traces together: {digest.hexdigest()}")
    return True


def simulate_on(
    file: Path, seed: int, runs: int, wanted: Mode | None, *, jobs: int = 1, profile: Profile = Profile.MEMORY,
    scripts_path: Path | None = None, say: Callable[[str], None],
) -> bool:  # fmt: skip
    """As `simulate_all`, but a world that breaks ends nothing, and what is lived already is not lived again: see
    `long_run.go_on`.
    """

    def live(seeds: range) -> Iterator[Outcome]:
        return _outcomes(seeds, wanted, jobs, profile, scripts_path=scripts_path)

    return go_on(file, seed, runs, live, say)


def play(
    program: Program, wanted: Mode | None, *, profile: Profile = Profile.MEMORY, scripts_path: Path | None = None,
    say: Callable[[str], None],
) -> bool:  # fmt: skip
    """Live the world of one program, and tell of it as `simulate_all` does. Returns whether it held."""
    mode = schedule_of(program.seed, wanted)
    outcome = simulate(program.seed, mode, program, profile=profile, scripts_path=scripts_path)
    if outcome.broken is not None:
        tell(outcome, program, profile, scripts_path, say)
    else:
        say(f"it held: {outcome.acts} acts, {outcome.steps} steps, {outcome.faults} faults")
    return outcome.broken is None


def look_at(
    program: Program, wanted: Mode | None, step: int, *,
    profile: Profile = Profile.MEMORY, scripts_path: Path | None = None, say: Callable[[str], None],
) -> bool:  # fmt: skip
    """Show every screen after one step of a program's world. Returns whether it held."""
    mode = schedule_of(program.seed, wanted)
    outcome = look(program.seed, mode, step, say, program=program, profile=profile, scripts_path=scripts_path)
    if outcome.broken is not None:
        say(f"an invariant is broken: {outcome.broken}")
    return outcome.broken is None


def _outcomes(
    seeds: range, wanted: Mode | None, jobs: int, profile: Profile, *, scripts_path: Path | None
) -> Iterator[Outcome]:
    """The outcomes in the order of the seeds."""
    live = partial(_live, wanted=wanted, profile=profile, scripts_path=scripts_path)
    if jobs == 1:
        yield from map(live, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(live, seeds, chunksize=CHUNK)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _live(seed: int, *, wanted: Mode | None, profile: Profile, scripts_path: Path | None) -> Outcome:
    return simulate(seed, schedule_of(seed, wanted), draw(seed), profile=profile, scripts_path=scripts_path)


def _write(file: TextIO, outcome: Outcome) -> None:
    file.write(f"# seed {outcome.seed}, schedule {outcome.mode}\n")
    file.writelines(f"{line}\n" for line in outcome.trace)
    verdict = "held" if outcome.broken is None else f"broken: {outcome.broken}"
    file.write(f"# {outcome.steps} steps, {outcome.faults} faults, {verdict}, {outcome.digest}\n")
