"""What the tests do not notice: one place of a module is changed after the other, and its tests are run; when those are
content, the tests of its floor.

python -m tests.mutate [--in core wire] [--sample N] [--seed S] [--jobs N] [--limit SECONDS] [--out FILE] [--again]

A changed module is compiled in the memory of the process that runs the tests; no file is touched. What has been tried
stands in FILE, and is not tried again unless `--again` says so. Survivors that were judged stand in
`tests/survivors.toml`. Exit status 1 when there are others.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.imports import PACKAGE
from tests.test_mirror import COVERED, TESTS, own

JUDGED = TESTS / "survivors.toml"

LIMIT_S = 120.0
"""Seconds for the tests of one module: a change that has them wait for ever is noticed, too."""

TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.And: ast.Or, ast.Or: ast.And, ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The place number `at` of a module (below `chatd/`), and what stands there before and after."""

    module: str
    at: int
    line: int
    before: str
    after: str

    @property
    def name(self) -> str:
        """What a survivor is known by: the number of its line would not last."""
        return f"{self.module}: {self.before} -> {self.after}"


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Each node that can be another one, with that one. Annotations and the conditions of types are left alone."""
    for node in _inside(tree):
        match node:
            case ast.Compare(ops=[op]) if type(op) in TURNED:
                yield node, _with(node, ops=[TURNED[type(op)]()])
            case ast.BinOp(op=op, left=left) if type(op) in TURNED and not isinstance(
                left, ast.Constant | ast.JoinedStr
            ):
                yield node, _with(node, op=TURNED[type(op)]())
            case ast.BoolOp(op=op):
                yield node, _with(node, op=TURNED[type(op)]())
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield node, operand
            case ast.Constant(value=bool(value)):
                yield node, ast.copy_location(ast.Constant(not value), node)
            case ast.Constant(value=int(value)):
                yield node, ast.copy_location(ast.Constant(value + 1), node)
            case ast.Break() | ast.Continue():
                yield node, ast.copy_location(TURNED[type(node)](), node)
            case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
                yield node, _with(node, value=ast.copy_location(ast.Constant(None), node))
            case _:
                pass


def _inside(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node but those of decorators: whether a dataclass is frozen or has slots, no test asks."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        decorators = getattr(node, "decorator_list", [])
        waiting += [child for child in ast.iter_child_nodes(node) if child not in decorators]


def _with(node: ast.AST, **fields: object) -> ast.AST:
    other = deepcopy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return ast.fix_missing_locations(other)


def changes(module: str) -> list[Change]:
    """Every change of a module."""
    tree = ast.parse((PACKAGE / module).read_text())
    found = list(places(tree))
    return [
        Change(module, at, getattr(old, "lineno", 0), ast.unparse(old), ast.unparse(new))
        for at, (old, new) in enumerate(found)
    ]


def changed(module: str, at: int) -> ast.Module:
    """The module with one place changed."""
    tree = ast.parse((PACKAGE / module).read_text())
    old, new = list(places(tree))[at]

    class Changer(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            if node is old:
                return new
            self.generic_visit(node)
            return node

    Changer().visit(tree)
    return ast.fix_missing_locations(tree)


def tests_of(module: str) -> str:
    """The test file of a module, as `tests/test_mirror.py` knows it."""
    return str(TESTS / COVERED.get(module, own(module)))


def survives(change: Change, limit: float) -> bool:
    """Whether the module's own tests are content with the change, and then all those of its floor."""
    return all(_content(change, tests, limit) for tests in (tests_of(change.module), floor_of(change.module)))


def floor_of(module: str) -> str:
    """The folder of the tests of a module's neighbours: `tests/core`, `tests/tasks/asking`."""
    folders = Path(module).parts[:-1]
    return str(TESTS.joinpath(*folders[:2]))


def _content(change: Change, tests: str, limit: float) -> bool:
    words = ["-q", "-x", "-p", "no:cacheprovider", "-p", "tests.mutated", "-m", "not real", "--no-header", "--tb=no"]
    command = [sys.executable, "-m", "pytest", *words, tests]
    environ = {**os.environ, "CHATD_MUTATED": f"{change.module}:{change.at}"}
    try:
        ended = subprocess.run(command, env=environ, capture_output=True, timeout=limit, cwd=TESTS.parent, check=False)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def judged() -> dict[str, str]:
    """Survivors that are accepted, each with the reason."""
    kept: dict[str, str] = tomllib.loads(JUDGED.read_text())["accepted"]
    return kept


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("*.py"))


def main(arguments: list[str] | None = None) -> int:
    """Try a sample; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    modules = sorted(
        path.relative_to(PACKAGE).as_posix()
        for place in chosen.folders for path in _files(PACKAGE / place) if path.name != "__init__.py"
    )  # fmt: skip
    accepted = judged()
    wanted = [change for module in modules for change in changes(module) if change.name not in accepted]
    sample = random.Random(chosen.seed).sample(wanted, min(chosen.sample or len(wanted), len(wanted)))
    tried = set() if chosen.again or not chosen.out.exists() else set(chosen.out.read_text().splitlines())
    rest = [change for change in sample if not {f"killed {change.name}", f"SURVIVED {change.name}"} & tried]
    survivors = 0
    with chosen.out.open("a") as out, ThreadPoolExecutor(chosen.jobs) as pool:
        for change, lives in zip(rest, pool.map(partial(survives, limit=chosen.limit), rest), strict=True):
            survivors += lives
            print(f"{'SURVIVED' if lives else 'killed'} {change.name}", file=out, flush=True)
            if lives:
                print(f"chatd/{change.module}:{change.line}: {change.before}  ->  {change.after}", flush=True)
    survivors += sum(f"SURVIVED {change.name}" in tried for change in sample)
    print(f"{survivors} of {len(sample)} survived, of {len(wanted)} changes in {len(modules)} modules", flush=True)
    return 1 if survivors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description="changes that the tests do not notice")
    parser.add_argument(
        "--in",
        dest="folders",
        nargs="+",
        default=["core", "tasks", "wire"],
        metavar="PLACE",
        help="folders or files below chatd/",
    )
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many changes; 0: all of them")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which of them")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes")
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="SECONDS", help="for the tests of one change")
    parser.add_argument("--out", type=Path, default=Path("mutated.txt"), metavar="FILE", help="what was tried")
    parser.add_argument("--again", action="store_true", help="also what was tried before")
    return parser


if __name__ == "__main__":
    sys.exit(main())
