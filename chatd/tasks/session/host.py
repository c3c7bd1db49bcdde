"""`tools`: everything a session's script can call, as one table of functions.

Reads answer from memory at once; what must be fetched from the log is a `Later`, which suspends the one callback.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from chatd.core.room import LiveRow, Room
from chatd.core.row import Row, Status
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.stream import ToolCall
from chatd.core.visit import Visitor
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, ToolContext
from chatd.screen import widths
from chatd.screen.frame import Frame
from chatd.screen.wrap import wrap
from chatd.tasks.hub import Hub
from chatd.tasks.session import views
from chatd.tasks.session.actions import Actions

script_logger = logging.getLogger("chatd.script")

MAX_SEEN = 1000
"""Rows beyond the room's memory that a script may still ask the lines of: twice what the shipped chat view holds."""

MAX_KV = 256
MAX_KV_SIZE = 4096
"""Keys, and characters of one value, that a session's script may keep."""

MAX_WRAP = 65536
"""Characters that one `tools.wrap` lays out."""


class Host:
    """One session's `tools`. The session gives what it knows of itself as callables, so that nothing is kept twice."""

    def __init__(
        self,
        hub: Hub,
        visitor: Visitor,
        actions: Actions,
        *,
        owner: object,
        mode: str,
        notice: str,
        room: Callable[[], Room],
        size: Callable[[], tuple[int, int]],
        want_frame: Callable[[], None],
        repaint: Callable[[], None],
        notify: Callable[[str], None],
        bell: Callable[[], None],
        marks: Callable[[Room], int],
    ) -> None:
        self._hub = hub
        self._visitor = visitor
        self._actions = actions
        self._owner = owner
        self._mode = mode
        self._notice = notice
        self._room = room
        self._size = size
        self._want_frame = want_frame
        self._repaint = repaint
        self._notify = notify
        self._bell = bell
        self._marks = marks
        self._seen: OrderedDict[str, LiveRow] = OrderedDict()
        self._kv: dict[str, Plain] = {}
        self.frame: Frame | None = None
        """What `put` and `cursor` draw on; set by the script loop around `on_frame`."""

    def functions(self) -> Mapping[str, HostFunction]:
        """The table: `tools.NAME` calls `functions()[NAME]`."""
        actions = self._actions
        return {
            "session": self._session, "room": lambda: views.room_view(self._hub, self._room()),
            "look_for_models": lambda: Later(self._look_for_models), "call": self._call, "thoughts": self._thoughts,
            "rooms": self._rooms, "who": self._who,
            "is_member": lambda name: self._hub.is_member(str(name)), "models": self._models, "streams": self._streams,
            "now": self._hub.clock.now_ms, "history": self._history,
            "say": actions.say, "add_row": actions.add_row, "mention": actions.mention, "cancel": actions.cancel,
            "retry": actions.retry, "carry_on": actions.carry_on, "model": self._model,
            "join": actions.join, "create": actions.create, "leave": actions.leave, "quit": actions.quit,
            "mark_dirty": self._mark_dirty, "put": self._put, "cursor": self._cursor,
            "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip, "wrap": self._wrap,
            "lines": self._lines, "text": self._text,
            "notify": self._notified, "log": self._log, "bell": self._bell,
            "kv_get": lambda key: self._kv.get(str(key)), "kv_set": self._kv_set,
        }  # fmt: skip

    # --- who and where

    def _session(self) -> Plain:
        width, height = self._size()
        facts = self._hub.facts
        return {
            "name": self._visitor.name, "kind": str(self._visitor.kind), "mode": self._mode,
            "fingerprint": self._visitor.fingerprint, "width": width, "height": height,
            "server": facts.name, "version": facts.version, "motd": sanitize(facts.motd),
            "notice": sanitize_line(self._notice), "max_message": self._hub.limits.max_message,
        }  # fmt: skip

    def _rooms(self) -> Plain:
        rooms = self._hub.lobby.visible(self._visitor.name)
        return [views.room_summary(self._hub, room, self._marks(room)) for room in rooms]

    def _who(self, name: str | None = None) -> Plain:
        people = self._hub.lobby.people
        if name is None:
            return [*(views.person_view(self._hub, p) for p in people), *views.model_people(self._hub)]
        room = self._hub.lobby.find(str(name), self._visitor.name)
        if room is None:
            return {"success": False, "error": f"there is no room {str(name)[:40]!r}"}
        here = set(self._hub.lobby.members(room))
        return [
            *(views.person_view(self._hub, p) for p in people if p.name in here),
            *views.model_people(self._hub),
        ]

    def _models(self) -> Plain:
        return [views.model_view(self._hub, model) for model in self._hub.models.values()]

    def _streams(self) -> Plain:
        now = self._hub.clock.now_ms()
        return [views.answer_view(answer, self._owner, now) for answer in self._hub.answers.in_room(self._room())]

    def _model(self, name: str) -> Plain:
        """The model a typed name means, by a short form too; nil when there is none, or more than one."""
        model = self._hub.models.named(str(name))
        return None if model is None else views.model_view(self._hub, model)

    async def _look_for_models(self) -> Plain:
        await self._hub.discovery.refresh()
        return None

    def _call(self, name: str, arguments: Mapping[str, Plain] | None = None) -> Later:
        """tools.call(name, arguments): run a tool as models do, for this person."""
        call = ToolCall(self._hub.ids.new(), str(name), json.dumps(arguments or {}))
        context = ToolContext(self._room().name, self._room().id, self._visitor.name, "")

        async def run() -> Plain:
            result = await self._hub.answers.router.tools.run(call, context, on_output=_drop)
            if result.status is not Status.COMPLETE:
                return {"success": False, "error": result.content}
            return {"success": True, "result": result.content}

        return Later(run)

    # --- rows

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

    def _remember(self, row: Row) -> Plain:
        live = self._room().get(row.id) or LiveRow(row)
        self.keep(live)
        return views.row_view(self._hub, live)

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

    def _lines(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        lines = self._hub.texts.of(self.find(row_id)).lines(max(1, _whole(width)))
        if first is None:
            return len(lines)
        return list(lines[max(0, _whole(first) - 1) : _whole(last) if last is not None else None])

    def _thoughts(self, row_id: str, width: int) -> Plain:
        """The lines of what a model thought before a row."""
        thinking = self.find(row_id).head.meta.get("thinking")
        text = sanitize(thinking[:MAX_WRAP]) if isinstance(thinking, str) else ""
        return list(wrap(text, max(1, _whole(width))))

    def _text(self, row_id: str, first: int = 1, last: int | None = None) -> Plain:
        text = self._hub.texts.of(self.find(row_id)).text
        return text[max(0, _whole(first) - 1) : _whole(last) if last is not None else None]

    @staticmethod
    def _wrap(text: str, width: int) -> Plain:
        if len(text) > MAX_WRAP:
            raise ScriptError(f"wrap takes up to {MAX_WRAP} characters; use tools.lines for rows")
        return list(wrap(sanitize(text), max(1, _whole(width))))

    # --- the screen

    def _mark_dirty(self, region: str | None = None) -> None:
        if region == "screen":
            self._repaint()
        else:
            self._want_frame()

    def _put(self, y: int, *spans: str) -> None:
        if self.frame is None:
            raise ScriptError("put draws in on_frame only; ask for a frame with mark_dirty")
        pairs: Sequence[tuple[str, str]] = [
            (str(spans[i]), str(spans[i + 1]) if i + 1 < len(spans) else "") for i in range(0, len(spans), 2)
        ]
        self.frame.put(_whole(y), pairs)

    def _cursor(self, x: int, y: int) -> None:
        if self.frame is None:
            raise ScriptError("cursor is placed in on_frame only")
        self.frame.cursor(_whole(x), _whole(y))

    def _notified(self, text: str) -> None:
        self._notify(sanitize(str(text)))

    @staticmethod
    def _log(level: str, text: str) -> None:
        number = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
        script_logger.log(number.get(str(level), logging.INFO), "%s", sanitize_line(str(text))[:1000])

    def _kv_set(self, key: str, value: Plain) -> None:
        if len(str(value)) > MAX_KV_SIZE or (len(self._kv) >= MAX_KV and key not in self._kv):
            raise ScriptError(f"kv_set keeps {MAX_KV} values of up to {MAX_KV_SIZE} characters")
        self._kv[str(key)] = value


async def _drop(_text: str) -> None:
    """Output that is wanted as a whole, at the end."""


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 2**53:  # noqa: PLR0124
        raise ScriptError("a whole number is wanted")
    return int(value)
