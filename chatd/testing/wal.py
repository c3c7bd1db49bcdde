"""A WAL as SQLite's file format describes it, read without SQLite: which transactions are in it, and what they make of
the database when it ends early.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from struct import unpack, unpack_from

HEADER_BYTES = 32
FRAME_BYTES = 24
"""Before each page."""

CHECKPOINTED = 1000
"""Frames from which on SQLite may have copied pages into the database; until then it is as it was before them."""

_JOURNAL = slice(18, 20)
"""Where a database says which journal it has; only one without a WAL can be opened in memory."""

_ROLLBACK = b"\x01\x01"


@dataclass(frozen=True, slots=True)
class WalFrame:
    """One page as a transaction has written it. `end` is in bytes from the beginning of the WAL."""

    page: int
    size: int
    """Pages of the database after the transaction, for its last frame; else 0."""
    data: bytes
    end: int


def frames(wal: bytes) -> Iterator[WalFrame]:
    """Those that count, up to one that is not what was written: what is left behind them of an earlier use of the file
    has another salt, or goes on from another frame than the one before it.
    """
    if len(wal) < HEADER_BYTES:
        return
    (magic,), (page_size,), salt = unpack_from(">I", wal), unpack_from(">I", wal, 8), wal[16:24]
    order = ">" if magic & 1 else "<"
    at, sums = HEADER_BYTES, _sums(order, wal[:24], (0, 0))
    if sums != unpack_from(">II", wal, 24):
        return
    while (end := at + FRAME_BYTES + page_size) <= len(wal) and wal[at + 8 : at + 16] == salt:
        data = wal[at + FRAME_BYTES : end]
        sums = _sums(order, wal[at : at + 8] + data, sums)
        if sums != unpack_from(">II", wal, at + 16):
            return
        page, size = unpack_from(">II", wal, at)
        yield WalFrame(page, size, data, end)
        at = end


@lru_cache(maxsize=2048)  # of a file that grows, most is summed again
def _sums(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """The checksum of a WAL after this, going on from the one before it (section 4.2 of SQLite's file format)."""
    first, second = sums
    words = iter(unpack(f"{order}{len(data) // 4}I", data))
    for one, other in zip(words, words, strict=True):
        first = first + one + second & 0xFFFF_FFFF
        second = second + other + first & 0xFFFF_FFFF
    return first, second


def applied(main: bytes, wal: bytes) -> bytes:
    """The database with every transaction that is whole in the WAL, as one that can be opened in memory."""
    pages, waiting, size = bytearray(main), list[WalFrame](), 0
    for frame in frames(wal):
        waiting.append(frame)
        if not frame.size:
            continue
        for one in waiting:
            length, start = len(one.data), (one.page - 1) * len(one.data)
            pages.extend(bytes(max(0, start + length - len(pages))))
            pages[start : start + length] = one.data
        waiting, size = [], frame.size * len(frame.data)
    if size:
        del pages[size:]
    if len(pages) >= _JOURNAL.stop:
        pages[_JOURNAL] = _ROLLBACK
    return bytes(pages)
