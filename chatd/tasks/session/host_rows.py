"""The part of `tools` that reads rows: history, search, and their texts laid out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from chatd.core.room import LiveRow, Room
from chatd.core.row import Row
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.search import SearchQuery, parse_query, snippet
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import HostFunction, Later, Plain
from chatd.screen.markdown import MarkdownLine, MarkdownWrapper
from chatd.screen.wrap import wrap
from chatd.tasks.hub import Hub
from chatd.tasks.session import views

MAX_SEEN = 1000
"""Rows beyond the room's memory that a script may still ask the lines of: twice what the shipped chat view holds."""

MAX_WRAP = 16384
"""Characters that one call lays out, where it is no row: as Markdown 0.1 s at worst."""

MAX_LAID_OUT = 2048
"""Characters of rows that one callback has laid out as Markdown, 7 ms of text or 20 ms of a table: of a longer answer
the rest follows in the next frames, and nobody waits for it."""

MAX_WRAPPED = 16384
"""The same for plain text: from 1 ms to 16 ms, where every character is a line."""

SEARCH_ROWS = 20
"""Rows that one search finds: a page of them."""


class RowFunctions:
    """Rows for one session's script. `room` gives the present one."""

    def __init__(self, hub: Hub, room: Callable[[], Room], want_frame: Callable[[], None]) -> None:
        self._want_frame = want_frame
        self._markdown_left = MAX_LAID_OUT
        self._plain_left = MAX_WRAPPED
        self._hub = hub
        self._room = room
        self._seen: OrderedDict[str, LiveRow] = OrderedDict()

    def functions(self) -> Mapping[str, HostFunction]:
        """This part of the table."""
        return {
            "history": self._history, "search": self._search, "lines": self._lines, "markdown": self._markdown,
            "text": self._text, "thoughts": self._thoughts, "wrap": wrap_text, "layout": layout,
        }  # fmt: skip

    def refill(self) -> None:
        """Another callback begins."""
        self._markdown_left, self._plain_left = MAX_LAID_OUT, MAX_WRAPPED

    def find(self, row_id: str) -> LiveRow:
        """A row of the present room, or one that the script has been shown. Raises ScriptError for any other."""
        live = self._room().get(str(row_id))
        if live is None:
            live = self._seen.get(str(row_id))
            if live is None:
                raise ScriptError(f"no row {str(row_id)[:40]!r} here")
            self._seen.move_to_end(live.head.id)
        return live

    def keep(self, live: LiveRow) -> None:
        """The script has been shown this row: its lines stay available when the room forgets it."""
        self._seen[live.head.id] = live
        self._seen.move_to_end(live.head.id)
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)

    def _history(self, wanted: int | Mapping[str, Plain]) -> Plain | Later:
        limit, before = (
            (wanted.get("limit", 50), wanted.get("before")) if isinstance(wanted, Mapping) else (wanted, None)
        )
        if not isinstance(limit, int) or not 0 <= limit <= self._hub.limits.max_history_page:
            raise ScriptError(f"history takes a number of rows up to {self._hub.limits.max_history_page}")
        if before is not None and not isinstance(before, int):
            raise ScriptError("before must be the seq of a row")
        room = self._room()
        tail = [live for live in room.tail(room.seq) if before is None or live.head.seq < before]
        if (
            len(tail) >= limit
            or not room.seq
            or (tail and tail[0].head.seq == 1)
            or (before is not None and before <= 1)
        ):
            given = tail[-limit:] if limit else []
            for live in given:
                self.keep(live)
            return [views.row_view(self._hub, live) for live in given]

        async def fetch() -> Plain:
            return [self._remember(row) for row in await self._hub.page(room, limit, before)]

        return Later(fetch)

    def _search(self, text: str, before: str | None = None) -> Plain | Later:
        if not isinstance(text, str):
            raise ScriptError("text must be a string")
        room = self._room()
        try:
            query = parse_query(text)
        except UsageError as error:
            return {"success": False, "error": str(error)}

        async def find() -> Plain:
            try:
                rows = await self._hub.log.search(
                    [room.id], query, SEARCH_ROWS, None if before is None else str(before)
                )
            except LimitReached as error:
                return {"success": False, "error": str(error)}
            return [self._hit(row, query) for row in rows]

        return Later(find)

    def _hit(self, row: Row, query: SearchQuery) -> dict[str, Plain]:
        return {**self._remember(row), "snippet": sanitize_line(snippet(row.content, query))}

    def _remember(self, row: Row) -> dict[str, Plain]:
        live = self._room().get(row.id) or LiveRow(row)
        self.keep(live)
        return views.row_view(self._hub, live)

    def _lines(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        text = self._hub.texts.of(self.find(row_id))
        lines, took, complete = text.lines(max(1, whole(width)), self._plain_left)
        self._plain_left -= took
        if first is None:
            return self._count(len(lines), complete)
        return list(lines[_span(first, last)])

    def _markdown(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        text = self._hub.texts.of(self.find(row_id))
        lines, took, complete = text.markdown(max(1, whole(width)), self._markdown_left)
        self._markdown_left -= took
        if first is None:
            return self._count(len(lines), complete)
        return flat(lines[_span(first, last)])

    def _count(self, lines: int, complete: bool) -> int:
        if complete:
            return lines
        self._want_frame()  # the next one goes on with it
        return -lines - 1

    def _thoughts(self, row_id: str, width: int) -> Plain:
        """The lines of what a model thought before a row."""
        thinking = self.find(row_id).head.meta.get("thinking")
        text = sanitize(thinking[:MAX_WRAP]) if isinstance(thinking, str) else ""
        return list(wrap(text, max(1, whole(width))))

    def _text(self, row_id: str, first: int = 1, last: int | None = None) -> Plain:
        return self._hub.texts.of(self.find(row_id)).text[_span(first, last)]


def wrap_text(text: str, width: int) -> Plain:
    """tools.wrap(text, width)"""
    return list(wrap(_bounded("wrap", text), max(1, whole(width))))


def layout(text: str, width: int) -> Plain:
    """tools.layout(text, width): the lines of a text in Markdown, as `tools.markdown` gives those of a row."""
    wrapper = MarkdownWrapper(max(1, whole(width)))
    wrapper.feed(_bounded("layout", text))
    wrapper.finish()
    return flat(wrapper.lines)


def flat(lines: Sequence[MarkdownLine]) -> list[Plain]:
    """Lines as they cross: each a list of text and class in turns."""
    return [[part for span in line for part in span] for line in lines]


def whole(value: object) -> int:
    """A whole number out of Lua. Raises ScriptError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 2**53:  # noqa: PLR0124
        raise ScriptError("a whole number is wanted")
    return int(value)


def _bounded(function: str, text: str) -> str:
    if not isinstance(text, str):
        raise ScriptError("text must be a string")
    if len(text) > MAX_WRAP:
        raise ScriptError(f"{function} takes up to {MAX_WRAP} characters; rows have functions of their own")
    return sanitize(text)


def _span(first: object, last: object) -> slice:
    """From the `first` to the `last`, counted from 1; to the end when there is no `last`."""
    return slice(max(0, whole(first) - 1), None if last is None else whole(last))
