"""The part of `tools` that reads rows: history, search, and their texts laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import trio

from chatd.core.excerpt import Excerpt
from chatd.core.room import LiveRow
from chatd.core.row import Row
from chatd.core.sanitize import sanitize_line
from chatd.core.search import SearchQuery, parse_query
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import HostFunction, Later, Plain
from chatd.screen.fold import FoldedLine
from chatd.tasks.chat import views
from chatd.tasks.chat.reading import in_memory, search
from chatd.tasks.chat.row_texts import EVERYTHING, prepare_prefixes
from chatd.tasks.scripts.arguments import whole
from chatd.tasks.scripts.layout import flat, layout, wrap_text
from chatd.tasks.session.seen_rows import SeenRows
from chatd.tasks.session.state import State
from chatd.tasks.slices import snippet

MAX_LAID_OUT = 2048
"""Characters of rows that one callback has laid out as Markdown, 7 ms of text or 20 ms of a table: of a longer answer
the rest follows in the next frames, and nobody waits for it."""

MAX_WRAPPED = 4096
"""The same for plain text: some 30 ms of the dearest there is, a few as a rule."""

NOT_YET = -1
"""What `lines` and `markdown` say of a row that is being fetched: no lines so far, and more to come."""


class RowFunctions:
    """Rows for one session's script."""

    def __init__(self, state: State, seen: SeenRows, want_frame: Callable[[], None]) -> None:
        self._want_frame = want_frame
        self._markdown_left = MAX_LAID_OUT
        self._plain_left = MAX_WRAPPED
        self._hub = state.hub
        self._state = state
        self.seen = seen

    def functions(self) -> Mapping[str, HostFunction]:
        """This part of the table."""
        return {
            "history": self._history, "search": self._search, "lines": self._lines, "markdown": self._markdown,
            "folded": self._folded, "code": self._code,
            "text": self._text, "thoughts": self._thoughts, "wrap": wrap_text, "layout": layout,
        }  # fmt: skip

    def refill(self) -> None:
        """Another callback begins: it may have as much laid out as each may."""
        self._markdown_left, self._plain_left = MAX_LAID_OUT, MAX_WRAPPED

    def _history(self, wanted: int | Mapping[str, Plain]) -> Plain | Later:
        limit, before = (
            (wanted.get("limit", 50), wanted.get("before")) if isinstance(wanted, Mapping) else (wanted, None)
        )
        if not isinstance(limit, int) or not 0 <= limit <= self._hub.limits.max_history_page:
            raise ScriptError(f"history takes a number of rows up to {self._hub.limits.max_history_page}")
        if before is not None and not isinstance(before, int):
            raise ScriptError("before must be the seq of a row")
        room = self._state.room
        if (given := in_memory(room, limit, before)) is not None:
            return (
                [self._given(live) for live in given] if self._ready(given) else Later(partial(self._prepared, given))
            )

        async def fetch() -> Plain:
            return [
                await self._excerpt(excerpt) for excerpt in await self._hub.archive.excerpts(room.id, limit, before)
            ]

        return Later(fetch)

    def _ready(self, rows: Sequence[LiveRow]) -> bool:
        """Whether the beginnings of rows in memory can be had at once: only hostile texts, many of them, take long."""
        texts, left = self._hub.texts, MAX_WRAPPED
        for live in rows:
            while not texts.of(live).has_prefix:
                if left <= 0:
                    return False
                left -= texts.of(live).prepare_prefix()
        return True

    async def _prepared(self, rows: Sequence[LiveRow]) -> Plain:
        """Rows in memory whose beginnings have to be made fit first."""
        await prepare_prefixes(self._hub.texts, rows)
        return [self._given(live) for live in rows]

    def _given(self, live: LiveRow) -> dict[str, Plain]:
        self.seen.add(live.head.id, live)
        return views.row_view(self._hub, live)

    async def _excerpt(self, excerpt: Excerpt) -> dict[str, Plain]:
        """A row from the log, or as it is in memory by now."""
        live = self._state.room.get(excerpt.row.id)
        if live is None and excerpt.is_whole:
            live = LiveRow(excerpt.row)
        if live is not None:
            await prepare_prefixes(self._hub.texts, [live])
            return self._given(live)
        self.seen.add(excerpt.row.id, None)
        return await views.excerpt_view(excerpt)

    def _search(self, text: str, before: str | None = None) -> Plain | Later:
        if not isinstance(text, str):
            raise ScriptError("text must be a string")
        room = self._state.room
        try:
            query = parse_query(text)
        except UsageError as error:
            return {"success": False, "error": str(error)}

        async def find() -> Plain:
            try:
                rows = await search(self._hub, [room], query, before=None if before is None else str(before))
            except LimitReached as error:
                return {"success": False, "error": str(error)}
            return [await self._hit(row, query) for row in rows]

        return Later(find)

    async def _hit(self, row: Row, query: SearchQuery) -> dict[str, Plain]:
        found = await snippet(row.content, query)
        return {**await self._excerpt(Excerpt.of(row)), "snippet": sanitize_line(found)}

    def _lines(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self.seen.find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._hub.texts.of(live).lines(max(1, whole(width)), self._plain_left)
        self._plain_left = max(0, self._plain_left - took)
        if first is None:
            return self._count(len(lines), complete)
        return list(lines[_span(first, last)])

    def _markdown(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self.seen.find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._hub.texts.of(live).markdown(max(1, whole(width)), self._markdown_left)
        self._markdown_left = max(0, self._markdown_left - took)
        if first is None:
            return self._count(len(lines), complete)
        return flat(lines[_span(first, last)])

    def _folded(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self.seen.find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._hub.texts.of(live).folded(max(1, whole(width)), self._plain_left)
        self._plain_left = max(0, self._plain_left - took)
        return self._count(len(lines), complete) if first is None else _flowing(lines[_span(first, last)])

    def _code(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self.seen.find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._hub.texts.of(live).code(max(1, whole(width)), self._markdown_left)
        self._markdown_left = max(0, self._markdown_left - took)
        return self._count(len(lines), complete) if first is None else _flowing(lines[_span(first, last)])

    def _count(self, lines: int, complete: bool) -> int:
        if complete:
            return lines
        self._want_frame()  # the next one goes on with it
        return -lines - 1

    def _thoughts(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        """The lines of what a model thought before a row, as `_lines` gives those of the row."""
        live = self.seen.find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        text = self._hub.texts.thoughts_of(live)
        if text is None:
            return 0 if first is None else []
        lines, took, complete = text.lines(max(1, whole(width)), self._plain_left)
        self._plain_left = max(0, self._plain_left - took)
        return self._count(len(lines), complete) if first is None else list(lines[_span(first, last)])

    def _text(self, row_id: str, first: int = 1, last: int | None = None) -> Plain | Later:
        part = _span(first, last)
        live = self.seen.at_hand(row_id)
        if live is not None and self._hub.texts.of(live).has(part.stop or EVERYTHING):
            return self._hub.texts.of(live).between(part.start, part.stop or EVERYTHING)

        async def prepare() -> Plain:
            live = await self.seen.get(row_id)
            while not self._hub.texts.of(live).has(part.stop or EVERYTHING):
                self._hub.texts.of(live).prepare(most=MAX_WRAPPED)
                await trio.lowlevel.checkpoint()
            return self._hub.texts.of(live).between(part.start, part.stop or EVERYTHING)

        return Later(prepare)


def _flowing(lines: Sequence[FoldedLine]) -> list[Plain]:
    return [[text, flows] for text, flows in lines]


def _span(first: object, last: object) -> slice:
    """From the `first` to the `last`, counted from 1; to the end when there is no `last`."""
    return slice(max(0, whole(first) - 1), None if last is None else whole(last))
