"""The shortest and simplest program that still breaks the same invariant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from chatd.testing import program as acts
from chatd.testing.program import Act

MAX_TRIES = 200
"""Worlds that are lived to shorten one program: some seconds."""

MAX_SIMPLER = 100
"""Worlds that are lived to make the acts that are left simpler."""

SIZE = (80, 24)
"""The simplest size of a screen."""

MOST_USUAL = 5
"""Characters of a text that are not worth another try."""


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


def simplify(program: Sequence[Act], breaks: Callable[[Sequence[Act]], bool]) -> list[Act]:
    """The acts with the shortest texts, waits and usual sizes: `breaks(acts)` says whether they still break.

    Each is made simpler as often as it can be, or until MAX_SIMPLER worlds have been lived.
    """
    kept = list(program)
    at = tries = 0
    while at < len(kept):
        for act in simpler(kept[at]):
            if tries == MAX_SIMPLER:
                return kept
            tries += 1
            candidate = [*kept[:at], act, *kept[at + 1 :]]
            if breaks(candidate):
                kept = candidate
                break
        else:
            at += 1
    return kept


def simpler(act: Act) -> Iterator[Act]:
    """Acts that are the same but for one thing, which is simpler; the simplest first. None is as simple as it is."""
    match act:
        case acts.Type(text=text, cut=cut):
            end = "\r" if text.endswith("\r") else ""
            yield from (replace(act, text=shorter + end) for shorter in _shorter(text.removesuffix("\r")))
            if cut:
                yield replace(act, cut=0)
        case acts.RunCommand(gone_after=gone, piped=piped, reads=reads):
            yield from (replace(act, piped=shorter) for shorter in _shorter(piped))
            if gone is not None:
                yield replace(act, gone_after=None)
            if not reads:
                yield replace(act, reads=True)
        case acts.Browse(gone_after=gone) if gone is not None:
            yield replace(act, gone_after=None)
        case acts.Join(size=size) | acts.Window(size=size):
            if size != SIZE:
                yield replace(act, size=SIZE)
        case acts.Flood(count=count):
            if count > 1:
                yield replace(act, count=count // 2)
        case acts.DiskFault(write=write):
            if write > 1:
                yield replace(act, write=1)
        case acts.DiskDamage(where=where):
            if where:
                yield replace(act, where=0)
            if where > 1:
                yield replace(act, where=where // 2)
        case acts.LetPass(seconds=seconds):
            if seconds:
                yield replace(act, seconds=0.0)
            if seconds > 1:
                yield replace(act, seconds=seconds // 2)
        case _:
            pass


def _shorter(text: str) -> Iterator[str]:
    """Its halves, of which a word that asks somebody is a part: `@bot` is not cut in two."""
    asked, space, rest = text.partition(" ") if text.startswith("@") else ("", "", text)
    if len(rest) > MOST_USUAL:
        half = len(rest) // 2
        yield asked + space + rest[:half]
        yield asked + space + rest[half:]
