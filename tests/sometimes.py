"""Whether everything that must happen sometimes does: worlds are lived, and what none of them met is named.

python -m tests.sometimes [--seed N] [--runs N] [--least N] [--jobs N] [--all]

`--runs` worlds are lived at most, and no more than `--least` when those have met everything. Exit status 1 when a world
breaks, or when something was never met that is not in `never.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from chatd.testing.simulation import Outcome, simulate
from chatd.testing.simulation.report import schedule_of
from chatd.testing.simulation.sometimes import PASSED, met, refusals
from tests.testing.simulation.never import NEVER


def live(seed: int) -> tuple[Outcome, frozenset[str]]:
    """One world, and what was met in it."""
    with met() as found:
        outcome = simulate(seed, schedule_of(seed, None))
    return outcome, frozenset(found)


def main(arguments: list[str] | None = None) -> int:
    """Live the worlds; returns 1 when one breaks, or when something was never met that should have been."""
    parser = argparse.ArgumentParser(prog="python -m tests.sometimes", description="what must happen sometimes")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--runs", type=int, default=400, metavar="N")
    parser.add_argument("--least", type=int, default=None, metavar="N", help="(default: as many as --runs)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--all", action="store_true", help="print how often each was met")
    chosen = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    names = [*refusals(), *PASSED]
    wanted = [name for name in names if name not in NEVER]
    broken: list[Outcome] = []
    lived, least = 0, chosen.runs if chosen.least is None else chosen.least
    for outcome in _lived(range(chosen.seed, chosen.seed + chosen.runs), chosen.jobs, counts):
        lived += 1
        if outcome.broken is not None:
            broken.append(outcome)
        if lived >= least and all(counts[name] for name in wanted):
            break
    for outcome in broken:
        print(f"seed {outcome.seed}, schedule {outcome.mode}: {outcome.broken}")
        print(f"again: chatd sim --seed {outcome.seed} --schedule {outcome.mode}")
    unmet = [name for name in wanted if not counts[name]]
    for name in names if chosen.all else unmet:
        print(f"{counts[name]:6}  {name}{f' (never: {NEVER[name]})' if name in NEVER else ''}")
    print(f"{lived} worlds, {len(wanted) - len(unmet)} of {len(wanted)} met sometimes")
    return 1 if broken or unmet else 0


def _lived(seeds: range, jobs: int, counts: Counter[str]) -> Iterator[Outcome]:
    """The worlds one by one; `counts` gets in how many of them each was met. Closing it ends those that are lived."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            for outcome, found in pool.map(live, seeds, chunksize=4):
                counts.update(found)
                yield outcome
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    sys.exit(main())
