"""Which lines of the server simulated worlds run: what they never reach, no invariant judges.

python -m tests.covered [--seed N] [--runs N] [--jobs N] [--profile NAME] [--below PERCENT]

Prints each module that has fewer of its lines run than PERCENT, with the lines that are missed, and the whole. The
harness itself, and what runs a server as a process, are left out.
"""

from __future__ import annotations

import argparse
import ast
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import coverage

from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.report import schedule_of
from chatd.testing.simulation.simulate import simulate
from tests.imports import PACKAGE

LEFT_OUT = ("testing", "app.py", "cli.py", "sim_command.py", "__main__.py", "logs.py", "config_file.py", "embed.py")
"""Below `chatd/`: no world is made of these."""

EXCLUDED = (r"if TYPE_CHECKING:", r"assert_never\(", r"^\s*\.\.\.$")
"""Lines that nothing runs."""


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit status 1 when a world broke."""
    chosen = _parser().parse_args(arguments)
    with TemporaryDirectory() as directory:
        parts = [range(chosen.seed + at, chosen.seed + chosen.runs, chosen.jobs) for at in range(chosen.jobs)]
        live = partial(_live, directory=Path(directory), profile=Profile(chosen.profile))
        if chosen.jobs == 1:
            broken = live(parts[0])
        else:
            with ProcessPoolExecutor(chosen.jobs, mp_context=get_context("spawn")) as pool:
                broken = sum(pool.map(live, parts))
        whole = _measuring(Path(directory) / "whole")
        whole.combine(sorted(map(str, Path(directory).glob("lines.*"))))
        _print(whole, chosen.below)
    if broken:
        print(f"{broken} of {chosen.runs} worlds broke")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.covered", description="lines that simulated worlds run")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first seed")
    parser.add_argument("--runs", type=int, default=100, metavar="N", help="worlds")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes")
    parser.add_argument("--profile", default="memory", choices=[*Profile], metavar="NAME", help=", ".join(Profile))
    parser.add_argument("--below", type=float, default=95, metavar="PERCENT", help="which modules are told")
    return parser


def _measuring(file: Path) -> coverage.Coverage:
    measuring = coverage.Coverage(
        data_file=str(file), source=[str(PACKAGE)], omit=[str(PACKAGE / left / "*") for left in LEFT_OUT]
        + [str(PACKAGE / left) for left in LEFT_OUT], config_file=False, messages=False,
    )  # fmt: skip
    for pattern in EXCLUDED:
        measuring.exclude(pattern)
    return measuring


def _live(seeds: range, directory: Path, profile: Profile) -> int:
    """Live the worlds, and leave the lines they ran in a file of the directory; returns how many broke."""
    measuring = _measuring(directory / f"lines.{seeds.start}")
    broken = 0
    with measuring.collect():
        for seed in seeds:
            broken += simulate(seed, schedule_of(seed, None), draw(seed), profile=profile).broken is not None
    measuring.save()
    return broken


def _print(measured: coverage.Coverage, below: float) -> None:
    lines = missed = 0
    for path in sorted(Path(file) for file in measured.get_data().measured_files()):
        _, statements, _, missing, _ = measured.analysis2(str(path))
        inside = inside_functions(path.read_text())
        whole, left = inside.intersection(statements), sorted(inside.intersection(missing))
        lines, missed = lines + len(whole), missed + len(left)
        percent = 100 * (1 - len(left) / len(whole)) if whole else 100.0
        if percent < below:
            print(f"{percent:5.1f} %  {path.relative_to(PACKAGE)}: {', '.join(ranges(left))}")
    print(f"{100 * (1 - missed / max(1, lines)):.1f} % of {lines} lines are run, {missed} are not")


def ranges(lines: list[int]) -> list[str]:
    """Lines in their order, those that follow each other as `3-7`."""
    runs = [[line for _, line in group] for _, group in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0])]
    return [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]


def inside_functions(source: str) -> set[int]:
    """The lines of functions' bodies: the others are run when a module is imported, which no world does."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.update(range(node.body[0].lineno, (node.end_lineno or 0) + 1))
            found.difference_update(
                line for inner in node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
                for line in range(inner.lineno, inner.body[0].lineno)
            )  # fmt: skip
    return found


if __name__ == "__main__":
    sys.exit(main())
