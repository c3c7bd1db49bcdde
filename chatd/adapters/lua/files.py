"""The interface's own files: where they may be found, and reading them."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from chatd.errors import ScriptError

MAX_SOURCE = 256 * 1024
"""Bytes of one file; the largest shipped one has some 10 KiB."""
MAX_KNOWN = 256
"""Files kept in memory; the shipped interface has some thirty."""
_MODULE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Stamp = tuple[int, int, int]  # time of the last change, size, inode


@dataclass(frozen=True, slots=True)
class Source:
    """One file as Lua gets it: `chunk` is the name in error messages."""

    name: str
    chunk: str
    text: bytes


class Files:
    """The shipped directory and, before it, the overlay: a file there replaces the shipped one of the same name.

    A file is read again when it has changed; else every session has the same bytes, for the price of one `stat`.
    """

    def __init__(self, shipped: Path, overlay: Path | None) -> None:
        self.shipped, self.overlay = shipped, overlay
        self._known: dict[Path, tuple[_Stamp, Source]] = {}

    def module(self, name: str) -> Source:
        """The file that `require(name)` means: `a.b` is `a/b.lua` in one of the directories, never outside of them.

        Raises ScriptError when there is none, or it cannot be read.
        """
        if _MODULE.fullmatch(name):
            relative = name.replace(".", "/") + ".lua"
            for root in (self.overlay, self.shipped):
                source = root and self._read(root, root / relative, name, relative)
                if source:
                    return source
        raise ScriptError(f"module '{name[:100]}' is not among the interface's files")

    def additions(self) -> list[Source]:
        """The top-level files of the overlay that replace no shipped one, in name order.

        Raises ScriptError when one cannot be read.
        """
        if self.overlay is None:
            return []
        try:
            # A leading dot is how editors name what is not yet saved.
            names = sorted(n for n in os.listdir(self.overlay) if n.endswith(".lua") and not n.startswith("."))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ScriptError(f"{self.overlay}: cannot be read: {error.strerror}") from error
        added = []
        for name in names:
            if not (self.shipped / name).is_file():
                source = self._read(self.overlay, self.overlay / name, name.removesuffix(".lua"), name)
                if source is not None:
                    added.append(source)
                elif (self.overlay / name).is_file():
                    raise ScriptError(f"{name}: leads out of the directory it is in")
        return added

    def _read(self, root: Path, path: Path, name: str, chunk: str) -> Source | None:
        """A regular file (a pipe would block) inside `root`; None when there is none."""
        try:
            found = os.stat(path)
        except OSError:
            return None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if not stat.S_ISREG(found.st_mode) or not path.resolve().is_relative_to(root.resolve()):
            return None
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        source = Source(name, chunk, _read_bounded(path, chunk))
        self._known[path] = (stamp, source)
        return source


def _read_bounded(path: Path, chunk: str) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise ScriptError(f"{chunk}: cannot be read: {error.strerror}") from error
    if len(text) > MAX_SOURCE:
        raise ScriptError(f"{chunk}: the file has {path.stat().st_size} bytes, the limit is {MAX_SOURCE}")
    return text.removeprefix(_BYTE_ORDER_MARK)
