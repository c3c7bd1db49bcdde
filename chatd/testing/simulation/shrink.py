"""The shortest program that still breaks the same invariant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

MAX_TRIES = 200
"""Worlds that are lived to shorten one program: some seconds."""


def shrink(length: int, breaks: Callable[[Sequence[int]], bool]) -> list[int]:
    """The places of the acts, of `length`, that are needed: `breaks(kept)` says whether those alone still break.

    Parts are left out, large ones first, until no single act can be, or MAX_TRIES worlds have been lived.
    """
    kept = list(range(length))
    part = length // 2
    tries = 0
    while part >= 1 and tries < MAX_TRIES:
        start, shorter = 0, False
        while start < len(kept) and tries < MAX_TRIES:
            candidate = kept[:start] + kept[start + part :]
            tries += 1
            if candidate and breaks(candidate):
                kept, shorter = candidate, True
            else:
                start += part
        part = part if shorter and part == 1 else part // 2
    return kept
