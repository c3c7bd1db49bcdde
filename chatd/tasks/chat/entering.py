"""Rooms by the names that people give: opening one to read or write in it, and where somebody may go."""

from __future__ import annotations

from chatd.core import names
from chatd.core.lobby import LOBBY
from chatd.core.room import Room
from chatd.core.visit import Visitor
from chatd.errors import AlreadyExists, UsageError
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_make_room, check_room


async def open_named(hub: Hub, visitor: Visitor, name: str) -> Room:
    """The room a person named, their own private one included, with its newest rows in memory.

    Raises NotFound, LimitReached (the private room would be one too many), StorageError.
    """
    folded = names.fold(name).removeprefix("#")
    own = folded == names.private_room(visitor.name)
    return await hub.open_room(folded, visitor, make=own)


def destination(visitor: Visitor, here: Room, name: str) -> str:
    """The name of the room that a person means who wants to leave `here` for another one, which is made if need be.

    Raises NotFound for somebody else's private room, UsageError for no room name and for `here`.
    """
    folded = names.fold(name)
    if folded.startswith(names.PRIVATE_PREFIX):
        check_room(visitor, folded)
    else:
        folded = names.room_name(folded)
    if folded == here.name:
        raise UsageError(f"you are in {folded} already")
    return folded


def new_room(hub: Hub, visitor: Visitor, here: Room, name: str) -> str:
    """The same for a room that does not exist yet. Raises AlreadyExists when it does."""
    return destination(visitor, here, _unused(hub, visitor, name))


async def make_room(hub: Hub, visitor: Visitor, name: str) -> Room:
    """A room that did not exist, with nobody in it yet; one in which nobody says anything goes again, as any does.

    Raises NotPermitted, AlreadyExists, UsageError (no room name), LimitReached, StorageError.
    """
    check_make_room(visitor)
    room = await hub.open_room(_unused(hub, visitor, name), visitor, make=True)
    if hub.lobby.is_empty(room):
        hub.rooms.left(room)
    return room


def _unused(hub: Hub, visitor: Visitor, name: str) -> str:
    folded = names.room_name(name)
    if hub.lobby.find(folded, visitor.name) is not None:
        raise AlreadyExists(f"the room {folded} exists already; /join {folded} enters it")
    return folded


def way_back(visitor: Visitor, here: Room) -> str:
    """Where somebody goes who leaves a room. Raises UsageError in the lobby, which is left with the server."""
    if here.name == LOBBY:
        raise UsageError("you are in the lobby; /quit leaves the server")
    return destination(visitor, here, LOBBY)
