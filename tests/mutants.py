"""Whether the simulation finds what it is for: bugs are planted one by one, and worlds are lived until one breaks.

python -m tests.mutants [--list LIST|all] [--within N] [--first SEED] [--jobs N] [--wanted N]

LIST: `own` are the bugs that the invariants were written for, `disk` those of what a start makes of a damaged disk,
`related` those of older rows that models are given, `screens` those of what stands on screens, `web` those of what is
done over the web, `scripts` those of what scripts find out and refuse, `foreign` those of somebody who did not know the
oracles. Exit status 1 when fewer are found than wanted: of foreign ones as many as `--wanted` says, else all of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.testing.simulation.planted import EXPECTED_LATER, PLANTED, Found, Planted, find
from tests.testing.simulation.planted_disk import DISK
from tests.testing.simulation.planted_foreign import FOREIGN
from tests.testing.simulation.planted_related import RELATED
from tests.testing.simulation.planted_screens import SCREENS
from tests.testing.simulation.planted_scripts import SCRIPTS
from tests.testing.simulation.planted_web import WEB

LATER_WITHIN = 20
"""Worlds in which a bug that nothing looks for yet is looked for all the same: when one is found, the list is old."""

DETAIL = 60
"""Characters of what broke."""

Job = tuple[Planted, int, int]
"""A bug, the worlds within which it is looked for, and the first seed."""


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    good = True
    print(f"{'bug':54} {'worlds':>6} {'s':>6}  broken invariant", flush=True)
    lists = {
        "own": PLANTED, "disk": DISK, "related": RELATED, "screens": SCREENS, "web": WEB, "scripts": SCRIPTS,
        "foreign": FOREIGN,
    }  # fmt: skip
    for name in lists if chosen.list == "all" else (chosen.list,):
        bugs = lists[name]
        wanted = len(bugs) if name != "foreign" or chosen.wanted is None else chosen.wanted
        found = _look_for(bugs, chosen)
        if name == "own":
            _look_for(EXPECTED_LATER, chosen)
        print(f"{name}: {found} of {len(bugs)} found", flush=True)
        good = good and found >= wanted
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="planted bugs, and who finds them")
    parser.add_argument(
        "--list",
        choices=("own", "disk", "related", "screens", "web", "scripts", "foreign", "all"),
        default="all",
        help="which bugs",
    )
    parser.add_argument("--within", type=int, default=None, metavar="N", help="worlds for each bug")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes")
    parser.add_argument("--wanted", type=int, default=None, metavar="N", help="foreign bugs that must be found")
    return parser


def _look_for(bugs: tuple[Planted, ...], chosen: argparse.Namespace) -> int:
    """Print a line for each bug, in the order of the list; returns how many were found."""
    jobs = [(bug, chosen.within or (LATER_WITHIN if bug.lacks else bug.within), chosen.first) for bug in bugs]
    found = 0
    for (bug, within, _), result in zip(jobs, _results(jobs, chosen.jobs), strict=True):
        _tell(bug, within, result)
        found += result is not None
    return found


def _results(jobs: list[Job], processes: int) -> Iterator[Found | None]:
    if processes <= 1:
        yield from map(_find, jobs)
        return
    # A process that was begun anew knows nothing of what is patched, or runs, in this one.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_find, jobs)


def _find(job: Job) -> Found | None:
    bug, within, first = job
    return find(bug.plant, within, first)


def _tell(planted: Planted, within: int, found: Found | None) -> None:
    if found is None:
        why = f"expected: it lacks {planted.lacks}" if planted.lacks else f"in {within} worlds"
        print(f"{planted.name:54} {'-':>6} {'-':>6}  not found ({why})", flush=True)
        return
    broken, note = found.broken, " (it is found now: it belongs to PLANTED)" if planted.lacks else ""
    detail = broken.detail.replace("\n", " ").strip()[:DETAIL]
    print(f"{planted.name:54} {found.worlds:6} {found.seconds:6.2f}  {broken.name}: {detail}{note}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
