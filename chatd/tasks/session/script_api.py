"""`tools`: everything a session's script can call, as one table of functions. What each is for stands in `api`.

Reads answer from memory at once; what must be fetched from the log is a `Later`, which suspends the one callback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatd.core.sanitize import sanitize, sanitize_line
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import HostFunction, Later, Plain, ToolContext
from chatd.screen import widths
from chatd.tasks.chat import views
from chatd.tasks.chat.people import who
from chatd.tasks.chat.stats import server_stats
from chatd.tasks.scripts.arguments import whole
from chatd.tasks.scripts.script_log import ScriptLog
from chatd.tasks.scripts.sessionless import refuse_annotation
from chatd.tasks.scripts.tool_calls import call_tool
from chatd.tasks.session.actions import Actions
from chatd.tasks.session.front import Front
from chatd.tasks.session.people_actions import PeopleActions
from chatd.tasks.session.script_rows import RowFunctions
from chatd.tasks.session.script_view import ViewFunctions
from chatd.tasks.session.seen_rows import SeenRows
from chatd.tasks.session.state import State

MAX_NOTICE = 4096
"""Characters of what a script tells a person: some screens full."""

MIN_PACE_MS = 33
MAX_PACE_MS = 2000
"""Milliseconds between two frames that a person may choose: as fast as the server is at its best, and as slow as one
can still read along."""


class ScriptApi:
    """The table `tools` of one session's script."""

    def __init__(
        self, state: State, actions: Actions, front: Front, *, notify: Callable[[str], None],
        pace: Callable[[float | None], None],
    ) -> None:  # fmt: skip
        """`notify` shows the person something, `pace` sets how often they are shown what is new."""
        self._state = state
        self._hub = state.hub
        self._actions = actions
        self._people = PeopleActions(state, actions)
        self.seen = SeenRows(state, front.want_frame)
        self._rows = RowFunctions(state, self.seen, front.want_frame)
        self.refill = self._rows.refill
        self._front = front
        self._notify = notify
        self._log = ScriptLog(state.hub.clock)
        self._pace = pace
        self.reloaded = False
        """Whether the files are run for a session that lives already."""

    def functions(self) -> Mapping[str, HostFunction]:
        """The table: `tools.NAME` calls `functions()[NAME]`."""
        actions, people, hub = self._actions, self._people, self._hub
        return {
            "session": self._session, "room": lambda: views.room_view_with_members(hub, self._state.room),
            "rooms": self._rooms,
            "who": self._who, "is_member": lambda name: hub.names.is_member(str(name)), "models": self._models,
            "model": self._model, "look_for_models": lambda: Later(self._look_for_models), "streams": self._streams,
            "stats": lambda: server_stats(hub, self._state.visitor), "now": hub.clock.now_ms,
            **self._rows.functions(),
            "say": actions.say, "add_row": actions.add_row, "mention": actions.mention, "cancel": actions.cancel,
            "retry": actions.retry, "carry_on": actions.carry_on, "call": self._call,
            "join": actions.join, "create": actions.create, "leave": actions.leave, "quit": actions.quit,
            "room_settings": lambda: views.room_settings_view(self._state.room), "set_room": people.set_room,
            "topic": people.topic, "away": people.away, "nick": people.nick, "msg": people.msg,
            "web_link": people.web_link,
            "mark_dirty": self._mark_dirty, "pace": self._set_pace, **self._state.drawing.functions(),
            **ViewFunctions(self._front.view).functions(),
            "asked": views.asked, "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip,
            "notify": self._notified, "log": self._log.write, "bell": self._front.bell,
            "kv_get": self._kv_get, "kv_set": self._kv_set, "set_meta": refuse_annotation,
            "help": lambda topic: hub.scripts.help(str(topic)), "help_topics": hub.scripts.help_topics,
        }  # fmt: skip

    # --- who and where

    def _session(self) -> Plain:
        width, height = self._front.size()
        facts, visitor = self._hub.facts, self._state.visitor
        return {
            "name": visitor.name, "kind": str(visitor.kind), "mode": str(self._front.mode),
            "fingerprint": visitor.fingerprint, "width": width, "height": height,
            "server": facts.name, "version": facts.version, "motd": sanitize(facts.motd),
            "notice": "" if self.reloaded else sanitize_line(self._state.login.notice),
            "max_message": self._hub.limits.max_message, "reloaded": self.reloaded,
            "web": bool(self._hub.web_url),
        }  # fmt: skip

    def _rooms(self) -> Plain:
        rooms = self._hub.lobby.visible(self._state.visitor.name)
        return [views.room_summary(self._hub, room, self._state.login.markers.unread(room)) for room in rooms]

    def _who(self, name: str | None = None) -> Plain:
        room = None if name is None else self._hub.lobby.find(str(name), self._state.visitor.name)
        if name is not None and room is None:
            return {"success": False, "error": f"there is no room {str(name)[:40]!r}"}
        return [*(views.person_view(self._hub, p) for p in who(self._hub, room)), *views.model_people(self._hub)]

    def _models(self) -> Plain:
        return [views.model_view(self._hub, model) for model in self._hub.models.values()]

    def _streams(self) -> Plain:
        now = self._hub.clock.now_ms()
        return [views.answer_view(answer, self._state, now) for answer in self._hub.answers.in_room(self._state.room)]

    def _model(self, name: str) -> Plain:
        """The model a typed name means, by a short form too; nil when there is none, or more than one."""
        model = self._hub.models.named(str(name))
        return None if model is None else views.model_view(self._hub, model)

    async def _look_for_models(self) -> Plain:
        await self._hub.discovery.refresh()
        return None

    def _call(self, name: str, arguments: Mapping[str, Plain] | None = None) -> Later:
        """tools.call(name, arguments): run a tool as models do, for this person."""
        context = ToolContext(self._state.room.name, self._state.room.id, self._state.visitor.name, "")
        return call_tool(self._hub, context, name, arguments)

    # --- the screen

    def _mark_dirty(self, region: str | None = None) -> None:
        if self._state.drawing.draws_a_thing:
            return  # what a thing looks like cannot be that everything is to be drawn again
        if region == "screen":
            self._front.repaint()
        elif region == "chat":
            self._front.look_anew()
        else:
            self._front.want_frame()

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
        return self._state.login.get(key)

    def _kv_set(self, key: str, value: Plain = None) -> None:
        try:
            self._state.login.set(key, value)
        except (LimitReached, UsageError) as error:
            raise ScriptError(str(error)) from None
