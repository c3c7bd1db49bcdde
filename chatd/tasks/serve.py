"""Serving one channel: which kind of session it is, and what is done around every one of them."""

from __future__ import annotations

import logging

import trio

from chatd.core.room import Room
from chatd.core.visit import Visitor
from chatd.errors import Exit, LimitReached, ScriptError, StorageError, TerminalGone, first_error
from chatd.ports import Terminal
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.stopping import until_stopped
from chatd.tasks.commands.dispatch import run_command
from chatd.tasks.session.dumb_front import DumbFront, is_dumb
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
    try:
        hub.crowd.check(visitor)
    except LimitReached as refusal:
        logger.info("no session for %s: %s", visitor.name, refusal)
        _tell(terminal, str(refusal))
        return refusal.exit_code
    with hub.crowd.place(visitor):
        return await _serve(hub, terminal, visitor)


async def _serve(hub: Hub, terminal: Terminal, visitor: Visitor) -> int:
    login = Login(hub, visitor)
    status = int(Exit.FAILED)
    hub.arrive(visitor)
    try:
        notice, stopped = "", True
        async with until_stopped(hub, lambda why: _tell(terminal, why)):
            notice = await hub.register(visitor)
            if terminal.visit.command is None:
                notice = "; ".join(filter(None, (notice, await login.load())))
            stopped = False
        if stopped:  # while the disk was waited for
            status = Exit.STOPPING
        elif terminal.visit.command is not None:
            status = await run_command(hub, terminal)
        else:
            status = await _chat(hub, terminal, login, notice)
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
        login.close()
        last = hub.depart(login.visitor)
        # Before anybody else can have the name.
        private = hub.close_guest_room(login.visitor) if last else None
        with trio.CancelScope(shield=True, deadline=hub.tidy_deadline()):
            await _tidy(hub, login, private)
    return status


async def _chat(hub: Hub, terminal: Terminal, login: Login, notice: str) -> int:
    return await Session(hub, terminal, _front(hub, terminal), notice, login).serve()


def _front(hub: Hub, terminal: Terminal) -> Front:
    if is_dumb(terminal):
        return DumbFront(hub, terminal)
    return ScreenFront(hub, terminal) if terminal.visit.pty else LineFront(hub, terminal)


def _tell(terminal: Terminal, text: str) -> None:
    end = "\r\n" if terminal.visit.pty else "\n"
    try:
        terminal.write_error(f"chatd: {text}{end}".encode())
    except TerminalGone:
        logger.info("nobody is left to be told: %s", text)


async def _tidy(hub: Hub, login: Login, private: Room | None) -> None:
    """Keep what a member has read; delete a guest's private room; try again to register names."""
    try:
        if private is not None:
            await hub.log.drop_room(private.id)
        await login.save_marks()
        await hub.register_waiting()
    except StorageError as error:
        logger.warning("the end of %s's session was not kept: %s", login.visitor.name, error)
