"""The part of `tools` that reads rows: history, search, and their texts laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import trio

from chatd.core.excerpt import Excerpt
from chatd.core.live_row import LiveRow
from chatd.core.row import Row
from chatd.core.sanitize import sanitize_line
from chatd.core.search import SearchQuery, parse_query
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import HostFunction, Later, Plain
from chatd.tasks.chat import views
from chatd.tasks.chat.reading import in_memory, search
from chatd.tasks.chat.row_texts import EVERYTHING, prepare_prefixes
from chatd.tasks.scripts.layout import layout, wrap_text
from chatd.tasks.scripts.row_lines import MAX_WRAPPED, RowLines, span
from chatd.tasks.session.seen_rows import SeenRows
from chatd.tasks.session.state import State
from chatd.tasks.slices import snippet


class RowFunctions:
    """Rows for one session's script."""

    def __init__(self, state: State, seen: SeenRows, want_frame: Callable[[], None]) -> None:
        self._hub = state.hub
        self._state = state
        self.seen = seen
        drawing = state.drawing
        self._lines = RowLines(
            state.hub.texts, partial(drawing.find, seen.find), partial(drawing.want_more, want_frame)
        )  # fmt: skip
        self.refill = self._lines.refill

    def functions(self) -> Mapping[str, HostFunction]:
        """This part of the table."""
        return {
            "history": self._history, "search": self._search, "text": self._text, "wrap": wrap_text, "layout": layout,
            **self._lines.functions(),
        }  # fmt: skip

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

    def _text(self, row_id: str, first: int = 1, last: int | None = None) -> Plain | Later:
        if self._state.drawing.draws_a_thing:
            return self._lines.text(str(row_id), first, last)
        part = span(first, last)
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
