"""Setting what a room is like: the topic, the default model and whatever else stands in `core/room_settings.py`."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.core.mention import SYSTEM
from chatd.core.room import Room
from chatd.core.room_settings import DEFAULT, RETRIEVAL, ROOM_SETTINGS, RoomSetting, room_setting, value_of
from chatd.core.row import Add, Draft, Method, NewRow, SetRoom
from chatd.core.text import storable
from chatd.core.visit import Visitor
from chatd.errors import NotFound, NotPermitted, UsageError
from chatd.ports import Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_set_room
from chatd.tasks.log.receipt import Receipt


def check_setting(hub: Hub, visitor: Visitor, room: Room, name: str, typed: str) -> tuple[str, str]:
    """The setting's name and the value that a text means there; empty where it takes the value away.

    Raises NotPermitted (a guest; the operator has none of it), UsageError (no such setting, no such value, nothing
    would change), NotFound (no such model).
    """
    setting, value = _meant(hub, visitor, name, typed)
    if value == room.settings.get(setting.name, ""):
        raise UsageError(f"that is {setting.label} already" if value else f"there is no {setting.plain_label}")
    return setting.name, value


def differing(hub: Hub, visitor: Visitor, room: Room, wanted: Mapping[str, str]) -> dict[str, str]:
    """Those of the wanted settings, by name and typed text, by which something would change. Raises as before."""
    meant = {name: _meant(hub, visitor, name, typed) for name, typed in wanted.items()}
    return {name: wanted[name] for name, (one, value) in meant.items() if value != room.settings.get(one.name, "")}


def _meant(hub: Hub, visitor: Visitor, name: str, typed: str) -> tuple[RoomSetting, str]:
    check_set_room(visitor)
    setting = room_setting(name)
    value = storable(setting.parse(typed))
    if value and setting.name == DEFAULT:
        value = hub.models.find(value).info.name
    if value and setting.name == RETRIEVAL and hub.answers.retrieval is None:
        raise NotPermitted("the operator has turned retrieval off for all rooms ([retrieval] enabled = false)")
    return setting, value


def set_room(hub: Hub, visitor: Visitor, room: Room, wanted: Mapping[str, str]) -> Receipt:
    """Set all of these or none, by name and typed text, and say in a row of each who did. Synchronous; as a message, it
    is not taken back once it is taken, whatever the log comes to.

    Raises what `check_setting` does, NotFound (the room is gone), StorageError (nothing new is taken at present).
    """
    if not wanted:
        raise UsageError(f"say what to set: {', '.join(ROOM_SETTINGS)}")
    checked = [check_setting(hub, visitor, room, name, typed) for name, typed in wanted.items()]
    hub.check_exists(room)
    drafts: list[Draft] = []
    for name, value in checked:
        told = ROOM_SETTINGS[name].told(visitor.name, value)
        drafts += (SetRoom(name, value), Add(NewRow(hub.ids.new(), Method.SYSTEM, SYSTEM, told)))
    *_, receipt = hub.recorder.submit_together(room, drafts)
    return receipt


def model_of(hub: Hub, room: Room) -> str | None:
    """Who is asked in the room where nobody is named; None when that is not set.

    Raises NotFound when the room's default model is there no more.
    """
    name = room.settings.get(DEFAULT)
    if name is None or hub.models.named(name) is not None:
        return name
    raise NotFound(
        f"the default model of {room.name}, @{name}, is not here any more; name another one (@NAME), or set it anew:"
        f" /room {DEFAULT} NAME"
    )


def settings_view(room: Room) -> dict[str, Plain]:
    """What holds in the room, by the settings' names: what is set, or the default."""
    return {name: value_of(room.settings, name) for name in ROOM_SETTINGS}
