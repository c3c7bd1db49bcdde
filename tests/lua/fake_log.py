"""The fake host's log: the rows of the lobby, and the functions that read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from chatd.core.sanitize import sanitize
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain
from chatd.screen.fold import CodeFolder, Folder
from chatd.screen.markdown import MarkdownWrapper
from chatd.screen.wrap import wrap
from chatd.tasks.scripts.layout import flat, layout
from tests.lua.fake_room import Row

HITS = 20
"""Rows one search finds at once."""


class FakeLog:
    """Rows, and `tools` that read them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.room = "lobby"
        self.slow = False
        """Whether history and search must be waited for; `load` lets them arrive."""
        self.loads = 0
        self.line_calls = 0
        """How often lines of rows were asked for."""

    def _row_functions(self) -> Mapping[str, HostFunction]:
        return {
            "history": self._history, "search": self._search, "lines": self._lines, "markdown": self._markdown,
            "folded": partial(self._folded, Folder), "code": partial(self._folded, CodeFolder),
            "text": lambda row_id, first=1, last=None: self._row(row_id).content[first - 1 : last],
            "thoughts": self._thoughts,
            "wrap": lambda text, *columns: wrap(sanitize(text), *columns), "layout": layout,
        }  # fmt: skip

    def _thoughts(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        lines = wrap(self._row(row_id).thought, width)
        return len(lines) if first is None else lines[first - 1 : last]

    def _row(self, row_id: str) -> Row:
        number = int(row_id.removeprefix("row"))
        if not 1 <= number <= len(self.rows):
            raise ScriptError(f"no row {row_id}")
        return self.rows[number - 1]

    def _history(self, wanted: int | Mapping[str, Any]) -> Plain | Later:
        limit = wanted if isinstance(wanted, int) else wanted["limit"]
        before = None if isinstance(wanted, int) else wanted.get("before")
        self.loads += 1
        rows = [row for row in self.rows if self.room == "lobby" and (before is None or row.seq < before)]
        return self._later([row.view() for row in rows[-limit:]])

    def _search(self, text: str, before: str | None = None) -> Plain | Later:
        if text == "from:":
            return {"success": False, "error": "from: needs a name"}
        words = [word.strip('"').lower() for word in text.split()]
        end = len(self.rows) if before is None else self._row(before).seq - 1
        found = [row for row in self.rows[:end] if all(word in row.content.lower() for word in words)]
        return self._later([{**row.view(), "snippet": row.content} for row in found[::-1][:HITS]])

    def _later(self, value: list[Plain]) -> Plain | Later:
        return Later(value) if self.slow else value  # type: ignore[arg-type]

    def _lines(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        self.line_calls += 1
        lines = wrap(sanitize(self._row(row_id).content), width)
        return len(lines) if first is None else lines[first - 1 : last]

    def _folded(
        self,
        kind: type[Folder | CodeFolder],
        row_id: str,
        width: int,
        first: int | None = None,
        last: int | None = None,
    ) -> Plain:
        folder = kind(width)
        folder.feed(sanitize(self._row(row_id).content))
        if isinstance(folder, CodeFolder):
            folder.finish()
        if first is None:
            return len(folder.lines)
        return [[text, flows] for text, flows in folder.lines[first - 1 : last]]

    def _markdown(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        self.line_calls += 1
        row = self._row(row_id)
        wrapper = MarkdownWrapper(max(1, width))
        wrapper.feed(sanitize(row.content))
        if row.status != "open":
            wrapper.finish()
        return len(wrapper.lines) if first is None else flat(wrapper.lines[first - 1 : last])
