"""What scripts may do about people: their own name and absence, a word to one of them, what a room is about."""

from __future__ import annotations

from collections.abc import Callable

from chatd.core.room import Room
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.text import check_length, check_size
from chatd.core.visit import Kind
from chatd.errors import ChatdError, NotFound, NotPermitted, ScriptError, UsageError
from chatd.ports import Later, Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.session.actions import Actions, Rename, Result, answered

MAX_TOPIC = 300
"""Bytes: it is one line at the top of a room, and in a list of rooms."""

MAX_AWAY = 200
"""Bytes: it is part of a line of /who."""


class PeopleActions:
    """This part of `tools`, for one session."""

    def __init__(self, hub: Hub, login: Login, room: Callable[[], Room], actions: Actions) -> None:
        self._hub = hub
        self._login = login
        self._room = room
        self._actions = actions

    def topic(self, text: str) -> Result | Later:
        """tools.topic(text): say what the present room is about; an empty text takes the topic away."""
        room, visitor = self._room(), self._login.visitor
        topic = " ".join(_string("topic", text).split())

        def check() -> Result:
            if visitor.kind is Kind.GUEST:
                raise NotPermitted("guests do not set topics; log in with a key")
            check_size("topic", topic, MAX_TOPIC)
            if topic == room.topic:
                raise UsageError("that is the topic already" if topic else "there is no topic")
            return {}

        refused = answered(check)
        if not refused["success"]:
            return refused

        async def change() -> Plain:
            try:
                await self._hub.set_topic(room, visitor, topic)
            except ChatdError as error:
                return {"success": False, "error": str(error)}
            return {"success": True, "topic": topic}

        return Later(change)

    def away(self, text: str | None = None) -> Result:
        """tools.away(text): others see in `who` that the person is away, until they speak; nil: they are back."""

        def leave() -> Result:
            why = None if text is None else sanitize_line(_string("text", text)).strip()
            check_size("away", why or "", MAX_AWAY)
            self._hub.lobby.set_away(self._login.visitor.name, why or None)
            return {}

        return answered(leave)

    def nick(self, name: str) -> Result:
        """tools.nick(name): go on under another name of one's key; a free one is registered for it."""

        def claim() -> Result:
            wanted = _string("name", name)
            if wanted.strip().lower() == self._login.visitor.name:
                raise UsageError(f"you are {self._login.visitor.name} already")
            self._actions.check_room()
            claimed = self._hub.claim(self._login.visitor, wanted)
            self._actions.add(Rename(claimed))
            return {"name": claimed.name}

        return answered(claim)

    def msg(self, name: str, text: str) -> Result:
        """tools.msg(name, text): tell one person something in all of their sessions; it is not kept anywhere."""

        def tell() -> Result:
            whom, words = _string("name", name).strip().lower(), sanitize(_string("text", text)).strip()
            if not words:
                raise UsageError("an empty message says nothing")
            check_length("message", len(words.encode("utf-8", "replace")), self._hub.limits.max_message)
            if self._hub.models.named(whom) is not None:
                raise UsageError(f"{whom} is a model; @{whom} asks it")
            if not self._hub.tell(whom, f"{self._login.visitor.name} to you alone: {words}", "message"):
                raise NotFound(f"{sanitize_line(whom)[:40]!r} is not here")
            return {"name": whom, "away": self._hub.lobby.away(whom)}

        return answered(tell)


def _string(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise ScriptError(f"{what} must be a string")
    return value
