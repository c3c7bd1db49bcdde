"""What can be set of a room: one table, which says of each setting what it takes and what it is when nobody has set it.

A value is a text, and empty when the room has none of its own. What a value must be beside its form (a model that is
there) is asked where it is set: `tasks/chat/room_settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from chatd.core.names import fold
from chatd.core.text import KIB, check_size
from chatd.errors import UsageError

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

TOPIC = "topic"
DESCRIPTION = "description"
DEFAULT = "default"
SYSTEM = "system"
RETRIEVAL = "retrieval"

ON, OFF = "on", "off"

NOTHING = frozenset({"", "-", OFF})
"""What is typed to take a value away; a text may well be the word `off`, see `Takes`."""


class Takes(StrEnum):
    """What a setting takes, in the words that people read."""

    LINE = "one line, or - for none"
    TEXT = "text, or - for none"
    MODEL = "the name of a model, or off"
    SWITCH = "on or off"


@dataclass(frozen=True, slots=True)
class RoomSetting:
    """One thing that can be set. `size` is in bytes of UTF-8."""

    name: str
    label: str
    """What the row calls it that tells who has set it."""
    help: str
    takes: Takes
    size: int
    default: str = ""
    """What is shown and holds where nothing is set."""

    @property
    def plain_label(self) -> str:
        """The same without its article."""
        return self.label.removeprefix("the ")

    def parse(self, typed: str) -> str:
        """The value that a text means, empty to take it away. Raises UsageError, saying what is wanted."""
        match self.takes:
            case Takes.LINE:
                value = " ".join(typed.split())
            case Takes.TEXT:
                value = typed.strip()
            case Takes.MODEL:
                value = fold(typed).removeprefix("@")
            case Takes.SWITCH:
                value = fold(typed)
                if value not in (ON, OFF, "-", ""):
                    raise UsageError(f"{self.name} is {ON} or {OFF}, not {typed[:20]!r}")
        if value == "-" or (self.takes in (Takes.MODEL, Takes.SWITCH) and value in NOTHING):
            return ""
        check_size(self.name, value, self.size)
        return value

    def told(self, who: str, value: str) -> str:
        """The line that tells everybody who has set it, and to what."""
        if self.takes is Takes.SWITCH:
            return f"{who} turned {self.label} {value or OFF}"
        return f"{who} set {self.label}: {value}" if value else f"{who} took {self.label} away"


ROOM_SETTINGS: Mapping[str, RoomSetting] = MappingProxyType({
    setting.name: setting
    for setting in (
        # One line at the top of a room, and in a list of rooms.
        RoomSetting(TOPIC, "the topic", "what the room is about", Takes.LINE, 300),
        # A paragraph for whoever wonders whether to come in.
        RoomSetting(DESCRIPTION, "the description", "what the room is for, at more length", Takes.TEXT, 2 * KIB),
        # As long as a name of a model may be with its tag.
        RoomSetting(DEFAULT, "the default model", "who is asked where nobody is named", Takes.MODEL, 200),
        # It goes before every question, and takes some of every model's context.
        RoomSetting(SYSTEM, "the system prompt", "what models are told here beside the operator's words", Takes.TEXT,
                    4 * KIB),
        RoomSetting(RETRIEVAL, "retrieval", "whether models are given related rows of the room", Takes.SWITCH, 3, OFF),
    )
})  # fmt: skip
"""All of them by name, in the order in which they are shown."""


def room_setting(name: str) -> RoomSetting:
    """The setting of that name. Raises UsageError, naming all there are."""
    found = ROOM_SETTINGS.get(fold(name))
    if found is None:
        raise UsageError(f"a room has no setting {name[:20]!r}; there are {', '.join(ROOM_SETTINGS)}")
    return found


def value_of(settings: Mapping[str, str], name: str) -> str:
    """What holds in a room with these settings: what is set, or the default."""
    return settings.get(name) or ROOM_SETTINGS[name].default


def with_setting(settings: Mapping[str, str], name: str, value: str) -> Mapping[str, str]:
    """The settings with one of them set, or taken away. The given ones stay as they are."""
    rest = {known: kept for known, kept in settings.items() if known != name}
    return {**rest, name: value} if value else rest
