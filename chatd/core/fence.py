"""A text set apart from what stands around it, as Markdown has it: in a fence that nothing inside can close."""

from __future__ import annotations

import re

_TICKS = re.compile("`{3,}")


def fenced(text: str) -> str:
    """`text` between two lines of backticks, one more than the longest run of them inside, three at least."""
    longest = max((len(run[0]) for run in _TICKS.finditer(text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}\n{text}\n{ticks}"
