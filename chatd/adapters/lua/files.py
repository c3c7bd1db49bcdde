"""The interface's own files: where they may be found, and reading them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from chatd.errors import ScriptError

MAX_SOURCE = 256 * 1024
"""Bytes of one file; the largest shipped one has some 10 KiB."""
_MODULE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Source:
    """One file as Lua gets it: `chunk` is the name in error messages."""

    name: str
    chunk: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Files:
    """The shipped directory and, before it, the overlay: a file there replaces the shipped one of the same name."""

    shipped: Path
    overlay: Path | None

    def module(self, name: str) -> Source:
        """The file that `require(name)` means: `a.b` is `a/b.lua` in one of the directories, never outside of them.

        Raises ScriptError when there is none, or it cannot be read.
        """
        if _MODULE.fullmatch(name):
            relative = name.replace(".", "/") + ".lua"
            for root in self._roots():
                path = root / relative
                if path.is_file() and _is_inside(path, root):
                    return _read(path, name, relative)
        raise ScriptError(f"module '{name[:100]}' is not among the interface's files")

    def additions(self) -> list[Source]:
        """The top-level files of the overlay that replace no shipped one, in name order.

        Raises ScriptError when one cannot be read.
        """
        if self.overlay is None:
            return []
        try:
            paths = sorted(self.overlay.glob("*.lua"))
        except OSError as error:
            raise ScriptError(f"{self.overlay}: cannot be read: {error.strerror}") from error
        return [
            _read(path, path.stem, path.name)
            for path in paths
            # A leading dot is how editors name what is not yet saved.
            if not path.name.startswith(".") and path.is_file() and not (self.shipped / path.name).is_file()
        ]

    def _roots(self) -> list[Path]:
        return [self.shipped] if self.overlay is None else [self.overlay, self.shipped]


def _is_inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def _read(path: Path, name: str, chunk: str) -> Source:
    """Read one regular file (a pipe would block), bounded."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise ScriptError(f"{chunk}: cannot be read: {error.strerror}") from error
    if len(text) > MAX_SOURCE:
        raise ScriptError(f"{chunk}: the file has {path.stat().st_size} bytes, the limit is {MAX_SOURCE}")
    return Source(name, chunk, text.removeprefix(_BYTE_ORDER_MARK))
