"""Going elsewhere: into another room, or on under another name. One after the other, in the order they were wanted.

Input that is typed meanwhile waits: it is for where one is going to be.
"""

from __future__ import annotations

from collections import deque

from chatd.core.visit import Visitor
from chatd.errors import ChatdError, StorageError
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.notices import Level
from chatd.tasks.session.actions import OpenRoom, Rename
from chatd.tasks.session.inbox import Renamed, RoomOpened
from chatd.tasks.session.state import State


class Transitions:
    """Where one session wants to go."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._wanted: deque[OpenRoom | Rename] = deque()  # bounded by the effects of one callback
        self._prepared: Login | None = None

    @property
    def pending(self) -> bool:
        """Whether the session is on its way somewhere."""
        return bool(self._wanted)

    def want(self, move: OpenRoom | Rename) -> None:
        """Go there when it is its turn."""
        self._wanted.append(move)
        if len(self._wanted) == 1:
            self._next()

    def again(self) -> None:
        """The room was removed while the session was on its way into it: make it anew."""
        self._next()

    def arrived(self) -> None:
        """The session is where the first of the moves led, or cannot be; the next one begins."""
        self._state.inbox.held = False
        self._wanted.popleft()  # only now: what `on_room` wants waits behind it
        if self._wanted:
            self._next()

    def close(self) -> None:
        """The session ends: who was to be the next is nobody."""
        if self._prepared is not None:
            self._prepared.close()

    def _next(self) -> None:
        state, move = self._state, self._wanted[0]
        state.inbox.held = True
        if isinstance(move, Rename):
            state.start(self._rename, move.visitor)
            return
        room = state.hub.lobby.find(move.name, state.visitor.name)
        if room is not None and room.loaded:
            state.inbox.put_now(RoomOpened(room))
        else:
            state.start(self._open, move.name)

    async def _open(self, name: str) -> None:
        state = self._state
        try:
            opened = RoomOpened(await state.hub.open_room(name, state.visitor, make=True))
        except ChatdError as error:
            opened = RoomOpened(None, str(error))
        state.inbox.put_now(opened)

    async def _rename(self, visitor: Visitor) -> None:
        state = self._state
        try:
            await state.login.save_markers()
        except StorageError as error:
            state.notice(f"what you have read is not kept: {error}", Level.WARN)
        notice = await state.hub.registration.register(visitor)
        login = Login(state.hub, visitor)
        self._prepared = login  # whoever ends the session meanwhile closes it
        trouble = await login.load()
        told = "; ".join(filter(None, (f"you are {visitor.name} now", notice, trouble)))
        state.inbox.put_now(Renamed(login, told))
