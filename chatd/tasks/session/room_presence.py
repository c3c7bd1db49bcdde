"""Where a session is: entering a room and leaving it, and noticing who else comes and goes there."""

from __future__ import annotations

from chatd.core.room import Room
from chatd.tasks.chat.views import Since
from chatd.tasks.log.bell import Ringable
from chatd.tasks.session.state import State


class RoomPresence:
    """One session's presence in a room. `bell` is rung by the room that the session is in."""

    def __init__(self, state: State, bell: Ringable) -> None:
        self._state = state
        self._bell = bell
        self._comings = 0

    def enter(self, room: Room) -> Since:
        """Be in the room from now on. Returns what is new there since the person saw it last."""
        state, hub = self._state, self._state.hub
        state.room, state.cursor = room, room.number
        since = Since(state.login.markers.unread(room), self._seen(room))
        state.login.markers.enter(room)
        hub.recorder.watch(room, self._bell)
        hub.enter(room, state.visitor)
        hub.notices.subscribe(state.visitor.name, state.notice)
        self._comings = hub.lobby.presence(room).index
        return since

    def _seen(self, room: Room) -> int | None:
        """The seq of the last row before the first one of others that the person has not seen, as far as is known."""
        seen = self._state.login.markers.seen(room)
        for live in room.tail(room.seq):
            if live.head.seq - 1 == seen and live.head.author == self._state.visitor.name:
                seen = live.head.seq
        return seen

    def leave(self) -> None:
        """Be there no longer: what was shown until now has been seen."""
        state, hub = self._state, self._state.hub
        state.login.markers.leave(state.room)
        hub.notices.unsubscribe(state.visitor.name, state.notice)
        hub.recorder.unwatch(state.room, self._bell)
        hub.leave(state.room, state.visitor)

    def others_moved(self) -> bool:
        """Whether somebody came or went since the last time."""
        before, self._comings = self._comings, self._state.hub.lobby.presence(self._state.room).index
        return before != self._comings
