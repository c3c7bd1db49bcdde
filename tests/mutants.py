"""Whether the simulation finds what it is for: bugs are planted one by one, and worlds are lived until one breaks.

python -m tests.mutants [--within N] [--first SEED]

Exit status 1 when a bug is not found within N worlds (each bug has its own number unless N is given).
"""

from __future__ import annotations

import argparse
import sys

from tests.testing.simulation.planted import EXPECTED_LATER, PLANTED, Planted, find

LATER_WITHIN = 20
"""Worlds in which a bug that nothing looks for yet is looked for all the same: when one is found, the list is old."""

DETAIL = 60
"""Characters of what broke."""


def main(arguments: list[str] | None = None) -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="planted bugs, and who finds them")
    parser.add_argument("--within", type=int, default=None, metavar="N", help="worlds for each bug")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    chosen = parser.parse_args(arguments)
    print(f"{'bug':42} {'worlds':>6} {'s':>6}  broken invariant", flush=True)
    found = sum([_look(planted, chosen.within or planted.within, chosen.first) for planted in PLANTED])
    for planted in EXPECTED_LATER:
        _look(planted, chosen.within or LATER_WITHIN, chosen.first)
    print(f"{found} of {len(PLANTED)} found")
    return 0 if found == len(PLANTED) else 1


def _look(planted: Planted, within: int, first: int) -> bool:
    found = find(planted.plant, within, first)
    if found is None:
        why = f"expected: it lacks {planted.lacks}" if planted.lacks else f"in {within} worlds"
        print(f"{planted.name:42} {'-':>6} {'-':>6}  not found ({why})", flush=True)
        return False
    broken, note = found.broken, " (it is found now: it belongs to PLANTED)" if planted.lacks else ""
    detail = broken.detail.replace("\n", " ").strip()[:DETAIL]
    print(f"{planted.name:42} {found.worlds:6} {found.seconds:6.2f}  {broken.name}: {detail}{note}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
