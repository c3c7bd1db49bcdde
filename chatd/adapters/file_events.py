"""Word of the system that files have changed: Linux's inotify, through the C library as Python has no call for it."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import trio

MAX_DIRECTORIES = 200
"""That are minded; an interface of scripts has a handful."""

_READ = 64 * 1024
"""Bytes of events that are taken at once."""

_MASK = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
"""Written to, attributes, closed after writing, moved away, moved here, made, deleted; the directory itself, too."""


class DirectoryEvents:
    """The port FileEvents for all directories below `roots`, and for those that links to files in them lead to."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._libc: ctypes.CDLL | None = None
        self._fd = -1
        self._in_use = threading.Lock()
        """`mind` may be on a thread that was abandoned: the descriptor must not become somebody else's meanwhile."""

    def begin(self) -> bool:
        """Begin to listen. False where the system tells nobody, or has told too many already."""
        try:
            self._libc = ctypes.CDLL(None)
            self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, AttributeError):  # another system, or another C library
            return False
        return self._fd >= 0

    def mind(self) -> None:
        """Mind the directories there are now; those that are minded already stay so. Blocks."""
        for directory in _directories(self._roots):
            with self._in_use:
                if self._fd < 0 or self._libc is None:
                    return
                # One that cannot be minded is found changed by whoever looks now and then.
                self._libc.inotify_add_watch(self._fd, os.fsencode(directory), _MASK)

    async def wait(self) -> None:
        """Wait until something has changed since the last time, or may have."""
        await trio.lowlevel.wait_readable(self._fd)
        try:
            while os.read(self._fd, _READ):
                pass
        except BlockingIOError:
            pass

    def end(self) -> None:
        """Listen no more. Nobody may be waiting."""
        with self._in_use:
            fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _directories(roots: Sequence[Path]) -> Iterator[str]:
    left = MAX_DIRECTORIES
    waiting = [str(root) for root in roots]
    while waiting and left > 0:
        directory = waiting.pop()
        left -= 1
        yield directory
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_symlink() and left > 0:
                        left -= 1
                        yield os.path.dirname(os.path.realpath(entry.path))
        except OSError:
            continue  # gone meanwhile, or not ours to read
