"""`tools`: everything a session's script can call, as one table of functions. What each is for stands in `api`.

Reads answer from memory at once; what must be fetched from the log is a `Later`, which suspends the one callback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from chatd.core.room import Room
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import HostFunction, Later, Plain, ToolContext
from chatd.screen import widths
from chatd.screen.frame import Frame
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.stats import server_stats
from chatd.tasks.scripts.layout import whole
from chatd.tasks.scripts.script_log import ScriptLog
from chatd.tasks.scripts.tool_calls import call_tool
from chatd.tasks.session.actions import Actions
from chatd.tasks.session.front import Front
from chatd.tasks.session.people_actions import PeopleActions
from chatd.tasks.session.script_rows import RowFunctions
from chatd.tasks.session.seen_rows import SeenRows

MAX_NOTICE = 4096
"""Characters of what a script tells a person: some screens full."""

MIN_PACE_MS = 33
MAX_PACE_MS = 2000
"""Milliseconds between two frames that a person may choose: as fast as the server is at its best, and as slow as one
can still read along."""


class ScriptApi:
    """One session's `tools`. The session gives what it knows of itself as callables, so that nothing is kept twice."""

    def __init__(
        self,
        hub: Hub,
        login: Login,
        actions: Actions,
        front: Front,
        *,
        owner: object,
        notice: str,
        room: Callable[[], Room],
        notify: Callable[[str], None],
        pace: Callable[[float | None], None],
        begin: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        self._hub = hub
        self._login = login
        self._actions = actions
        self._people = PeopleActions(hub, login, room, actions)
        self.seen = SeenRows(hub, room, begin=begin, arrived=front.want_frame)
        self._rows = RowFunctions(hub, room, self.seen, front.want_frame)
        self.refill = self._rows.refill
        self._front = front
        self._owner = owner
        self._notice = notice
        self._room = room
        self._notify = notify
        self._log = ScriptLog(hub.clock)
        self._pace = pace
        self.reloaded = False
        """Whether the files are run for a session that lives already."""
        self.frame: Frame | None = None
        """What `put` and `cursor` draw on; set by the script loop around `on_frame`."""

    def functions(self) -> Mapping[str, HostFunction]:
        """The table: `tools.NAME` calls `functions()[NAME]`."""
        actions, people, hub = self._actions, self._people, self._hub
        return {
            "session": self._session, "room": lambda: views.room_view(hub, self._room()), "rooms": self._rooms,
            "who": self._who, "is_member": lambda name: hub.names.is_member(str(name)), "models": self._models,
            "model": self._model, "look_for_models": lambda: Later(self._look_for_models), "streams": self._streams,
            "stats": lambda: server_stats(hub, self._login.visitor), "now": hub.clock.now_ms,
            **self._rows.functions(),
            "say": actions.say, "add_row": actions.add_row, "mention": actions.mention, "cancel": actions.cancel,
            "retry": actions.retry, "carry_on": actions.carry_on, "call": self._call,
            "join": actions.join, "create": actions.create, "leave": actions.leave, "quit": actions.quit,
            "topic": people.topic, "away": people.away, "nick": people.nick, "msg": people.msg,
            "mark_dirty": self._mark_dirty, "put": self._put, "flow": self._flow, "cursor": self._cursor,
            "pace": self._set_pace,
            "asked": views.asked, "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip,
            "notify": self._notified, "log": self._log.write, "bell": self._front.bell,
            "kv_get": self._kv_get, "kv_set": self._kv_set,
            "help": lambda topic: hub.scripts.help(str(topic)), "help_topics": hub.scripts.help_topics,
        }  # fmt: skip

    # --- who and where

    def _session(self) -> Plain:
        width, height = self._front.size()
        facts, visitor = self._hub.facts, self._login.visitor
        return {
            "name": visitor.name, "kind": str(visitor.kind), "mode": self._front.mode,
            "fingerprint": visitor.fingerprint, "width": width, "height": height,
            "server": facts.name, "version": facts.version, "motd": sanitize(facts.motd),
            "notice": "" if self.reloaded else sanitize_line(self._notice),
            "max_message": self._hub.limits.max_message, "reloaded": self.reloaded,
        }  # fmt: skip

    def _rooms(self) -> Plain:
        rooms = self._hub.lobby.visible(self._login.visitor.name)
        return [views.room_summary(self._hub, room, self._unread(room)) for room in rooms]

    def _unread(self, room: Room) -> int:
        return 0 if room is self._room() else room.seq - self._login.marks.get(room.id, 0)

    def _who(self, name: str | None = None) -> Plain:
        people = self._hub.lobby.people
        if name is None:
            return [*(views.person_view(self._hub, p) for p in people), *views.model_people(self._hub)]
        room = self._hub.lobby.find(str(name), self._login.visitor.name)
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
        context = ToolContext(self._room().name, self._room().id, self._login.visitor.name, "")
        return call_tool(self._hub, context, name, arguments)

    # --- the screen

    def _mark_dirty(self, region: str | None = None) -> None:
        if region == "screen":
            self._front.repaint()
        else:
            self._front.want_frame()

    def _put(self, y: int, *spans: str) -> None:
        self._draw(y, spans, flows=False)

    def _flow(self, y: int, *spans: str) -> None:
        self._draw(y, spans, flows=True)

    def _draw(self, y: int, spans: Sequence[str], *, flows: bool) -> None:
        if self.frame is None:
            raise ScriptError("put draws in on_frame only; ask for a frame with mark_dirty")
        pairs: Sequence[tuple[str, str]] = [
            (str(spans[i]), str(spans[i + 1]) if i + 1 < len(spans) else "") for i in range(0, len(spans), 2)
        ]
        self.frame.put(whole(y), pairs, flows=flows)

    def _cursor(self, x: int, y: int) -> None:
        if self.frame is None:
            raise ScriptError("cursor is placed in on_frame only")
        self.frame.cursor(whole(x), whole(y))

    def _set_pace(self, ms: int | None = None) -> Plain:
        if ms is not None and not MIN_PACE_MS <= whole(ms) <= MAX_PACE_MS:
            return {"success": False, "error": f"a frame takes {MIN_PACE_MS} to {MAX_PACE_MS} milliseconds"}
        self._pace(None if ms is None else whole(ms) / 1000)
        return {"success": True}

    def _notified(self, text: str) -> None:
        words = str(text)
        self._notify(words if len(words) <= MAX_NOTICE else words[:MAX_NOTICE] + "…")

    # --- what is kept

    def _kv_get(self, key: str) -> Plain:
        return self._login.get(key)

    def _kv_set(self, key: str, value: Plain = None) -> None:
        try:
            self._login.set(key, value)
        except (LimitReached, UsageError) as error:
            raise ScriptError(str(error)) from None
