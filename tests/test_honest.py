"""Tests can fail, and do not depend on how busy the machine is: two rules that are read off their text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))

CLOCKS = {"sleep", "time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns"}
"""What of the module `time` is real time, which others on the machine make longer; a thread's own is not."""

MANY = {"given", "parametrize", "rule", "invariant"}
"""Decorators of tests that hold for many cases, of which some are one way and some the other."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """The outermost functions of a file, those of its classes too."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (one for one in inner if isinstance(one, Function))


def decorators(function: Function) -> set[str]:
    """The last words of the decorators' names."""
    called = [one.func if isinstance(one, ast.Call) else one for one in function.decorator_list]
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in called
        if isinstance(one, ast.Attribute | ast.Name)
    }


def clocks(tree: ast.Module) -> dict[str, str]:
    """The names under which a file knows real time, besides `time.NAME`."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "time"]
    return {name.asname or name.name: name.name for node in found for name in node.names if name.name in CLOCKS}


def names(function: Function) -> set[str]:
    """What a function names, its helpers among that."""
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def uses_clock(function: Function, known: dict[str, str]) -> bool:
    """Whether a function reads real time, or waits in it."""
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name in CLOCKS:
                return True
            case ast.Call(func=ast.Name(id=name)) if name in known:
                return True
            case _:
                pass
    return False


def either_or(function: Function) -> Iterator[int]:
    """The lines that assert one thing or another, outside of loops: in one case only one of them is ever looked at."""
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.For() | ast.While() | ast.AsyncFor() | ast.comprehension():
                continue
            case ast.Assert(test=ast.BoolOp(op=ast.Or()), lineno=line):
                yield line
            case _:
                pass
        waiting += ast.iter_child_nodes(node)


def is_real(tree: ast.Module, function: Function) -> bool:
    """Whether a test, or all of its file, is marked as one of real time."""
    of_file = [node for node in tree.body if isinstance(node, ast.Assign)]
    marks = [ast.unparse(node.value) for node in of_file if ast.unparse(node.targets[0]) == "pytestmark"]
    return "real" in decorators(function) or any("mark.real" in mark for mark in marks)


@pytest.mark.parametrize("file", FILES)
def test_real_time_is_in_tests_that_say_so(file: str) -> None:
    tree = ast.parse((TESTS / file).read_text())
    known = clocks(tree)
    timed = {one.name for one in functions(tree) if uses_clock(one, known)}
    tests = [one for one in functions(tree) if one.name.startswith("test_") and not is_real(tree, one)]
    found = [one.name for one in tests if timed & {one.name, *names(one)}]
    assert not found, f"{file}: mark {found} as real, or have them run on the virtual clock"


@pytest.mark.parametrize("file", FILES)
def test_a_test_of_one_case_says_which_it_is(file: str) -> None:
    tree = ast.parse((TESTS / file).read_text())
    tests = [one for one in functions(tree) if one.name.startswith("test_") and not is_real(tree, one)]
    single = [one for one in tests if not decorators(one) & MANY]
    found = [line for one in single for line in either_or(one)]
    assert not found, f"{file}, lines {found}: one side of the `or` is never looked at; say which holds"


def test_the_rules_see_what_they_are_about() -> None:
    tree = ast.parse("def test_a():\n    assert x == 1 or y\n    time.sleep(1)\ndef test_b():\n    clock()\n")
    first, second = functions(tree)
    assert list(either_or(first)) == [2] and uses_clock(first, {})
    assert uses_clock(second, {"clock": "monotonic"}) and not uses_clock(second, {})
