"""What must happen sometimes: every refusal that the server knows, and every way of falling behind or trying again.

What no world of a long run meets is tried by nothing, whatever else holds: `tests/sometimes.py` counts.
"""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chatd import errors
from chatd.errors import ChatdError

PACKAGE = Path(errors.__file__).parent
LAYERS = ("core", "tasks", "wire")
"""Where what is refused is decided."""

PASSED = {
    "somebody who follows reads what has fallen out of memory": (
        "chatd.tasks.chat.follow",
        "Follower",
        "_read_changed",
    ),
    "a write is tried again": ("chatd.tasks.log.backoff", "Backoff", "wait"),
    "a picture is sent whole": ("chatd.tasks.screens.display", "Display", "repaint"),
    "what is new is painted for all at once": ("chatd.tasks.screens.display", "Display", "_show_what_is_new"),
    "a screen goes on by itself": ("chatd.tasks.session.screen_front", "ScreenFront", "hand_over"),
    "rows are fetched for a screen": ("chatd.tasks.session.screen_view", "ScreenView", "_load"),
    "somebody's own script draws rows": ("chatd.tasks.session.own_looks", "OwnLooks", "draw"),
    "an answer is cut by its limit": ("chatd.tasks.asking.answer", "RunningAnswer", "_breathe"),
    "a guest's private room goes": ("chatd.tasks.chat.rooms", "Rooms", "drop"),
    "scripts are loaded anew": ("chatd.tasks.session.session", "Session", "_swap"),
    "sessions share a Lua state": ("chatd.adapters.lua.state_pool", "StatePool", "take"),
    "a torn tail is recovered": ("chatd.testing.simulation.after_restart", "", "is_torn"),
    "what a flipped bit is in is dropped": ("chatd.testing.simulation.after_restart", "", "is_dropped"),
    "a damaged database is refused": ("chatd.testing.simulation.damaged_start", "", "is_refused"),
    "a server lives with a flipped bit": ("chatd.testing.simulation.damaged_start", "", "lives_on"),
    "somebody takes another name": ("chatd.tasks.session.session", "Session", "_renamed"),
}
"""Functions that are passed sometimes, each as module, class and name."""


@functools.cache
def refusals() -> dict[str, tuple[str, int, int]]:
    """Every place that makes an error of ours, by its name: `tasks/chat/ask.py reserve 2` is the second in that
    function. Each with its file, and its first and last line.
    """
    known = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, ChatdError)}
    found: dict[str, tuple[str, int, int]] = {}
    for layer in LAYERS:
        for path in sorted((PACKAGE / layer).rglob("*.py")):
            counts: Counter[str] = Counter()
            for function, call in _calls(ast.parse(path.read_text()), "module", known):
                counts[function] += 1
                name = f"{path.relative_to(PACKAGE)} {function} {counts[function]}"
                found[name] = (str(path), call.lineno, call.end_lineno or call.lineno)
    return found


def _calls(node: ast.AST, function: str, known: set[str]) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in known:
            yield inner, child
        yield from _calls(child, inner, known)


@contextmanager
def met() -> Iterator[set[str]]:
    """The names of what is met within the block, in this process."""
    found: set[str] = set()
    lines: dict[tuple[str, int], str] = {
        (path, line): name for name, (path, first, last) in refusals().items() for line in range(first, last + 1)
    }

    def new(cls: type[ChatdError], *_args: object, **_named: object) -> ChatdError:
        frame = sys._getframe(1)
        name = lines.get((frame.f_code.co_filename, frame.f_lineno))
        if name is not None:
            found.add(name)
        return Exception.__new__(cls)

    with ExitStack() as undo:
        ChatdError.__new__ = new  # type: ignore[method-assign, assignment]
        undo.callback(delattr, ChatdError, "__new__")
        for name, (module, owner, function) in PASSED.items():
            place: Any = importlib.import_module(module)
            place = getattr(place, owner) if owner else place
            original = getattr(place, function)
            setattr(place, function, _passed(original, functools.partial(found.add, name)))
            undo.callback(setattr, place, function, original)
        yield found


def _passed(original: Callable[..., Any], tell: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    def passed(*args: Any, **named: Any) -> Any:
        tell()
        return original(*args, **named)

    return passed
