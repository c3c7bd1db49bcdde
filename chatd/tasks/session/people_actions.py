"""What scripts may do about people: their own name and absence, a word to one of them, what a room is like, a link."""

from __future__ import annotations

from chatd.core.room_settings import TOPIC
from chatd.tasks.chat.people import choose_name, set_away, tell_one
from chatd.tasks.chat.room_settings import check_setting
from chatd.tasks.chat.web_link import web_link
from chatd.tasks.scripts.arguments import as_string
from chatd.tasks.session.actions import Actions, ChangeRoom, Rename, Result, answered
from chatd.tasks.session.state import State


class PeopleActions:
    """This part of `tools`, for one session."""

    def __init__(self, state: State, actions: Actions) -> None:
        self._state = state
        self._hub = state.hub
        self._actions = actions

    def topic(self, text: str) -> Result:
        """tools.topic(text): say what the present room is about; an empty text takes the topic away."""
        words = as_string("topic", text)
        return answered(lambda: {"topic": self._set(TOPIC, words)[1]})

    def set_room(self, name: str, value: str) -> Result:
        """tools.set_room(name, value): set something of the present room, see `tools.room_settings`."""
        setting, words = as_string("name", name), as_string("value", value)

        def change() -> Result:
            found, kept = self._set(setting, words)
            return {"name": found, "value": kept}

        return answered(change)

    def _set(self, name: str, typed: str) -> tuple[str, str]:
        room = self._state.room
        self._actions.check_room()
        self._hub.recorder.check()
        found, value = check_setting(self._hub, self._state.visitor, room, name, typed)
        self._actions.add(ChangeRoom(room, found, typed))
        return found, value

    def away(self, text: str | None = None) -> Result:
        """tools.away(text): others see in `who` that the person is away, until they speak; nil: they are back."""

        def go() -> Result:
            set_away(self._hub, self._state.visitor, None if text is None else as_string("text", text))
            return {}

        return answered(go)

    def nick(self, name: str) -> Result:
        """tools.nick(name): go on under another name of one's key; a free one is registered for it."""

        def claim() -> Result:
            self._actions.check_room()
            claimed = choose_name(self._hub, self._state.visitor, as_string("name", name))
            self._actions.add(Rename(claimed))
            return {"name": claimed.name}

        return answered(claim)

    def msg(self, name: str, text: str) -> Result:
        """tools.msg(name, text): tell one person something in all of their sessions; it is not kept anywhere."""

        def tell() -> Result:
            whom = tell_one(self._hub, self._state.visitor, as_string("name", name), as_string("text", text))
            return {"name": whom, "away": self._hub.lobby.away(whom)}

        return answered(tell)

    def web_link(self) -> Result:
        """tools.web_link(): a link that logs the person's browser in, once."""
        return answered(lambda: {"url": web_link(self._hub, self._state.visitor)})
