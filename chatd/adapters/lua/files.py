"""The interface's own files: where they may be found, and reading them."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chatd.adapters.lua.bytecode import compiled_as_function, problem
from chatd.errors import ScriptError

MAX_SOURCE = 256 * 1024
"""Bytes of one file; the largest shipped one has some 10 KiB."""
MAX_KNOWN = 256
"""Files kept in memory; the shipped interface has some thirty."""
MAX_WATCHED = 4096
"""Files and directories looked at for changes: an overlay that somebody put into a home directory is not all read."""
_PAGES = "help"
_PAGE = re.compile(r"[a-z0-9_-]{1,64}")
_MODULE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Stamp = tuple[int, int, int]  # time of the last change, size, inode


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """One file as Lua gets it: `chunk` is its name in messages, `binary` the same compiled as a function of its
    environment (None: it is no Lua).
    """

    name: str
    chunk: str
    text: bytes
    binary: bytes | None = None


class Files:
    """The shipped directory and, before it, the overlay: a file there replaces the shipped one of the same name.

    A file is read again when it has changed; else every session has the same bytes, for the price of one `stat`.
    """

    def __init__(self, shipped: Path, overlay: Path | None) -> None:
        self.shipped, self.overlay = shipped, overlay
        # Text and no Path: a session asks for fifty files when it begins, and joining paths took longer than the stats.
        self._roots = [str(root) for root in (overlay, shipped) if root]
        self._known: dict[str, tuple[_Stamp, ScriptFile]] = {}

    def module(self, name: str) -> ScriptFile:
        """The file that `require(name)` means: `a.b` is `a/b.lua` in one of the directories, never outside of them.

        Raises ScriptError when there is none, or it cannot be read.
        """
        if _MODULE.fullmatch(name):
            relative = name.replace(".", "/") + ".lua"
            for root in self._roots:
                source = self._read(root, name, relative)
                if source:
                    return source
        raise ScriptError(f"module '{name[:100]}' is not among the interface's files")

    def modules(self) -> list[ScriptFile]:
        """The shipped files that `require` finds, by name; those that cannot be read are left to whoever requires them.

        What is in a directory whose name begins with `_` is for editors.
        """
        found = []
        for path in sorted(self.shipped.rglob("*.lua"))[:MAX_WATCHED]:
            parts = path.relative_to(self.shipped).with_suffix("").parts
            if not any(part.startswith("_") for part in parts):
                with suppress(ScriptError):
                    found.append(self.module(".".join(parts)))
        return found

    def additions(self) -> list[ScriptFile]:
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
                source = self._read(str(self.overlay), name.removesuffix(".lua"), name)
                if source is not None:
                    added.append(source)
                elif (self.overlay / name).is_file():
                    raise ScriptError(f"{name}: leads out of the directory it is in")
        return added

    def page(self, topic: str) -> str | None:
        """The help page of a topic, as Markdown; None when there is none that can be read."""
        if _PAGE.fullmatch(topic):
            relative = f"{_PAGES}/{topic}.md"
            for root in self._roots:
                try:
                    source = self._read(root, topic, relative)
                except ScriptError:
                    continue
                if source:
                    return source.text.decode("utf-8", "replace")
        return None

    def pages(self) -> list[str]:
        """The topics there are pages on, by name."""
        topics: set[str] = set()
        for root in (self.overlay, self.shipped):
            try:
                names = os.listdir(root / _PAGES) if root else []
            except OSError:
                continue
            topics.update(n.removesuffix(".md") for n in names if n.endswith(".md"))
        return sorted(topic for topic in topics if _PAGE.fullmatch(topic))[:MAX_KNOWN]

    def problems(self) -> list[str]:
        """Of the overlay's files, those that cannot be read or are no Lua: why, with file and line."""
        found = []
        for path, chunk in self._own():
            try:
                why = problem(_read_bounded(path, chunk), "@" + chunk)
            except ScriptError as error:
                why = str(error)
            found += [why] if why else []
        return found

    def mention(self, word: str) -> bool:
        """Whether a file of the overlay has this word in it, or cannot be read, as then nobody can tell. Blocks."""
        if self.overlay is None or not self.overlay.exists():
            return False
        try:
            os.listdir(self.overlay)
            return any(word.encode() in _read_bounded(path, chunk) for path, chunk in self._own())
        except (OSError, ScriptError):
            return True

    def _own(self) -> list[tuple[Path, str]]:
        """The overlay's files, wherever in it, with their names in messages."""
        if self.overlay is None:
            return []
        paths = [path for path in sorted(self.overlay.rglob("*.lua"))[:MAX_WATCHED] if path.is_file()]
        return [(path, str(path.relative_to(self.overlay))) for path in paths if not path.name.startswith(".")]

    def stamp(self) -> tuple[tuple[str, _Stamp], ...]:
        """Something that is another when a file of the interface was added, saved or removed. Blocks some 0.1 ms."""
        found: list[tuple[str, _Stamp]] = []
        left = MAX_WATCHED
        waiting = [str(root) for root in (self.overlay, self.shipped) if root]
        while waiting and left > 0:
            try:
                with os.scandir(waiting.pop()) as entries:
                    for entry in entries:
                        left -= 1
                        if left < 0:
                            break
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        elif entry.name.endswith(".lua") and not entry.name.startswith("."):
                            found.append((entry.path, _stamp(entry.stat())))
            except OSError:
                continue  # gone meanwhile, or not ours to read; the next look sees what there is
        return tuple(sorted(found))

    def _read(self, root: str, name: str, chunk: str) -> ScriptFile | None:
        """A regular file (a pipe would block) inside `root`, where it is called `chunk`; None when there is none."""
        path = f"{root}/{chunk}"
        try:
            found = os.stat(path)
        except OSError:
            return None
        stamp = _stamp(found)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if not stat.S_ISREG(found.st_mode) or not Path(path).resolve().is_relative_to(Path(root).resolve()):
            return None
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        text = _read_bounded(Path(path), chunk)
        source = ScriptFile(
            name, chunk, text, compiled_as_function(text, "@" + chunk) if chunk.endswith(".lua") else None
        )
        self._known[path] = (stamp, source)
        return source


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read_bounded(path: Path, chunk: str) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise ScriptError(f"{chunk}: cannot be read: {error.strerror}") from error
    if len(text) > MAX_SOURCE:
        raise ScriptError(f"{chunk}: the file has {path.stat().st_size} bytes, the limit is {MAX_SOURCE}")
    return text.removeprefix(_BYTE_ORDER_MARK)
