"""Long texts in steps: a row may have a megabyte, and nobody else shall wait while it is made fit to be shown."""

from __future__ import annotations

from collections.abc import Iterator

import trio

from chatd.core.sanitize import Sanitizer
from chatd.core.search import MAX_QUERY, SearchQuery, about, place

SLICE = 4096
"""Characters of one step: 8 ms where each has to be looked at alone."""

STEP = 64 * 1024
"""Characters of one step that costs next to nothing for each."""


def slices(text: str, size: int = SLICE) -> Iterator[str]:
    """The text in pieces of `size` characters."""
    return (text[start : start + size] for start in range(0, len(text), size))


async def sanitized(text: str) -> str:
    """`core.sanitize.sanitize`, step by step."""
    sanitizer, safe = Sanitizer(), []
    for piece in slices(text):
        safe.append(sanitizer.feed(piece))
        if safe[-1] is not piece or len(safe) * SLICE % STEP == 0:
            await trio.lowlevel.checkpoint()
    safe.append(sanitizer.flush())
    return "".join(safe)


async def snippet(text: str, query: SearchQuery) -> str:
    """A line of the text about the first term of the query that is seen in it, or its beginning; step by step."""
    at = None
    for first in range(0, len(text), STEP // 4):
        at = place(text, query, first, first + STEP // 4 + MAX_QUERY)
        await trio.lowlevel.checkpoint()
        if at is not None:
            break
    return about(text, at or 0)
