"""Ending a world whose loop is held: no step follows, so nothing that counts steps or virtual time would notice."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from chatd.testing.checks import Broken

HELD_S = 20.0
"""Processor seconds in which a world takes not one step more: a thousand times what the longest step takes."""

NAME = "nothing holds the loop"

INNERMOST = 6
"""Frames that are told of where it was held."""


@contextmanager
def patience(steps: Callable[[], int], breaks: Callable[[Broken], None]) -> Iterator[None]:
    """Within the block the count of `steps` must go on; where it does not, `breaks` is told and Broken is raised into
    whatever holds the loop. Processor time is measured, so a busy machine breaks nothing. Only in a main thread: no
    other one can be interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen = -1

    def look(_signal: int, frame: FrameType | None) -> None:
        nonlocal seen
        if (now := steps()) != seen:
            seen = now
            return
        where = "".join(traceback.format_stack(frame)[-INNERMOST:])
        broken = Broken(NAME, f"not within {HELD_S:g} s of the processor:\n{where}")
        breaks(broken)
        raise broken

    before = signal.signal(signal.SIGVTALRM, look)
    signal.setitimer(signal.ITIMER_VIRTUAL, HELD_S, HELD_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
