"""Who is here, and what people do about themselves and each other: being away, a word to one person, another name."""

from __future__ import annotations

from chatd.core.lobby import Person
from chatd.core.room import Room
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.text import check_length, check_size
from chatd.core.visit import Visitor
from chatd.errors import NotFound, UsageError
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.notices import Level

MAX_AWAY = 200
"""Bytes: it is part of a line of /who."""


def who(hub: Hub, room: Room | None = None) -> list[Person]:
    """Everybody who is here, or in one room, by name."""
    here = None if room is None else set(hub.lobby.members(room))
    return [person for person in hub.lobby.people if here is None or person.name in here]


def set_away(hub: Hub, visitor: Visitor, why: str | None) -> None:
    """Others see that the person is away, and why, until they speak; None: they are back. Raises UsageError."""
    words = None if why is None else sanitize_line(why).strip()
    check_size("away", words or "", MAX_AWAY)
    hub.lobby.set_away(visitor.name, words or None)


def tell_one(hub: Hub, visitor: Visitor, name: str, text: str) -> str:
    """Tell one person something in all of their sessions; it is kept nowhere. Returns the name that was meant.

    Raises UsageError (nothing said, too long, a model), NotFound (nobody of that name is here).
    """
    whom, words = name.strip().lower(), sanitize(text).strip()
    if not words:
        raise UsageError("an empty message says nothing")
    check_length("message", len(words.encode("utf-8", "replace")), hub.limits.max_message)
    if hub.models.named(whom) is not None:
        raise UsageError(f"{whom} is a model; @{whom} asks it")
    if not hub.notices.tell(whom, f"{visitor.name} to you alone: {words}", Level.MESSAGE):
        raise NotFound(f"{sanitize_line(whom)[:40]!r} is not here")
    return whom


def choose_name(hub: Hub, visitor: Visitor, name: str) -> Visitor:
    """The visitor under another name of their key, or under a free one, which is theirs from now on.

    Raises UsageError (no name, the present one), NotPermitted (a guest; somebody else's), LimitReached.
    """
    if name.strip().lower() == visitor.name:
        raise UsageError(f"you are {visitor.name} already")
    return hub.registration.claim(visitor, name)
