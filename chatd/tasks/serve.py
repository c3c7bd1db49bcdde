"""Serving one channel: which kind of session it is, and what is done around every one of them."""

from __future__ import annotations

import logging

import trio

from chatd.core.room import Room
from chatd.core.visit import Kind, Visitor
from chatd.errors import Exit, ScriptError, StorageError, TerminalGone, first_error
from chatd.ports import Terminal
from chatd.tasks.commands.dispatch import run_command
from chatd.tasks.hub import Hub
from chatd.tasks.session.front import Front
from chatd.tasks.session.line_front import LineFront
from chatd.tasks.session.screen_front import ScreenFront
from chatd.tasks.session.session import Session

logger = logging.getLogger("chatd.session")


async def serve_terminal(hub: Hub, terminal: Terminal) -> int:
    """Serve one channel to its end; returns the exit status for the client.

    Cancelled when the channel goes. A bug in it is raised to the caller, who ends this channel alone.
    """
    visitor = terminal.visit.visitor
    marks: dict[str, int] = {}
    before: dict[str, int] = {}
    status = int(Exit.FAILED)
    hub.arrive(visitor)
    try:
        notice = await hub.register(visitor)
        if terminal.visit.command is not None:
            status = await run_command(hub, terminal)
        else:
            before = await _marks(hub, visitor)
            marks.update(before)
            status = await _chat(hub, terminal, notice, marks)
    except* TerminalGone:
        pass  # the person has left; there is nobody to tell
    except* ScriptError as group:
        logger.error("the interface cannot be loaded: %s", first_error(group))
        _tell(terminal, f"the interface cannot be loaded: {first_error(group)}")
        status = Exit.INTERNAL
    except* StorageError as group:
        _tell(terminal, str(first_error(group)))
        status = Exit.FAILED
    finally:
        last = hub.depart(visitor)
        private = hub.close_guest_room(visitor) if last else None  # before anybody else can have the name
        with trio.CancelScope(shield=True, deadline=trio.current_time() + hub.limits.grace / 4):
            await _tidy(hub, visitor, {room: seq for room, seq in marks.items() if before.get(room) != seq}, private)
    return status


async def _chat(hub: Hub, terminal: Terminal, notice: str, marks: dict[str, int]) -> int:
    front: Front = ScreenFront(hub, terminal) if terminal.visit.pty else LineFront(hub, terminal)
    return await Session(hub, terminal, front, notice, marks).serve()


def _tell(terminal: Terminal, text: str) -> None:
    try:
        terminal.write_error(f"chatd: {text}\r\n".encode())
    except TerminalGone:
        logger.info("nobody is left to be told: %s", text)


async def _marks(hub: Hub, visitor: Visitor) -> dict[str, int]:
    if visitor.kind is not Kind.MEMBER:
        return {}
    try:
        return await hub.directory.marks(visitor.name)
    except StorageError as error:
        logger.warning("what %s has read is not known: %s", visitor.name, error)
        return {}


async def _tidy(hub: Hub, visitor: Visitor, marks: dict[str, int], private: Room | None) -> None:
    """Keep what a member has read; delete a guest's private room; try again to register names."""
    try:
        if private is not None:
            await hub.log.drop_room(private.id)
        if visitor.kind is Kind.MEMBER:
            for room_id, seq in marks.items():
                await hub.directory.set_mark(visitor.name, room_id, seq)
        await hub.register_waiting()
    except StorageError as error:
        logger.warning("the end of %s's session was not kept: %s", visitor.name, error)
