"""What every task of a run waits for, as a tree with files and lines: shown when something never comes."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import CodeType

import trio

_PLUMBING = tuple(str(Path(module.__file__).parent) for module in (trio,) if module.__file__)
"""Where a task waits whoever waits: the frame that called it says more."""

MAX_TASKS = 60
"""Tasks that are shown: a hang is in the first ones or nobody reads to it."""


def task_tree() -> str:
    """The tasks below the run's main task, each with the file, the line and the text of what it waits for.

    Called from within the run. The task that calls is marked `runs`.
    """
    root = trio.lowlevel.current_root_task()
    lines: list[str] = []
    for nursery in root.child_nurseries if root is not None else []:
        for task in _ordered(nursery):
            if task.name.rpartition(".")[2] not in _OF_THE_RUN:
                _tell(task, 0, lines)
    more = len(lines) - MAX_TASKS
    return "\n".join([*lines[:MAX_TASKS], *([f"and {more} tasks more"] if more > 0 else [])])


_OF_THE_RUN = {"_autojump", "system_task"}


def _tell(task: trio.lowlevel.Task, depth: int, lines: list[str]) -> None:
    name = task.name.rpartition(".")[2]
    lines.append(f"{'  ' * depth}{name}: {_place(task)}")
    for nursery in task.child_nurseries:
        for child in _ordered(nursery):
            _tell(child, depth + 1, lines)


def _ordered(nursery: trio.Nursery) -> list[trio.lowlevel.Task]:
    """A set has no order that two runs share; names and places do."""
    return sorted(nursery.child_tasks, key=lambda task: (task.name, _place(task)))


def _place(task: trio.lowlevel.Task) -> str:
    if task is trio.lowlevel.current_task():
        return "runs"
    found = "has not begun"
    for frame, line in task.iter_await_frames():
        file = frame.f_code.co_filename
        if file.startswith(_PLUMBING):
            continue
        text = linecache.getline(file, line).strip()
        found = f"{_short(file)}:{line} in {frame.f_code.co_name}: {text}"
    return found


def _short(file: str) -> str:
    """Two directories are enough to find it."""
    return "/".join(Path(file).parts[-3:])


def source_of(condition: object) -> str:
    """What a condition says, with file and line: the body of a lambda, the name of a function."""
    code = getattr(condition, "__code__", None)
    if not isinstance(code, CodeType):
        return repr(condition)
    place = f"{_short(code.co_filename)}:{code.co_firstlineno}"
    if code.co_name != "<lambda>":
        return f"{code.co_qualname} ({place})"
    return f"{_body(code) or 'a lambda'} ({place})"


def _body(code: CodeType) -> str:
    """The text between the first and the last position that the code has; columns count bytes."""
    known = [span for span in code.co_positions() if None not in span and span[2:] != (0, 0)]
    spans = [tuple(at or 0 for at in span) for span in known]
    if not spans:
        return ""
    first = min((line, column) for line, _, column, _ in spans)
    last = max((line, column) for _, line, _, column in spans)
    lines = [linecache.getline(code.co_filename, at).encode() for at in range(first[0], last[0] + 1)]
    lines[-1] = lines[-1][: last[1]]
    lines[0] = lines[0][first[1] :]
    return " ".join(line.decode(errors="replace").strip() for line in lines)
